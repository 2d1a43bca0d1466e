"""Laws of the pure parts of the query form: explanation, revenue, forecast, relative instants."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import factorial, prod
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import EXACT, add_up
from services.api.plan import Range
from services.api.query import forecast, form, shapley
from services.api.query.ask import asked
from services.api.query.cache import days_of
from services.api.query.counters import Known, known_of
from services.api.query.limits import Budget
from services.api.query.relative import instant
from services.api.query.revenue import Org, alike, of
from services.api.query.shapley import Calls, Period, Spent
from services.api.scope import Scope

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
money = st.integers(0, 10**24).map(lambda n: Decimal(n).scaleb(-18))
cells = st.tuples(st.sampled_from("abc"), st.sampled_from(["input", "output", "other"]))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    counts = st.builds(Calls, st.integers(0, 10**6), st.integers(0, 10**6))
    calls = {model: draw(counts) for model in draw(st.sets(st.sampled_from("abc")))}
    spent = st.builds(Spent, st.integers(0, 10**9), money)
    found = draw(st.sets(cells.filter(lambda cell: calls.get(cell[0], Calls(0)).priced)))
    return Period(calls, {cell: draw(spent) for cell in found})


@given(periods(), periods())
@settings(max_examples=200, deadline=None)
def test_the_parts_of_a_change_add_up_to_the_digit(one: Period, two: Period) -> None:
    parts = shapley.explain(one, two)
    after, before = (add_up(s.cost for s in side.cells.values()) for side in (two, one))
    found = add_up(part for row in parts.values() for part in row)
    assert found == EXACT.subtract(after, before)


@given(periods())
@settings(max_examples=50, deadline=None)
def test_nothing_changed_is_no_part(one: Period) -> None:
    assert all(part == 0 for row in shapley.explain(one, one).values() for part in row)


@given(*(st.tuples(*(st.fractions(0, 100) for _ in shapley.FACTORS)) for _ in range(2)))
@settings(max_examples=50, deadline=None)
def test_a_part_is_the_mean_over_all_orders(one: tuple[Any, ...], two: tuple[Any, ...]) -> None:
    parts, count = [Fraction(0)] * len(one), len(one)
    for order in itertools.permutations(range(count)):
        current = list(one)
        for factor in order:
            worth = prod(current)
            current[factor] = two[factor]
            parts[factor] += prod(current) - worth
    assert shapley._shares(one, two) == [part / factorial(count) for part in parts]


def _period(calls: Calls, *spent: Any) -> Period:
    return Period({"a": calls}, {("a", "input"): Spent(*spent)} if spent else {})


@pytest.mark.parametrize(
    ("after", "parts"),
    [
        (_period(Calls(20), 200, Decimal(4)), (2, 0, 0, 0, 0)),
        (_period(Calls(10), 200, Decimal(4)), (0, 0, 0, 2, 0)),
        (_period(Calls(10), 100, Decimal(3)), (0, 0, 0, 0, 1)),
        (_period(Calls(5, 5), 50, Decimal(1)), (0, 0, -1, 0, 0)),
        (_period(Calls(0, 10)), (0, 0, -2, 0, 0)),
        (_period(Calls(0, 20)), (1, 0, -3, 0, 0)),
    ],
)
def test_what_changed_alone_is_the_whole_change(after: Period, parts: tuple[int, ...]) -> None:
    """Calls, tokens, a price; and calls that wait for one cost less only until they have it."""
    before = _period(Calls(10), 100, Decimal(2))
    assert list(shapley.explain(before, after)["a", "input"]) == list(parts)
    back = shapley.explain(after, before)["a", "input"]
    assert list(back) == [-part for part in parts]


def test_a_model_without_any_price_moves_nothing() -> None:
    """Not the mix either, as if the others had become cheaper."""
    one = _period(Calls(10), 100, Decimal(2))
    calls = {"a": Calls(10), "unpriced": Calls(0, 90)}
    waiting = Period(calls, one.cells | {("unpriced", "input"): Spent(0, Decimal(0))})
    assert shapley.explain(one, waiting) == {("a", "input"): (0, 0, 0, 0, 0)}


def test_a_new_category_of_a_model_is_tokens_not_mix() -> None:
    one, two = Calls(10), Spent(100, Decimal(2))
    before = Period({"a": one}, {("a", "input"): two})
    after = Period({"a": one}, {("a", "input"): two, ("a", "cache_read"): Spent(50, Decimal(1))})
    assert list(shapley.explain(before, after)["a", "cache_read"]) == [0, 0, 0, 1, 0]


@given(st.lists(st.integers(0, 60 * 86_400), min_size=2, max_size=8), money)
def test_revenue_of_parts_is_revenue_of_the_whole(cuts: list[int], amount: Decimal) -> None:
    start = int(datetime(2026, 10, 10, tzinfo=UTC).timestamp())
    edges = sorted(start + cut for cut in cuts)
    org = Org("a", "USD", "Asia/Kolkata", {"2026-10": amount, "2026-11": amount * 2})
    parts = [of(org, *pair) for pair in itertools.pairwise(edges)]
    assert sum(parts, Decimal(0)) == of(org, edges[0], edges[-1])


def test_a_month_of_revenue_is_the_month() -> None:
    zone = ZoneInfo("Europe/Berlin")
    org = Org("a", "USD", zone.key, {"2026-10": Decimal("31.000000000000000001")})
    low, high = (int(datetime(2026, m, 1, tzinfo=zone).timestamp()) for m in (10, 11))
    assert of(org, low, high) == Decimal("31.000000000000000001")


def test_a_steady_month_ends_where_it_must() -> None:
    daily = [Decimal(10)] * 40
    told = forecast.month_end(daily, Decimal(215), NOW.replace(hour=12, minute=0))
    assert Decimal(told["value"]) == 300
    assert told["low"] == told["value"] == told["high"]
    short = forecast.month_end([Decimal(0)] * 40 + [Decimal(1)] * 6, Decimal(6), NOW)
    assert (short["value"], short["reason"]) == (None, "less than 7 days of history")


def test_a_budget_runs_out_at_its_pace() -> None:
    half = datetime(2026, 11, 16, tzinfo=UTC)
    assert forecast.budget(Decimal(80), Decimal(100), half)["runs_out_on"] == "2026-11-19"
    assert forecast.budget(Decimal(40), Decimal(100), half)["runs_out_on"] is None


def test_relative_instants_follow_the_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    told = {
        "now/d": "2026-11-22T00:00:00+01:00",
        "now-1M/M": "2026-10-01T00:00:00+02:00",
        "now-7d/d": "2026-11-15T00:00:00+01:00",
        "now/w": "2026-11-16T00:00:00+01:00",
        "now-2h": "2026-11-22T11:30:00+01:00",
        "now-9M/y": "2026-01-01T00:00:00+01:00",
    }
    for text, wanted in told.items():
        assert instant("from", text, berlin, NOW).isoformat() == wanted


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 90)), max_size=30))
def test_a_budget_grants_no_more_than_it_refills(asks: list[tuple[int, int]]) -> None:
    held, now, granted = Budget(100), NOW, 0
    for wanted, pause in asks:
        now += timedelta(seconds=pause)
        refused = held.take("key", wanted, now)
        if refused is None:
            granted += min(wanted, 100)
        else:
            left, seconds = refused
            assert left < min(wanted, 100)
            later = Budget(100, dict(held.held))
            assert later.take("key", wanted, now + timedelta(seconds=seconds)) is None
    assert granted <= 100 + (now - NOW).total_seconds() * 100 / 60 + 1e-6


ZONES, CURRENCIES = (
    st.sampled_from(["UTC", "Asia/Tokyo", "nowhere"]),
    st.sampled_from(["USD", "EUR"]),
)


@given(st.lists(st.tuples(ZONES, CURRENCIES), max_size=40), st.integers(1, 7))
def test_every_org_is_asked_for_once(drawn: list[tuple[str, str]], size: int) -> None:
    """An org beyond what one question names must not look as if it had spent nothing."""
    orgs = [Org(f"o{n}", currency, zone, {}) for n, (zone, currency) in enumerate(drawn)]
    groups = list(alike(orgs, size))
    assert sorted(org.org_id for group in groups for org in group) == sorted(
        org.org_id for org in orgs
    )
    for group in groups:
        assert 0 < len(group) <= size
        assert len({(org.zone.key, org.currency) for org in group}) == 1


@pytest.mark.parametrize("start", ["now-29d/d", "now-7d/d", "now-5h/h", "now/d"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_the_period_before_now_reads_minutes_at_its_end_alone(start: str, zone: str) -> None:
    query = form.Query.model_validate(
        {"measures": ["cost"], "from": start, "tz": zone, "interval": "hour", "compare": "previous"}
    )
    question = asked(query, Scope(None), NOW)
    assert question.compared is not None
    before = question.compared.buckets
    assert [piece.end for piece in question.compared.pieces["minute"]] == [before[-1].end]
    local = [
        datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None)
        for at in (before[0].start, before[-1].end, question.whole.start, question.whole.end)
    ]
    assert local[1] - local[0] == local[3] - local[2], "up to the same time of day"
    assert before[-1].end <= question.whole.start


def test_a_range_is_closed_when_all_its_months_are() -> None:
    months = [int(datetime(2026, m, 1, tzinfo=UTC).timestamp()) for m in (9, 10, 11)]
    known = Known(closed=frozenset(months[:2]))
    assert known.is_closed(Range(months[0] + 5, months[2]))
    assert not known.is_closed(Range(months[0], months[2] + 1))
    assert not known.is_closed(Range(months[0] - 1, months[1]))


def test_counters_do_not_depend_on_the_order_in_which_the_engine_brings_them() -> None:
    rows: list[Any] = [
        ("calls", 86_400, "17"), ("calls", 86_400, "4"), ("sketch", 86_400, "3"), ("orgs", 0, "9"),
        ("closed", 0, ""), ("nameless", 172_800, ""), ("calls", 172_800, "17"),
    ]  # fmt: skip
    known = known_of(rows)
    assert known == known_of(reversed(rows))
    assert known != known_of([("calls", 86_400, "18"), *rows[1:]])
    assert days_of(known, known_of(rows[:-1]), Range(0, 10**6)) == ["1970-01-03"]
    assert days_of(known, known_of(rows[:-1]), Range(0, 172_800)) == []
