"""Each service starts in an environment that holds only its own part of the lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
FOREIGN = {
    "ingest": {"faust-streaming", "clickhouse-connect", "chdb"},
    "pricer": {"fastapi", "clickhouse-connect", "chdb"},
    "rollup": {"fastapi", "faust-streaming", "chdb"},
    "api": {"faust-streaming", "chdb", "zstandard"},
    "prices": {"faust-streaming", "clickhouse-connect", "chdb", "fastapi", "aiokafka"},
}


def run(*argv: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.parametrize("service", sorted(FOREIGN))
def test_a_service_needs_only_its_own_extra(service: str, tmp_path: Path) -> None:
    lock = tmp_path / "service.lock"
    with (ROOT / "requirements.lock").open("rb") as whole:
        told = subprocess.run(
            [sys.executable, str(ROOT / "deploy" / "service_lock.py"), service],
            stdin=whole, capture_output=True, check=True,
        )  # fmt: skip
    lock.write_bytes(told.stdout)
    home = tmp_path / "venv"
    run(str(UV), "venv", "--quiet", "--python", sys.executable, str(home))
    python = str(home / "bin" / "python")
    run(
        str(UV),
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--require-hashes",
        "-r",
        str(lock),
    )
    installed = run(str(UV), "pip", "list", "--python", python, "--format", "freeze")
    names = {line.partition("==")[0] for line in installed.splitlines()}
    assert not names & FOREIGN[service]
    if service == "prices":
        assert "sync" in run(python, "-c", "from services.prices.cli import main; main()", "--help")
        return
    prefix = service.upper()
    env = {"PYTHONPATH": str(ROOT), "PATH": os.defpath, f"{prefix}_AUTH": "off"}
    code = f"from services.{service}.app import main; main()"
    assert "kafka_bootstrap" in run(python, "-c", code, "--check", env=env)
