"""What is told or priced late still counts once, at the right price, on the real engine."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from services.pricer.encode import priced_line
from services.pricing.told import decide
from tests.laws.test_closed_months import call
from tests.laws.test_repricing import RETRO, World, record, world

START = datetime(2026, 10, 5, 10, tzinfo=UTC)


async def test_an_event_that_moves_with_each_of_forty_revisions_counts_once() -> None:
    """The versions of all its tellings add up to more than 128 bits."""
    w = await world()
    for revision in range(40):
        at = START + timedelta(minutes=revision)
        await w.tell([call(1, revision=revision, occurred_at=at)])
        assert await w.totals() == {"a": (1, Decimal(2))}, revision


async def ledger_is(w: World, behind: timedelta) -> None:
    """The worker's word: the last record of priced.v1 in the ledger is so old."""
    now = datetime.now(UTC)
    row = (
        f'{{"topic": "priced.v1", "partition": 0, "position": 1, "end_offset": 2, '
        f'"record_at": "{(now - behind).isoformat()}", "flushed_at": "{now.isoformat()}"}}'
    )
    await w.store.insert_bytes("progress", row.encode())


async def test_a_repricing_is_not_done_before_the_ledger_has_what_the_old_book_priced() -> None:
    """After an outage such calls wait in priced.v1 for longer than any pause between passes."""
    w = await world()
    await w.tell([call(1)])
    waiting = [call(2), call(3)]
    lines = [priced_line(e, decide(e, w.book), w.book.position) for e in waiting]  # type: ignore[arg-type]
    at = await w.publish(record("m1", "3", **RETRO))
    await ledger_is(w, timedelta(days=100))
    await w.reprice()
    state = f"SELECT state FROM repricings FINAL WHERE position = {at}"
    assert await w.store.rows(state) == [["settling"]]
    await w.ledger.flush(lines)
    await ledger_is(w, timedelta(0))
    await w.reprice()
    assert await w.store.rows(state) == [["done"]]
    assert await w.totals() == {"a": (3, Decimal(9))}
