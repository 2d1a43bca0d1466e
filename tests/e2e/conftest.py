"""A running system on the shared engines."""

from collections.abc import Iterator

import pytest

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.system import System


@pytest.fixture(scope="module")
def system(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """All services with topics and tables of their own, for one module."""
    with System(kafka.bootstrap, clickhouse.url, tmp_path_factory.mktemp("system")) as started:
        yield started
