"""The command that starts and stops both engines: twice is fine, and only its own are stopped."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from deploy.local import docker
from deploy.local.clickhouse import answers, start_clickhouse
from deploy.local.engines import EngineError, port
from deploy.local.process import Process, born, free_port
from deploy.service_lock import service_lock

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings() -> dict[str, str]:
    names = ("KAFKA_PORT", "KAFKA_CONTROLLER_PORT", "CLICKHOUSE_PORT")
    return {f"TRACETALLY_{name}": str(free_port()) for name in names}


def engines(action: str, state: Path, settings: dict[str, str]) -> str:
    argv = [sys.executable, "-m", "deploy.local.engines", action, "--state", str(state)]
    env = {**os.environ, **settings}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    return done.stdout + done.stderr


@pytest.mark.engines
@pytest.mark.skipif(docker.answers(), reason="the local engines are for machines without Docker")
def test_up_twice_and_down(tmp_path: Path, settings: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{settings['TRACETALLY_CLICKHOUSE_PORT']}"
    other = start_clickhouse(free_port(), tmp_path / "other")
    try:
        first = engines("up", tmp_path / "state", settings)
        assert first.count(" pid ") == 2, first
        assert engines("up", tmp_path / "state", settings) == first
        assert answers(url)
        taken = engines("up", tmp_path / "another-state", settings)
        assert settings["TRACETALLY_KAFKA_PORT"] in taken
        assert "TRACETALLY_KAFKA_PORT" in taken
        engines("down", tmp_path / "another-state", settings)
        assert answers(url)
    finally:
        stopped = engines("down", tmp_path / "state", settings)
        still_there = answers(other.url)
        other.stop()
    assert stopped.count("stopped") == 2
    assert still_there
    assert engines("status", tmp_path / "state", settings).count("not running") == 2


def test_a_pid_that_is_another_program_now_is_left_alone(tmp_path: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        (tmp_path / "kafka.pid").write_text(f"{sleeper.pid} another-time\n")
        Process("kafka", (), tmp_path, lambda: True).stop()
        assert born(sleeper.pid) is not None
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
    assert born(sleeper.pid) is None


def test_a_program_that_ends_at_once_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    process = Process("short", ("sh", "-c", "echo no such luck; exit 3"), tmp_path, lambda: False)
    with pytest.raises(EngineError, match="no such luck"):
        process.start()


def test_a_port_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACETALLY_KAFKA_PORT", "many")
    with pytest.raises(EngineError, match="TRACETALLY_KAFKA_PORT must be a port number"):
        port("TRACETALLY_KAFKA_PORT", 1)


@pytest.mark.parametrize(
    ("service", "needs"),
    [("ingest", "fastapi"), ("pricer", "faust-streaming"), ("rollup", "lz4"), ("api", "fastapi")],
)
def test_an_image_holds_what_its_service_needs_only(service: str, needs: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = service_lock((ROOT / "requirements.lock").read_text(), project, [service]).splitlines()
    names = {line.partition("==")[0] for line in lines if line[:1].isalnum()}
    assert {needs, "aiokafka", "pydantic-core", "uvicorn"} <= names
    assert not names & {"pytest", "chdb", "mypy", "testcontainers"}
    assert sum("--hash=sha256:" in line for line in lines) > len(names)
