"""The shape of the code, checked: size budgets, purity of cores, one declaration per name."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
SOURCES = sorted(
    path
    for top in ("schemas", "services", "deploy", "tests")
    for path in (ROOT / top).rglob("*.py")
)
CORES = {
    module
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    if contract["name"] == "Cores are pure"
    for module in contract["source_modules"]
}


def _is_core(path: Path) -> bool:
    """True for a module that the contract names, or one inside a package it names."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return any(".".join(parts[:depth]) in CORES for depth in range(1, len(parts) + 1))


PURE = [path for path in SOURCES if path.is_relative_to(ROOT / "schemas") or _is_core(path)]
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES_MAX, "split the file"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"split {node.name}: {lines} lines"


@pytest.mark.parametrize("path", PURE, ids=lambda p: str(p.relative_to(ROOT)))
def test_pure_modules_read_no_clock_and_open_no_file(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            assert (node.func.value.id, node.func.attr) not in CLOCKS


def test_nothing_committed_names_a_package_index() -> None:
    locks = [path.name for path in ROOT.glob("requirements*.lock")]
    assert len(locks) == 4
    for name in (*locks, "pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text()
        assert "index-url" not in text.replace("--no-emit-index-url", "")
        assert "://" not in text.replace("http://127.0.0.1", "")
    assert "resolved" not in (ROOT / "docs/examples/node/package-lock.json").read_text()
