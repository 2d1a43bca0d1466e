"""The ClickHouse front as a background process: start, stop, kill, start again."""

import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from deploy.local.process import Process, require_port

PORT_SETTING = "TRACETALLY_CLICKHOUSE_PORT"
REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class ClickHouse:
    """A local ClickHouse: where to reach it, and its process."""

    url: str
    port: int
    process: Process

    def start(self) -> None:
        self.process.start()

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()


def answers(url: str) -> bool:
    """Whether it answers its ping."""
    try:
        with urlopen(f"{url}/ping", timeout=PROBE_TIMEOUT_S) as reply:  # noqa: S310 - our own URL
            return bool(reply.read() == b"Ok.\n")
    except (URLError, OSError):
        return False


def define(port: int, home: Path) -> ClickHouse:
    """Describe the process without starting it (to ask for its state, or to stop it)."""
    url = f"http://127.0.0.1:{port}"
    front = ("-m", "deploy.local.clickhouse_front", f"--port={port}", f"--data={home / 'data'}")
    process = Process(
        "clickhouse",
        (sys.executable, *front),
        home,
        lambda: answers(url),
        env={"PYTHONPATH": str(REPOSITORY_ROOT)},
    )
    return ClickHouse(url, port, process)


def start_clickhouse(port: int, home: Path) -> ClickHouse:
    """Start the engine with its data under `home`, and return once it answers."""
    clickhouse = define(port, home)
    if clickhouse.process.pid() is None:
        require_port(port, "ClickHouse", PORT_SETTING)
    clickhouse.start()
    return clickhouse
