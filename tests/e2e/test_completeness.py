"""The read API never says that the ledger is further than it is."""

import asyncio
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.load import Load
from tests.oracle import draw
from tests.system import System

pytestmark = pytest.mark.engines
CALLS = 200
SLOW = {"ROLLUP_FLUSH_SECONDS_MIN": "3"}


async def test_a_restarted_rollup_does_not_claim_what_it_has_yet_to_write(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path: Path
) -> None:
    rng = random.Random(1)
    with System(kafka.bootstrap, clickhouse.url, tmp_path, settings=SLOW) as system:
        async with Load(system) as load:
            await load.calls([draw(rng, 0, datetime.now(UTC), "first")])
            await system.wait_settled()
            system.kill("rollup")
            for number in range(CALLS):
                await load.calls([draw(rng, number, datetime.now(UTC), "then")])
        while await system.lag("pricer"):  # noqa: ASYNC110 - asked of Kafka
            await asyncio.sleep(0.1)
        sent = datetime.now(UTC)
        system.restart("rollup")
        stored = 0
        deadline = time.monotonic() + 30
        while stored < CALLS + 1:
            assert time.monotonic() < deadline
            told = system.get("/v1/usage", **{"from": "2026-01-01T00:00:00Z"})["completeness"]
            [[count]] = system.sql("SELECT count() FROM ledger")
            stored = int(count)
            as_of = datetime.fromisoformat(told["as_of"])
            assert stored == CALLS + 1 or as_of <= sent, f"{stored} calls stored as of {as_of}"


async def test_a_pricer_that_is_away_is_seen_in_as_of(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path: Path
) -> None:
    """What waits in calls.v1 is in no topic that the rollup reads."""
    rng = random.Random(2)
    with System(kafka.bootstrap, clickhouse.url, tmp_path) as system:
        async with Load(system) as load:
            await load.calls([draw(rng, 0, datetime.now(UTC), "first")])
            await system.wait_settled()
            await reached(system, datetime.now(UTC))
            system.kill("pricer")
            await load.calls([draw(rng, 1, datetime.now(UTC), "then")])
        sent = datetime.now(UTC)
        await asyncio.sleep(5)
        assert as_of(system) <= sent
        system.restart("pricer")
        await reached(system, sent)
        [[count]] = system.sql("SELECT count() FROM ledger")
        assert int(count) == 2


def as_of(system: System) -> datetime:
    told = system.get("/v1/health/data")["as_of"]  # an answer that is kept keeps its own
    return datetime.fromisoformat(told or "1970-01-01T00:00:00Z")


async def reached(system: System, instant: datetime) -> None:
    deadline = time.monotonic() + 30
    while as_of(system) <= instant:
        assert time.monotonic() < deadline, f"not as of {instant}"
        await asyncio.sleep(0.2)
