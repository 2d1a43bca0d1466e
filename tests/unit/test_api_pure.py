"""Trees with cycles and chains, estimates, freshness, cursors."""

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.price import BOOK_RECORD
from services.api import cursor
from services.api.asked import RefusedError
from services.api.estimate import estimate, freshness, spreads
from services.api.traces import search
from services.api.traces.tree import Step, tree

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def step(number: int, parent: str, **fields: object) -> Step:
    given_ = {
        "event_id": f"e{number}",
        "span_id": f"s{number}",
        "parent_span_id": parent,
        "occurred_ms": number,
        "is_counted": True,
        "is_pending": False,
        "currency": "USD",
        "cost": Decimal(1),
        "charge": Decimal(2),
        "shown": {},
    }
    return Step(**(given_ | fields))  # type: ignore[arg-type]


parents = st.lists(st.none() | st.integers(0, 12), min_size=1, max_size=12)


@given(parents)
def test_every_step_is_told_once_and_all_costs_add_up(links: list[int | None]) -> None:
    steps = [step(n, "" if p is None else f"s{p}") for n, p in enumerate(links)]
    told, total = tree(steps)
    assert sorted(t["event_id"] for t in told) == sorted(s.event_id for s in steps)
    assert total == {
        "cost": {"USD": str(len(steps))},
        "charge": {"USD": str(2 * len(steps))},
        "pending_calls": 0,
    }
    roots = [t for t in told if t["depth"] == 0]
    assert sum(int(t["subtree"]["cost"]["USD"]) for t in roots) == len(steps)


def test_orphans_pending_and_second_tellings() -> None:
    told, total = tree(
        [
            step(1, "gone"),
            step(2, "s1", is_pending=True),
            step(3, "s1", is_counted=False),
            step(4, "", currency="EUR"),
        ]
    )
    assert [t["is_orphan"] for t in told] == [True, False, False, False]
    assert total["cost"] == {"EUR": "1", "USD": "1"}
    assert total["pending_calls"] == 1


def test_a_deep_chain_needs_no_stack() -> None:
    told, _ = tree([step(n, f"s{n - 1}" if n else "") for n in range(5_000)])
    assert told[-1]["depth"] == 4_999
    assert told[0]["subtree"]["cost"] == {"USD": "5000"}


def test_estimates_take_the_bounds_of_the_provider() -> None:
    def record(provider: str, fresh: str) -> bytes:
        return (
            b'{"kind":"price","provider":"%s","model":"m","effective_from":"2026-01-01T00:00:00Z",'
            b'"rates":{"input":{"price":"%s","per":1000000}}}' % (provider.encode(), fresh.encode())
        )

    records = [BOOK_RECORD.validate_json(record(*r)) for r in (("a", "1"), ("a", "3"), ("b", "9"))]
    rates = spreads(records, "USD")
    one = estimate([("a", {"tok_in": 2_000_000, "tok_out": 5})], rates, "USD")
    assert one == {"low": "2", "high": "6", "currency": "USD"}
    unknown = estimate([("c", {"tok_in": 1_000_000})], rates, "USD")
    assert unknown == {"low": "1", "high": "9", "currency": "USD"}
    assert estimate([("a", {"tok_in": 1})], spreads(records, "EUR"), "EUR") is None


def test_freshness_is_that_of_the_partition_furthest_behind() -> None:
    old, look = NOW - timedelta(seconds=90), NOW - timedelta(seconds=2)
    assert freshness([], NOW).lag_seconds is None
    assert freshness([look], NOW).lag_seconds == 2
    assert freshness([look, datetime.fromtimestamp(0, UTC)], NOW).as_of is None
    behind = freshness([look, old], NOW)
    assert (behind.as_of, behind.lag_seconds) == (old, 90)


def _opaque(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


places = st.lists(
    st.sampled_from(["recent", "cost", "1", "-5", "1.5", "1e9", "NaN", "\u0661", "9" * 40])
    | st.none() | st.integers() | st.floats() | st.text(max_size=3),
    max_size=4,
)  # fmt: skip


@given(places | st.integers() | st.text() | st.dictionaries(st.text(), st.none()))
def test_a_cursor_is_of_this_api_or_is_refused(told: Any) -> None:
    """What the engine could not read must not reach it."""
    with contextlib.suppress(RefusedError):
        at, last = cursor.decode(_opaque(told))
        assert cursor.decode(cursor.encode(at, last)) == (at, last)
    for order in ("recent", "cost", "duration"):
        try:
            rank, *key = search.after(_opaque(told), order, search.CONVERSATION)
        except ValueError:
            continue
        assert Decimal(rank).is_finite()
        assert order == "cost" or str(int(rank)) == str(int(Decimal(rank)))
        assert len(key) == 2


@pytest.mark.parametrize("text", ["!", "xx", "W10", "bnVsbA", "é"])
def test_what_is_no_cursor_at_all_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        cursor.decode(text)
    with pytest.raises(ValueError):  # noqa: PT011 - each reader says it its own way
        search.after(text, "recent", search.TRACE)
