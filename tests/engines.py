"""Kafka and ClickHouse for tests: containers when a Docker engine answers, else local ones.

Both give the same small handles: `.bootstrap` or `.url`, `.port`, `.kill()`, `.stop()`, `.start()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from deploy.local import docker
from deploy.local.engines import start_clickhouse, start_kafka
from deploy.local.process import free_port

KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"
CLICKHOUSE_IMAGE = "clickhouse/clickhouse-server:26.9"


class Engine(Protocol):
    """What fault tests do to an engine."""

    @property
    def port(self) -> int: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


class KafkaEngine(Engine, Protocol):
    @property
    def bootstrap(self) -> str: ...


class ClickHouseEngine(Engine, Protocol):
    @property
    def url(self) -> str: ...


class Container:
    """An engine in a container of its own, on a port that stays over kill and start."""

    def __init__(self, container: Any, inner_port: int, port: int) -> None:
        self.port = port
        self._container = container.with_bind_ports(inner_port, port)
        self._container.start()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._container.get_wrapped_container().start()

    def stop(self) -> None:
        self._container.get_wrapped_container().stop()

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def remove(self) -> None:
        self._container.stop()


def kafka_container() -> Container:
    from testcontainers.kafka import KafkaContainer

    container = KafkaContainer(KAFKA_IMAGE).with_kraft()
    container = container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    return Container(container, 9093, free_port())


def clickhouse_container() -> Container:
    from testcontainers.clickhouse import ClickHouseContainer

    container = ClickHouseContainer(
        CLICKHOUSE_IMAGE, username="default", password="", dbname="default"
    )
    return Container(container.with_env("CLICKHOUSE_SKIP_USER_SETUP", "1"), 8123, free_port())


@contextmanager
def kafka_engine(home: Path) -> Iterator[KafkaEngine]:
    """A Kafka for the length of a block, its data under `home`."""
    if docker.answers():
        container = kafka_container()
        try:
            yield container
        finally:
            container.remove()
        return
    node = start_kafka(free_port(), free_port(), home)
    try:
        yield node
    finally:
        node.stop()


@contextmanager
def clickhouse_engine(home: Path) -> Iterator[ClickHouseEngine]:
    """A ClickHouse for the length of a block, its data under `home`."""
    if docker.answers():
        container = clickhouse_container()
        try:
            yield container
        finally:
            container.remove()
        return
    front = start_clickhouse(free_port(), home)
    try:
        yield front
    finally:
        front.stop()
