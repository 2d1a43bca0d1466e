"""Kafka or ClickHouse away under load: refused properly, nothing lost, all recover by themselves.

OUTAGE_SECONDS in the environment makes the outages longer.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from tests.faults.victims import World
from tests.load import Load, groups
from tests.oracle import BOOK, Event, check, check_api, cost, draw, totals
from tests.system import SERVICES

pytestmark = [pytest.mark.engines, pytest.mark.faults, pytest.mark.timeout(600)]
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "10"))
ANSWER_SECONDS_MAX = 5.0
RECOVERY_SECONDS_MAX = 60.0
BATCH = 20
PAUSE = 0.05


class Clients:
    """Four clients, three over HTTP, that send new events until told to stop."""

    def __init__(self, load: Load, run: str) -> None:
        self.load, self.run = load, run
        self.sent: list[Event] = []
        self.stop = asyncio.Event()

    async def one(self, number: int) -> None:
        rng, serial = random.Random(number), number * 10_000_000
        while not self.stop.is_set():
            now = datetime.now(UTC)
            events = [draw(rng, serial + n, now, self.run) for n in range(BATCH)]
            serial += BATCH
            for batch in groups(rng, events, BATCH):
                await (self.load.http if number else self.load.calls)(batch)
                self.sent += batch
            await asyncio.sleep(PAUSE)


@asynccontextmanager
async def under_load(load: Load, run: str) -> AsyncIterator[Clients]:
    """Clients that send for the length of the block; afterwards everything is acknowledged."""
    clients = Clients(load, run)
    tasks = [asyncio.create_task(clients.one(number)) for number in range(4)]
    try:
        yield clients
    finally:
        clients.stop.set()
        await asyncio.gather(*tasks)


def pids(world: World) -> list[int | None]:
    """The services' processes: an unchanged list means that none was restarted."""
    return [world.system.processes[service].pid() for service in SERVICES]


@pytest.mark.parametrize("engine", ["clickhouse", "kafka"])
async def test_an_outage_loses_nothing_and_ends_by_itself(world: World, engine: str) -> None:
    world.up()
    before, run = pids(world), f"out{engine}"
    async with Load(world.system) as load:
        await load.prices(BOOK)
        async with under_load(load, run) as clients:
            await asyncio.sleep(2)
            await asyncio.to_thread(world.kill, engine)
            at_kill = len(clients.sent)
            await asyncio.sleep(SECONDS)
            during = len(clients.sent) - at_kill
            await asyncio.to_thread(world.start, engine)
            back, at_return = time.monotonic(), len(clients.sent)
            while len(clients.sent) < at_return + 10 * BATCH:
                assert time.monotonic() - back < RECOVERY_SECONDS_MAX, "ingest does not recover"
                await asyncio.sleep(0.05)
            taking = time.monotonic() - back
            await asyncio.sleep(1)
        await world.system.wait_settled(RECOVERY_SECONDS_MAX)
        settled = time.monotonic() - back
    if engine == "kafka":
        assert load.refused, "ingest must refuse while Kafka is away"
        assert during <= 4 * BATCH
    else:
        assert not load.refused, "ingest does not need ClickHouse"
    assert max(load.refused, default=0) < ANSWER_SECONDS_MAX
    expected = totals((event, cost(event, BOOK)) for event in clients.sent)
    check(world.system, expected, run)
    check_api(world.system, expected)
    world.system.verify()
    assert pids(world) == before
    slowest = max(load.refused, default=0)
    print(  # noqa: T201 - what a run by hand wants to see
        f"{engine} away {SECONDS:g} s: {len(clients.sent)} events, {len(load.refused)} refusals, "
        f"slowest {slowest:.2f} s; ingest takes again after {taking:.1f} s, "
        f"all settled after {settled:.1f} s"
    )
