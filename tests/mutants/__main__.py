"""Mutants of the pricing core: how many changes of its code do its tests notice?

    make mutants            (about an hour on one core; go on after a stop with the same command)
    python -m tests.mutants [--fresh] [--home DIRECTORY] [choice core ...]

A copy of the code under `.venv/mutants` is changed in one place at a time by mutmut, and the tests
that reach that place must fail. Prints the score and every change that no test noticed; the score
goes to BENCHMARKS.md by hand. mutmut is no dependency: it lives in the same throwaway environment.
Names of modules limit a run to them, in that order.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv" / "mutants"
PACKAGE = "mutmut==3.8.1"
CORE = (
    "arithmetic", "book", "choice", "conditions", "core", "matching", "quantities", "rates",
    "ties", "told",
)  # fmt: skip
SLOW = ("test_quote_cases.py", "test_reports.py")
"""They read the whole shipped book, longer than all others take: only what the others let live is
asked of them."""
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
pytest_add_cli_args_test_selection = {quick}
use_git_change_detection = false
timeout_multiplier = 60.0
"""


def install(home: Path) -> None:
    """The environment: mutmut, and beside it what the project's own has."""
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    uv = str(Path(sys.executable).with_name("uv"))
    python = str(home / "bin" / "python")
    subprocess.run([uv, "pip", "install", "-q", "--python", python, PACKAGE], check=True)
    here = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})["purelib"]
    own = Path(here) / "tracetally-dependencies.pth"
    own.write_text(sysconfig.get_paths()["purelib"] + "\n")


def copy(work: Path) -> None:
    """What the core and its tests need."""
    skipped = shutil.ignore_patterns("dashboard", "__pycache__")
    for name in ("schemas", "services"):
        shutil.copytree(ROOT / name, work / name, ignore=skipped)
    for name in ("unit/pricing", "data"):
        shutil.copytree(ROOT / "tests" / name, work / "tests" / name, ignore=skipped)
    for name in ("__init__.py", "unit/__init__.py"):
        shutil.copy(ROOT / "tests" / name, work / "tests" / name)
    (work / "tests" / "conftest.py").write_text(CONFTEST)
    only = [f"services/pricing/{name}.py" for name in CORE]
    tests = sorted((work / "tests/unit/pricing").glob("test_*.py"))
    quick = [str(test.relative_to(work)) for test in tests if test.name not in SLOW]
    (work / "pyproject.toml").write_text(CONFIG.format(only=only, quick=quick))


def mutmut(home: Path, *arguments: str, told: int | None = None) -> str:
    command = [str(home / "bin" / "mutmut"), *arguments]
    done = subprocess.run(command, cwd=home / "work", stdout=told, text=True, check=True)
    return done.stdout or ""


def is_noticed_late(home: Path, mutant: str) -> bool:
    """Do the slow tests fail with this change? Where it lives in all others."""
    tests = [f"tests/unit/pricing/{name}" for name in SLOW]
    command = [str(home / "bin" / "python"), "-m", "pytest", "-x", "-q", *tests]
    environment = os.environ | {"MUTANT_UNDER_TEST": mutant}
    done = subprocess.run(
        command, cwd=home / "work" / "mutants", env=environment, stdout=subprocess.DEVNULL
    )
    return done.returncode == 1


def report(home: Path, modules: Sequence[str]) -> None:
    """The score of each module, and the changes that no test noticed."""
    found: dict[str, Counter[str]] = {name: Counter() for name in modules}
    for line in mutmut(home, "results", "--all", "true", told=subprocess.PIPE).splitlines():
        name, _, status = line.strip().rpartition(": ")
        module = name.removeprefix("services.pricing.").partition(".")[0]
        if module not in found:
            continue
        if status in ("survived", "suspicious") and is_noticed_late(home, name):
            status = "killed"
        found[module][status] += 1
        if status in ("survived", "suspicious"):
            sys.stdout.write(f"{name}\n{mutmut(home, 'show', name, told=subprocess.PIPE)}\n")
    found["all"] = sum(found.values(), Counter())
    for module, counts in found.items():
        noticed = counts["killed"] + counts["timeout"]
        judged = noticed + counts["survived"] + counts["suspicious"]
        share = f", {noticed / judged:.1%}" if judged else ""
        sys.stdout.write(f"{module}: {dict(counts)}: {noticed} of {judged} noticed{share}\n")


def main() -> None:
    """Print the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(CORE)}")
    parser.add_argument("--fresh", action="store_true", help="begin again")
    parser.add_argument("--home", type=Path, default=HOME, help="where mutmut and the copy live")
    asked = parser.parse_args()
    home: Path = asked.home
    modules = asked.modules or CORE
    if asked.fresh:
        shutil.rmtree(home / "work", ignore_errors=True)
    if not (home / "bin" / "mutmut").exists():
        install(home)
    if not (home / "work").exists():
        copy(home / "work")
    for module in modules:
        mutmut(home, "run", "--max-children", "1", f"services.pricing.{module}.*")
    report(home, modules)


if __name__ == "__main__":
    main()
