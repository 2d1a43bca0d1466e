"""The part of requirements.lock one service needs: same versions, same hashes, fewer packages.

    python deploy/service_lock.py SERVICE ["EXTRA ..."] < requirements.lock

The lock notes for each package what asked for it; walked backwards from the extras of that name in
pyproject.toml, that gives the packages without asking an index.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

PROJECT = "tracetally"
PYPROJECT_PATH = Path(__file__).resolve().parents[1] / "pyproject.toml"
ENTRY = re.compile(r"^(?=[A-Za-z0-9])", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")
VIA = re.compile(r"^    #(?: via)?\s+([A-Za-z0-9._-]+)", re.MULTILINE)


def canonical(name: str) -> str:
    """A package name as comparisons need it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """The package a requirement or lock entry is about."""
    found = NAME.match(requirement)
    return canonical(found[0]) if found else ""


def roots(project: Mapping[str, object], wanted: Iterable[str]) -> set[str]:
    """What the project and these extras ask for themselves."""
    base, extras = project["dependencies"], project["optional-dependencies"]
    if not isinstance(base, list) or not isinstance(extras, dict):
        raise TypeError("pyproject.toml has no dependencies or extras")
    asked = [requirement for name in wanted for requirement in extras[name]]
    return {name_of(requirement) for requirement in [*base, *asked]}


def closure(wanted: Iterable[str], asked_by: Mapping[str, set[str]]) -> set[str]:
    """The wanted packages and all they ask for."""
    found = set(wanted)
    while more := {name for name, by in asked_by.items() if name not in found and by & found}:
        found |= more
    return found


def service_lock(lock: str, project: Mapping[str, object], extras: Iterable[str]) -> str:
    """The lock's entries that these extras need; ValueError where the lock does not have them."""
    entries = [entry for entry in ENTRY.split(lock) if NAME.match(entry)]
    asked_by: dict[str, set[str]] = {}
    for entry in entries:
        by = {canonical(name) for name in VIA.findall(entry)}
        asked_by.setdefault(name_of(entry), set()).update(by)
    wanted = roots(project, extras)
    if missing := wanted - asked_by.keys():
        raise ValueError(f"not in the lock: {', '.join(sorted(missing))}")
    needed = closure(wanted, asked_by)
    return "".join(entry for entry in entries if name_of(entry) in needed)


def main() -> None:
    """Filter the lock on standard input for one service."""
    if len(sys.argv) not in (2, 3):
        sys.exit('usage: python deploy/service_lock.py SERVICE ["EXTRA ..."] < requirements.lock')
    project = tomllib.loads(PYPROJECT_PATH.read_text())["project"]
    try:
        sys.stdout.write(service_lock(sys.stdin.read(), project, " ".join(sys.argv[1:]).split()))
    except KeyError as wrong:
        sys.exit(f"no extra {wrong} in pyproject.toml")
    except ValueError as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
