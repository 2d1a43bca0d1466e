"""verify finds what is wrong, rebuild mends it, migrations repeat, on the real engine."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.rollup import maintenance
from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger
from services.rollup.stage import SCRATCH
from services.runtime.clickhouse import StoreAwayError
from services.runtime.migrate import migrate, pending
from tests.inprocess import ChdbStore, engine
from tests.laws.world import Event

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


class Books:
    """A ledger with some calls in it."""

    def __init__(self) -> None:
        self.store: Any = ChdbStore(f"maintenance_{uuid.uuid4().hex[:8]}")
        self.ledger = Ledger(self.store, "w")
        self.cascade = Cascade(self.store, self.ledger.scratch)

    async def fill(self, events: list[Event]) -> None:
        flushed = await self.ledger.flush([event.line() for event in events])
        self.cascade.touch(flushed.hours)
        await self.cascade.refresh(everything=True)

    async def total(self, table: str = "rollup_hour") -> Decimal:
        rows = await self.store.rows(f"SELECT toString(sum(cost)) FROM {table} FINAL")
        return Decimal(rows[0][0])


def event(number: int, **more: Any) -> Event:
    fields: dict[str, Any] = {
        "org": "acme", "day": 20, "hour": 9, "minute": number % 60, "model": "m1",
        "cost": Decimal("1.000000000000000001"),
    }  # fmt: skip
    return Event(number=number, **(fields | more))


@pytest.fixture
async def books() -> AsyncIterator[Books]:
    made = Books()
    await migrate(made.store, "schemas.clickhouse")
    await made.ledger.prepare()
    await made.fill([event(number) for number in range(100)])
    yield made
    await made.store.close()


async def test_a_right_ledger_verifies(books: Books) -> None:
    assert await maintenance.verify(books.store, START, END) == []
    assert await books.total() == 100 * Decimal("1.000000000000000001")


@pytest.mark.parametrize("table", maintenance.TABLES)
async def test_verify_names_the_table_org_and_day_of_a_digit(books: Books, table: str) -> None:
    one_digit = "cost + toDecimal256('0.000000000000000001', 18)"
    await books.store.command(
        f"INSERT INTO {table} SELECT * REPLACE ({one_digit} AS cost, gen + 1 AS gen) "
        f"FROM {table} FINAL LIMIT 1"
    )
    wrong = await maintenance.verify(books.store, START, END)
    assert {(m.table, m.org_id, m.day) for m in wrong} == {(table, "acme", "2026-11-20")}


@pytest.mark.parametrize("table", [*maintenance.SKETCHES, *maintenance.SKETCH_TOTALS])
async def test_verify_merges_the_states(books: Books, table: str) -> None:
    """Twice the states of a bucket: sums double, and so do the calls behind a percentile."""
    await books.store.command(
        f"INSERT INTO {table} SELECT * REPLACE (arrayConcat(k, k) AS k, "
        "arrayConcat(duration, duration) AS duration, arrayConcat(ttft, ttft) AS ttft, "
        "arrayConcat(talks, talks) AS talks, arrayConcat(users, users) AS users, gen + 1 AS gen) "
        f"FROM {table} FINAL LIMIT 1"
    )
    org = "" if table in maintenance.SKETCH_TOTALS else "acme"
    wrong = await maintenance.verify(books.store, START, END)
    assert {(m.table, m.org_id, m.day) for m in wrong} == {(table, org, "2026-11-20")}


async def test_rebuild_mends_aggregates_that_are_ahead_of_the_ledger(books: Books) -> None:
    for table in maintenance.TABLES:
        await books.store.command(
            f"INSERT INTO {table} SELECT * REPLACE (cost * 2 AS cost, gen * 2 AS gen) "
            f"FROM {table} FINAL"
        )
    await books.store.command("TRUNCATE TABLE calls")
    await maintenance.rebuild(books.ledger, books.cascade, START, END)
    assert await maintenance.verify(books.store, START, END) == []
    assert await books.total("rollup_day") == 100 * Decimal("1.000000000000000001")


async def test_the_sweep_settles_what_lies_too_far_apart_for_a_flush(books: Books) -> None:
    await books.fill([event(7, day=1, rank=2, cost=Decimal(5))])
    assert await books.total() == 100 * Decimal("1.000000000000000001") + 5  # both, until swept
    await maintenance.sweep(books.ledger, books.cascade, START, END)
    await books.cascade.refresh(everything=True)
    assert await books.total() == 99 * Decimal("1.000000000000000001") + 5
    await books.fill([event(7, day=1, rank=3, cost=Decimal(6))])  # near from now on
    assert await books.total() == 99 * Decimal("1.000000000000000001") + 6
    assert await maintenance.verify(books.store, START, END) == []


async def test_a_month_with_something_to_come_is_not_closed(books: Books) -> None:
    october = datetime(2025, 10, 1, tzinfo=UTC).date()
    assert await maintenance.still_open(books.store, october) == ""
    assert "not over" in await maintenance.still_open(books.store, datetime.now(UTC).date())
    body = (
        b'{"topic": "calls.v1", "partition": 0, "position": 5, "end_offset": 5, '
        b'"record_at": "2025-10-31T23:59:00Z", "flushed_at": "2025-11-02T00:00:00Z"}'
    )
    await books.store.insert_bytes("progress", body)
    assert "behind" in await maintenance.still_open(books.store, october)
    await books.store.command("TRUNCATE TABLE progress")
    line = event(900, cost=None).line().replace(b"2026-11-20", b"2025-10-20")
    books.cascade.touch((await books.ledger.flush([line])).hours)
    await books.cascade.refresh(everything=True)
    assert await maintenance.still_open(books.store, october) == "1 of its calls are pending"


async def test_a_line_the_engine_refuses_is_found_alone(books: Books) -> None:
    lines = [event(number).line() for number in range(200, 230)]
    lines[13] = lines[13].replace(b'"cost": "1.0', b'"cost": "x1.0')
    flushed = await books.ledger.flush(lines)
    assert [line for line, _ in flushed.refused] == [lines[13]]
    assert flushed.rows == 29


async def test_migrations_repeat_without_harm(books: Books) -> None:
    assert await pending(books.store, "schemas.clickhouse") == []
    await books.store.command("TRUNCATE TABLE schema_migrations")
    assert len(await migrate(books.store, "schemas.clickhouse")) >= 4
    assert await books.total() == 100 * Decimal("1.000000000000000001")


@pytest.mark.parametrize("step", ["tellings", "links", "resolve", "told_once", "live", "minutes"])
async def test_an_engine_that_restarts_within_a_flush_is_noticed(books: Books, step: str) -> None:
    """A restart empties the scratch tables without an error: the flush must not count as done."""
    events = [event(number, rank=2, cost=Decimal(3)) for number in range(90, 130)]
    restarts = [step]

    def restart(done: str) -> None:
        if done in restarts:
            restarts.clear()
            for name in ("stage", *SCRATCH):
                engine().query(f"TRUNCATE TABLE {getattr(books.ledger.scratch, name)}")

    flaky = Ledger(books.store, "w", crash=restart)
    with pytest.raises(StoreAwayError, match="restarted"):
        await flaky.flush([one.line() for one in events])
    await books.fill(events)
    assert await books.total() == 90 * Decimal("1.000000000000000001") + 40 * 3
    assert await maintenance.verify(books.store, START, END) == []


async def test_an_engine_that_restarts_within_a_refresh_is_noticed(books: Books) -> None:
    flushed = await books.ledger.flush([event(500, hour=11).line()])
    books.cascade.touch(flushed.hours)
    statements = books.cascade._store

    class Restarting:
        """Forgets its scratch tables before the second statement of a refresh."""

        async def command(self, sql: str, *rest: Any) -> None:
            if "INSERT INTO narrow_hour" in sql:
                for name in SCRATCH:
                    engine().query(f"TRUNCATE TABLE {getattr(books.ledger.scratch, name)}")
            await statements.command(sql, *rest)

        def __getattr__(self, name: str) -> Any:
            return getattr(statements, name)

    books.cascade._store = Restarting()  # type: ignore[assignment]
    with pytest.raises(StoreAwayError, match="restarted"):
        await books.cascade.refresh(everything=True)
    books.cascade._store = statements
    await books.cascade.refresh(everything=True)
    assert await maintenance.verify(books.store, START, END) == []
