"""Closed months on the real engine: every adjustment once, whatever happens between two passes."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from schemas.call import CallEvent
from services.rollup.maintenance import close_month
from services.rollup.repricing import Repricer, Speed
from tests.laws.test_repricing import RETRO, World, record, world
from tests.unit.pricing.make import price_record, rates

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC).date()


def call(number: int, **more: Any) -> CallEvent:
    """A million tokens of m1 in October."""
    told = {
        "event_id": f"e{number}", "occurred_at": datetime(2026, 10, 5, 10, 30, tzinfo=UTC),
        "org_id": "a", "provider": "openai", "request_model": "m1", "usage": {"input": 10**6},
    }  # fmt: skip
    return CallEvent.model_validate(told | more)


def two_rates(price: str) -> dict[str, Any]:
    """A correction of m1's input; its output stays at 9 whatever it was."""
    return price_record("m1", rates=rates(input=price, output="9")) | RETRO


async def close(w: World) -> None:
    store: Any = w.store
    await close_month(store, OCTOBER, "eve", closed=True, reason="invoiced")


async def adjusted(w: World) -> dict[str, Decimal]:
    """Org to all that adjustments come to."""
    rows = await w.store.rows(
        "SELECT org_id, toString(sum(CAST(cost_after AS Decimal(76, 18)) - cost_before)) "
        "FROM price_changes FINAL WHERE is_adjustment = 1 GROUP BY org_id"
    )
    return {row[0]: Decimal(row[1]) for row in rows}


async def test_two_corrections_within_a_minute_adjust_a_call_once() -> None:
    """The first one's second pass comes after the second one's first, and knows both."""
    w = await world()
    store: Any = w.store
    slow = Repricer(store, w.publisher, Speed(10**9, 0.4), lambda: True)
    await w.tell([call(1)])
    await close(w)
    await w.publish(two_rates("2"))
    await slow.once(asyncio.Event())
    await w.publish(two_rates("3"))
    for _ in range(4):
        await slow.once(asyncio.Event())
        await asyncio.sleep(0.25)
    assert await adjusted(w) == {"a": 1}


async def test_a_call_that_lost_its_price_after_closing_gets_the_next_one() -> None:
    w = await world()
    await w.tell([call(1)])
    await close(w)
    await w.publish(record("m1", "2", **RETRO, status="withdrawn"))
    await w.reprice()
    assert await adjusted(w) == {"a": -2}
    await w.publish(record("m1", "4", **RETRO))
    await w.reprice()
    assert await adjusted(w) == {"a": 2}


@pytest.mark.parametrize(
    "corrected",
    [{"org_id": "b"}, {"occurred_at": datetime(2026, 10, 5, 10, 31, tzinfo=UTC)}],
    ids=["org", "time"],
)
async def test_what_a_producer_corrected_itself_is_adjusted_as_it_counts(
    corrected: dict[str, Any],
) -> None:
    """The telling it corrects stands beside it in the same hour and moves no money."""
    w = await world()
    corrected |= {"revision": 1, "usage": {"input": 2 * 10**6}}
    for number in range(8):
        await w.tell([call(number), call(number, **corrected)])
    await close(w)
    await w.publish(record("m1", "3", **RETRO))
    await w.reprice()
    assert await adjusted(w) == {corrected.get("org_id", "a"): 16}


async def test_a_month_that_closes_during_a_pass_is_left_as_it_is_from_then_on() -> None:
    w = await world()
    later = call(2, occurred_at=datetime(2026, 10, 6, tzinfo=UTC))
    await w.tell([call(1), later])
    publish = w.publisher.publish

    async def closing(messages: Any) -> None:
        await publish(messages)
        await close(w)

    w.publisher.publish = closing  # type: ignore[method-assign]
    await w.publish(record("m1", "3", **RETRO))
    await w.reprice()
    assert await w.totals() == {"a": (2, Decimal(5))}
    assert await adjusted(w) == {"a": 1}


async def test_a_reopened_month_counts_no_difference_twice() -> None:
    """What stands as an adjustment goes on as one: ledger and adjustments add up to the truth."""
    w = await world()
    await w.tell([call(1)])
    await close(w)
    await w.publish(record("m1", "3", **RETRO))
    await w.reprice()
    store: Any = w.store
    await close_month(store, OCTOBER, "eve", closed=False, reason="a mistake")
    await w.tell([call(2)])
    for price in ("5", "7"):
        await w.publish(record("m1", price, **RETRO))
        await w.reprice()
        standing = (await w.totals())["a"][1] + (await adjusted(w))["a"]
        assert standing == 2 * Decimal(price)
