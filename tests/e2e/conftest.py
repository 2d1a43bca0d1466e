"""A running system on the shared engines; tests keep apart by ids, orgs and models."""

from collections.abc import Iterator

import pytest

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.system import System


@pytest.fixture(scope="session")
def system(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """All services with topics and tables of their own, for all tests that share them."""
    with System(kafka.bootstrap, clickhouse.url, tmp_path_factory.mktemp("system")) as started:
        yield started
