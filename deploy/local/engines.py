"""Start, stop and ask for Kafka and ClickHouse: containers if Docker answers, else local ones.

    python -m deploy.local.engines up|down|status [--state DIR]

`down` ends what `up` started and nothing else.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local import clickhouse, docker, kafka
from deploy.local.clickhouse import ClickHouse, start_clickhouse
from deploy.local.kafka import Kafka, start_kafka
from deploy.local.process import EngineError

__all__ = ["ClickHouse", "EngineError", "Kafka", "start_clickhouse", "start_kafka"]

KAFKA_PORT = 19092
KAFKA_CONTROLLER_PORT = 19093
CLICKHOUSE_PORT = 18123
DOCKER_MARK = "docker"


def port(setting: str, default: int) -> int:
    """A port from the environment, or the usual one."""
    given = os.environ.get(setting, "")
    if given and not (given.isdigit() and 0 < int(given) < 65536):
        raise EngineError(f"{setting} must be a port number, not {given!r}.")
    return int(given or default)


def state_dir(given: str | None = None) -> Path:
    """Where pid files, logs and data live."""
    chosen = given or os.environ.get("TRACETALLY_STATE_DIR") or kafka.REPOSITORY_ROOT / ".local"
    return Path(chosen).resolve()


def defined(state: Path) -> tuple[Kafka, ClickHouse]:
    """The two local engines of a state directory, running or not."""
    node = kafka.define(port(kafka.PORT_SETTING, KAFKA_PORT), state / "kafka")
    front = clickhouse.define(port(clickhouse.PORT_SETTING, CLICKHOUSE_PORT), state / "clickhouse")
    return node, front


def up(state: Path) -> None:
    """Start both unless they run; return once they answer."""
    state.mkdir(parents=True, exist_ok=True)
    if docker.answers():
        (state / DOCKER_MARK).touch()
        docker.up()
        return
    start_kafka(
        port(kafka.PORT_SETTING, KAFKA_PORT),
        port(kafka.CONTROLLER_PORT_SETTING, KAFKA_CONTROLLER_PORT),
        state / "kafka",
    )
    start_clickhouse(port(clickhouse.PORT_SETTING, CLICKHOUSE_PORT), state / "clickhouse")
    status(state)


def down(state: Path) -> None:
    """Stop what `up` started for this state directory."""
    if (state / DOCKER_MARK).exists():
        docker.down()
        (state / DOCKER_MARK).unlink()
    for engine in defined(state):
        if (pid := engine.process.pid()) is not None:
            engine.stop()
            print(f"{engine.process.name}: stopped (pid {pid})")


def status(state: Path) -> None:
    """Say what runs where."""
    if (state / DOCKER_MARK).exists():
        print(f"containers: {'up' if docker.running() else 'down'}")
        return
    node, front = defined(state)
    for engine, address in ((node, node.bootstrap), (front, front.url)):
        pid = engine.process.pid()
        state_text = f"pid {pid}" if pid is not None else "not running"
        print(f"{engine.process.name}: {address} {state_text}, log {engine.process.log_path}")


ACTIONS: dict[str, Callable[[Path], None]] = {"up": up, "down": down, "status": status}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local.engines",
        description="Start, stop and ask for Kafka and ClickHouse on this machine.",
    )
    parser.add_argument("action", choices=sorted(ACTIONS))
    parser.add_argument("--state", help="where pid files, logs and data live (default .local)")
    arguments = parser.parse_args()
    try:
        ACTIONS[arguments.action](state_dir(arguments.state))
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
