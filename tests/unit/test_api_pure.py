"""Trees with cycles and chains, estimates, freshness."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from schemas.price import BOOK_RECORD
from services.api.estimate import estimate, freshness, spreads
from services.api.tree import Step, tree

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
    assert freshness([(5, 5, old, look)], NOW).lag_seconds == 2
    behind = freshness([(5, 5, old, look), (4, 5, old, look)], NOW)
    assert (behind.as_of, behind.lag_seconds) == (old, 90)
