"""A system whose engines may be killed."""

from collections.abc import Iterator

import pytest

from tests.engines import clickhouse_engine, kafka_engine
from tests.faults.victims import World
from tests.system import System


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Kafka, ClickHouse and all services, for the tests of this folder alone."""
    home = tmp_path_factory.mktemp("faults")
    with (
        kafka_engine(home / "kafka") as kafka,
        clickhouse_engine(home / "clickhouse") as clickhouse,
        System(kafka.bootstrap, clickhouse.url, home) as system,
    ):
        yield World(system, kafka, clickhouse)
