"""Build and check the dashboard with Node: this machine's where it is new enough, else from PyPI.

    python -m deploy.dashboard build | check

`make` calls it. Packages come from the hashed package-lock.json, versions pinned exactly.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DASHBOARD = ROOT / "services" / "api" / "dashboard"
EXAMPLES = ROOT / "docs" / "examples" / "node"
NODE_LOCK = ROOT / "requirements-node.lock"
NODE_MIN = (20, 19)
BIN = Path(sys.executable).parent


def version_of(text: str) -> tuple[int, int] | None:
    """`v20.20.2` as (20, 20)."""
    found = re.match(r"v(\d+)\.(\d+)\.", text)
    return (int(found[1]), int(found[2])) if found else None


def is_usable(node: str | None) -> bool:
    """True for a Node that is new enough and has npm beside it or on the path."""
    if node is None:
        return False
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    version = version_of(told.stdout)
    return version is not None and version >= NODE_MIN


def with_node(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment whose PATH finds a usable node and npm."""
    path = environment.get("PATH", "")
    if is_usable(shutil.which("node", path=path)) and shutil.which("npm", path=path):
        return dict(environment)
    if not is_usable(str(BIN / "node")):
        wanted = ".".join(map(str, NODE_MIN))
        print(f"No Node.js {wanted} or newer with npm here: taking it from PyPI ...", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(NODE_LOCK)], check=True)
    return dict(environment) | {"PATH": f"{BIN}{os.pathsep}{path}"}


def npm(environment: Mapping[str, str], folder: Path, *arguments: str) -> None:
    """One npm command in a folder; its output is the user's."""
    command = shutil.which("npm", path=environment["PATH"]) or "npm"
    subprocess.run([command, *arguments], cwd=folder, env=dict(environment), check=True)


def install(environment: Mapping[str, str], folder: Path) -> None:
    """`npm ci`, once for each lock."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        print(f"Installing the locked packages of {folder.relative_to(ROOT)} ...", flush=True)
        npm(environment, folder, "ci", "--silent", "--no-audit", "--no-fund")
        stamp.write_bytes(lock.read_bytes())


def main(arguments: list[str]) -> int:
    """`build` or `check`; `examples` installs what docs/examples/node needs."""
    if arguments not in (["build"], ["check"], ["examples"]):
        print(__doc__)
        return 2
    environment = with_node(os.environ)
    try:
        install(environment, EXAMPLES if arguments == ["examples"] else DASHBOARD)
        if arguments == ["examples"]:
            return 0
        npm(environment, DASHBOARD, "run", "--silent", arguments[0])
    except subprocess.CalledProcessError as wrong:
        return wrong.returncode
    if arguments == ["build"]:
        (DASHBOARD / "dist" / ".built").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
