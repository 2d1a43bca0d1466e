"""Fixtures every test may ask for: the two engines, a fresh database, names nobody else uses."""

import uuid
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, settings

from tests.engines import ClickHouseEngine, KafkaEngine, clickhouse_engine, kafka_engine

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")  # a busy machine is no failure: speed is what the benchmarks measure


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaEngine]:
    """A real Kafka for the whole run; `kafka.bootstrap` is its address."""
    with kafka_engine(tmp_path_factory.mktemp("kafka")) as engine:
        yield engine


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseEngine]:
    """The real ClickHouse engine for the whole run; `clickhouse.url` is its address."""
    with clickhouse_engine(tmp_path_factory.mktemp("clickhouse")) as engine:
        yield engine


@pytest.fixture
def unique() -> str:
    """A name no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def topic_prefix(unique: str) -> str:
    """A prefix for topics and groups of one test."""
    return f"{unique}."


@pytest.fixture
def database(clickhouse: ClickHouseEngine, unique: str) -> Iterator[str]:
    """A fresh ClickHouse database, dropped afterwards."""
    run_sql(clickhouse.url, f"CREATE DATABASE {unique}")
    yield unique
    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {unique} SYNC")


def run_sql(url: str, sql: str) -> str:
    """Run one statement over plain HTTP."""
    told = httpx.post(url, content=sql.encode(), timeout=60)
    assert told.status_code == 200, told.text
    return told.text
