"""The ledger's laws on the real engine: whatever order, batches, crashes, zombies and merges."""

import asyncio
import random
import uuid
from decimal import Decimal

import pytest

from services.rollup.cascade import BEHIND, Cascade
from services.rollup.ledger import Ledger
from services.runtime.migrate import migrate
from tests.inprocess import ChdbStore
from tests.laws.world import Event, draw, totals, vary

SEEDS = range(12)
STEPS = [
    "tellings", "links", "resolve", "void", "told_once", "live", "dirty", "minutes",
]  # fmt: skip


class KilledError(Exception):
    """The process died here."""


class Schedule:
    """Two workers on one database; batches are redelivered until a flush survives."""

    def __init__(self, store: ChdbStore, rng: random.Random) -> None:
        self.store = store
        self.rng = rng
        self.deadly: str | None = None
        self.workers = [
            Ledger(store, f"w{n}", crash=self.crash)  # type: ignore[arg-type]
            for n in range(2)
        ]
        self.cascade = Cascade(store, self.workers[0].scratch)  # type: ignore[arg-type]

    def crash(self, step: str) -> None:
        if step == self.deadly:
            raise KilledError(step)

    async def deliver(self, events: list[Event]) -> None:
        """One batch, killed at a random step some of the time, then delivered again."""
        worker = self.rng.choice(self.workers)
        self.deadly = self.rng.choice([None, *STEPS])
        lines = [event.line() for event in events]
        try:
            self.cascade.touch((await worker.flush(lines)).hours)
            return
        except KilledError:
            self.deadly = None
        cut = self.rng.randrange(len(lines) + 1)  # other batch boundaries the second time
        for part in (lines[:cut], lines[cut:]):
            if part:
                other = self.rng.choice(self.workers)
                self.cascade.touch((await other.flush(part)).hours)

    async def merge(self) -> None:
        table = self.rng.choice(["tellings", "links", "calls", "rollup_minute", "rollup_hour"])
        await self.store.command(f"OPTIMIZE TABLE {table} FINAL")


async def found(store: ChdbStore, table: str) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    rows = await store.rows(
        "SELECT org_id, toString(toStartOfHour(bucket)) AS h, x.model AS m, sum(x.calls), "
        f"toString(sum(x.cost)) FROM {table} FINAL ARRAY JOIN d AS x GROUP BY org_id, h, m"
    )
    return {(r[0], r[1], r[2]): (int(r[3]), Decimal(r[4])) for r in rows}


async def check_generations(store: ChdbStore) -> None:
    """gen(minute) = sum of ver, gen(hour) = sum of gen, nothing is behind."""
    wrong = await store.rows(
        "SELECT org_id, bucket FROM (SELECT org_id, bucket, sum(toUInt256(ver)) AS want FROM calls "
        "FINAL GROUP BY org_id, bucket) AS c LEFT JOIN (SELECT org_id AS o, bucket AS b, gen FROM "
        "rollup_minute FINAL) AS m ON m.o = c.org_id AND m.b = c.bucket WHERE want != gen"
    )
    assert wrong == []
    for sql in BEHIND:
        assert await store.rows(sql) == []


async def grown(store: ChdbStore, before: dict[str, int]) -> dict[str, int]:
    """No version and no generation ever falls."""
    now = {}
    for table, value in (("calls", "ver"), ("rollup_minute", "gen"), ("rollup_hour", "gen")):
        key = "call_key" if table == "calls" else "0"
        rows = await store.rows(
            f"SELECT concat('{table}', org_id, toString(bucket), toString({key})), "
            f"toString({value}) FROM {table} FINAL"
        )
        now |= {row[0]: int(row[1]) for row in rows}
    assert all(now[place] >= value for place, value in before.items())
    return now


async def one_world(seed: int) -> None:
    rng = random.Random(seed)
    store = ChdbStore(f"laws_{uuid.uuid4().hex[:8]}")
    await migrate(store, "schemas.clickhouse")  # type: ignore[arg-type]
    world = Schedule(store, rng)
    for worker in world.workers:
        await worker.prepare()
    first = [draw(rng, number) for number in range(rng.randrange(5, 40))]
    told = first + [vary(rng, rng.choice(first)) for _ in range(rng.randrange(30))]
    rng.shuffle(told)
    versions: dict[str, int] = {}
    at = 0
    while at < len(told):
        size = rng.randrange(1, 15)
        await world.deliver(told[at : at + size])
        at += size
        if rng.random() < 0.3:
            await world.merge()
        if rng.random() < 0.3:
            await world.cascade.refresh(everything=True)
            versions = await grown(store, versions)
    zombie = rng.sample(told, min(5, len(told)))  # a worker that comes back with old news
    await world.deliver(zombie)
    await world.cascade.refresh(everything=True)
    await grown(store, versions)
    for table in ("rollup_minute", "rollup_hour", "narrow_hour"):
        assert await found(store, table) == totals(told), table
    days = await store.rows("SELECT toString(sum(x.cost)) FROM rollup_day FINAL ARRAY JOIN d AS x")
    everyone = sum((cost for _, cost in totals(told).values()), Decimal(0))
    assert Decimal(days[0][0]) == everyone
    for table in ("total_hour", "total_day"):
        rows = await store.rows(
            "SELECT toString(sum(cost)), toString(sum(arraySum(x -> x.cost, d))) "
            f"FROM {table} FINAL"
        )
        assert [Decimal(value) for value in rows[0]] == [everyone, everyone]
    await check_generations(store)
    await check_replay(store, world, told)
    await store.close()


async def check_replay(store: ChdbStore, world: Schedule, told: list[Event]) -> None:
    """Everything once more, in one batch: not a digit and not a generation changes."""
    everything = "SELECT toString(sum(gen)), count() FROM rollup_hour FINAL"
    before = await store.rows(everything)
    world.deadly = None
    world.cascade.touch((await world.workers[0].flush([event.line() for event in told])).hours)
    await world.cascade.refresh(everything=True)
    assert await store.rows(everything) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_totals_follow_from_the_set_of_events(seed: int) -> None:
    asyncio.run(one_world(seed))
