"""Mutants of the pricing core: how many changes of its code do its tests notice?

    make mutants            (about an hour on one core; go on after a stop with the same command)
    python -m tests.mutants [--fresh]

A copy of the code under `.venv/mutants` is changed in one place at a time by mutmut, and the tests
that reach that place must fail. Prints the score and every change that no test noticed; the score
goes to BENCHMARKS.md by hand. mutmut is no dependency: it lives in the same throwaway environment.
"""

import argparse
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv" / "mutants"
WORK = HOME / "work"
PACKAGE = "mutmut==3.8.1"
CORE = (
    "arithmetic", "book", "choice", "conditions", "core", "matching", "quantities", "rates",
    "ties", "told",
)  # fmt: skip
CONFTEST = '''
"""The same examples in every run: a mutant must not live or die by chance."""
from hypothesis import HealthCheck, settings
settings.register_profile("mutants", derandomize=True, database=None, max_examples=40,
    deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("mutants")
'''
CONFIG = """
[tool.pytest.ini_options]
pythonpath = ["."]
asyncio_default_fixture_loop_scope = "function"

[tool.mutmut]
source_paths = ["services/pricing"]
only_mutate = {only}
also_copy = ["schemas", "services"]
pytest_add_cli_args_test_selection = ["tests/unit/pricing"]
use_git_change_detection = false
timeout_multiplier = 60.0
"""


def prepare() -> None:
    """The environment, and a copy that holds what the core and its tests need."""
    if not (HOME / "bin" / "mutmut").exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        uv = str(Path(sys.executable).with_name("uv"))
        python = str(HOME / "bin" / "python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, PACKAGE], check=True)
        here = sysconfig.get_paths(vars={"base": str(HOME), "platbase": str(HOME)})["purelib"]
        own = Path(here) / "tracetally-dependencies.pth"
        own.write_text(sysconfig.get_paths()["purelib"] + "\n")
    if WORK.exists():
        return
    skipped = shutil.ignore_patterns("dashboard", "__pycache__")
    for name in ("schemas", "services"):
        shutil.copytree(ROOT / name, WORK / name, ignore=skipped)
    for name in ("unit/pricing", "data"):
        shutil.copytree(ROOT / "tests" / name, WORK / "tests" / name, ignore=skipped)
    for name in ("__init__.py", "unit/__init__.py"):
        shutil.copy(ROOT / "tests" / name, WORK / "tests" / name)
    (WORK / "tests" / "conftest.py").write_text(CONFTEST)
    only = [f"services/pricing/{name}.py" for name in CORE]
    (WORK / "pyproject.toml").write_text(CONFIG.format(only=only))


def mutmut(*arguments: str, told: int | None = None) -> str:
    command = [str(HOME / "bin" / "mutmut"), *arguments]
    done = subprocess.run(command, cwd=WORK, stdout=told, text=True, check=True)
    return done.stdout or ""


def main() -> None:
    """Print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="begin again")
    if parser.parse_args().fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    prepare()
    mutmut("run", "--max-children", "1")
    listed = mutmut("results", "--all", "true", told=subprocess.PIPE).splitlines()
    pairs = [tuple(line.strip().rsplit(": ", 1)) for line in listed if ": " in line]
    found = Counter(status for _, status in pairs)
    for name, status in pairs:
        if status in ("survived", "suspicious"):
            sys.stdout.write(f"{name}\n{mutmut('show', name, told=subprocess.PIPE)}\n")
    noticed = found["killed"] + found["timeout"]
    judged = noticed + found["survived"] + found["suspicious"]
    sys.stdout.write(f"{dict(found)}: {noticed} of {judged} noticed, {noticed / judged:.1%}\n")


if __name__ == "__main__":
    main()
