"""Exact totals from doubled, shuffled, late events around a price change, however partitioned."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.load import Load, groups
from tests.oracle import BOOK, LARGE, UNPRICED, Event, Price, check, cost, draw, totals
from tests.system import System

pytestmark = pytest.mark.engines
EVENTS = 3_000
MARKUP = Decimal("1.25")


async def send(load: Load, rng: random.Random, events: list[Event], *, keyed: bool) -> None:
    """Half over HTTP, half straight to Kafka, in batches of random size."""
    rng.shuffle(events)
    for number, batch in enumerate(groups(rng, events, 120)):
        if number % 2:
            await load.http(batch)
        else:
            await load.calls(batch, batch[0]["event_id"].encode() if keyed else None)


@pytest.mark.parametrize(("partitions", "keyed"), [(1, False), (6, True)])
async def test_totals_are_those_of_the_set_of_events(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path: Path, partitions: int, keyed: bool
) -> None:
    rng, now = random.Random(partitions), datetime.now(UTC)
    events = [draw(rng, number, now, "t") for number in range(EVENTS)]
    first, second = events[: EVENTS // 2], events[EVENTS // 2 :]
    change = Price(
        LARGE.provider, LARGE.model, now - timedelta(minutes=1),
        {"input": "2.22", "cache_read": "0.20", "output": "11.00"},
    )  # fmt: skip
    markups = {"t-org1": MARKUP}
    with System(kafka.bootstrap, clickhouse.url, tmp_path, partitions=partitions) as system:
        async with Load(system) as load:
            await load.prices(BOOK)
            await load.markup("t-org1", str(MARKUP))
            await send(load, rng, list(first), keyed=keyed)
            await system.wait_settled()
            costs = [(event, cost(event, BOOK)) for event in first]
            check(system, totals(costs, markups))
            await load.prices([change])
            await send(load, rng, first + second + second, keyed=keyed)
            await system.wait_settled()
            costs += [(event, cost(event, [*BOOK, change])) for event in second]
            check(system, totals(costs, markups))
            changed = [e for e in second if cost(e, [*BOOK, change]) != cost(e, BOOK)]
            assert len(changed) > EVENTS // 20
            await load.prices([UNPRICED])
            pending = "SELECT count() FROM ledger WHERE pending != ''"
            await system.wait_for("repricing", lambda: system.sql(pending) == [["0"]])
            await system.wait_settled()
            book = [*BOOK, UNPRICED]
            costs = [(e, cost(e, book) if paid is None else paid) for e, paid in costs]
            check(system, totals(costs, markups))
            assert system.sql("SELECT count() FROM conflicts FINAL") == [["0"]]
        system.verify()
