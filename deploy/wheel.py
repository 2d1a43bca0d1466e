"""Build the wheel, its hot cores compiled by mypyc: `python -m deploy.wheel [FOLDER]`, else `dist`.

It is built in a copy: what the compiler makes would lie beside the sources, and a checkout would
run it instead of them. Needs a C compiler and Python's headers.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = ("pyproject.toml", "README.md", "LICENSE")
FOLDERS = ("schemas", "services")
NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__", "*.so")


def build(folder: Path) -> Path:
    """The new wheel in this folder; RuntimeError with the compiler's words where there is none."""
    with tempfile.TemporaryDirectory(prefix="tracetally-wheel-") as copy:
        for name in FILES:
            shutil.copy(ROOT / name, copy)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, Path(copy) / name, ignore=NOT_COPIED)
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
        done = subprocess.run(
            [*command, str(folder.resolve())], cwd=copy, capture_output=True, text=True,
            check=False, env=os.environ | {"HATCH_BUILD_HOOKS_ENABLE": "1"},
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}".strip())
    return max(folder.glob("tracetally-*.whl"), key=lambda wheel: wheel.stat().st_mtime)


def main() -> None:
    """Build, and say what there is."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    print("Compiling and packing the wheel (a minute or two) ...", flush=True)
    try:
        print(build(folder))
    except RuntimeError as wrong:
        sys.exit(f"{wrong}\n\nNo wheel: it needs a C compiler (Debian: apt install gcc libc6-dev).")


if __name__ == "__main__":
    main()
