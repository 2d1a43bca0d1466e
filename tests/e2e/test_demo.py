"""The demo as a user runs it: exact by its own oracle, and nothing is left running."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.kafka import cache_dir
from deploy.local.process import free_port

ROOT = Path(__file__).parents[2]
PORTS = ("KAFKA", "KAFKA_CONTROLLER", "CLICKHOUSE", "INGEST", "API", "PRICER", "ROLLUP")


def started(state: Path, ports: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    own = {"TRACETALLY_STATE_DIR": str(state), "TRACETALLY_CACHE_DIR": str(cache_dir())}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.demo", *arguments],
        cwd=ROOT,
        env=os.environ | own | ports,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def running(state: Path) -> list[str]:
    """Command lines of processes that belong to the demo's state."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TRACETALLY_STATE_DIR={state}".encode() in entry.read_bytes():
                found.append((entry.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.engines
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_the_demo_equals_its_oracle_and_leaves_nothing(tmp_path: Path) -> None:
    """Also when it is ended as a supervisor does, who asks twice."""
    ports = {f"TRACETALLY_{name}_PORT": str(free_port()) for name in PORTS}
    said = []
    with started(tmp_path, ports) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Up until Ctrl-C" in line:
                process.terminate()
                process.terminate()
    told = "".join(said)
    assert process.returncode == 0, told[-4000:]
    assert "Every figure equals the oracle's" in told
    assert running(tmp_path) == []


def test_a_port_in_use_is_named_with_the_setting_that_moves_it(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {f"TRACETALLY_{name}_PORT": str(free_port()) for name in PORTS}
        ports["TRACETALLY_API_PORT"] = str(taken.getsockname()[1])
        with started(tmp_path, ports, "--exit") as process:
            told = process.communicate(timeout=240)[0]
    assert process.returncode != 0
    assert "TRACETALLY_API_PORT" in told
    assert str(ports["TRACETALLY_API_PORT"]) in told
    assert "Traceback" not in told
    assert running(tmp_path) == []
