"""Arithmetic: thresholds, windows, adjustments, markups, minimums, and the laws of money."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead import Refusal
from schemas.money import COST_MAX, fits_ledger
from schemas.priced import PricedCall
from schemas.usage import Dimension
from services.pricer.encode import priced_line
from services.pricing.core import Priced, price
from services.pricing.matching import Pending
from services.pricing.told import decide
from tests.unit.pricing.make import NOON, book_of, call, cost, price_record, rates

tokens = st.integers(0, 10**12)
amounts = st.decimals(0, 10_000, places=6, allow_nan=False, allow_infinity=False)


def tiered(**threshold: int) -> dict[str, Any]:
    return price_record(variants=[
        {"id": "long", "when": {"context_tokens": threshold}, "rates": rates(input="4")},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("threshold", "at", "long"),
    [
        ({"gt": 200_000}, 199_999, False), ({"gt": 200_000}, 200_000, False),
        ({"gt": 200_000}, 200_001, True), ({"gte": 200_000}, 199_999, False),
        ({"gte": 200_000}, 200_000, True), ({"gte": 200_000}, 200_001, True),
    ],
)  # fmt: skip
def test_context_boundary(threshold: dict[str, int], at: int, long: bool) -> None:
    result = price(call(usage={"input": at}), book_of(tiered(**threshold)))
    assert isinstance(result, Priced)
    assert result.variant == ("long" if long else "")
    assert result.cost == Decimal(at) * (4 if long else 2) / 10**6


def test_cached_and_tool_input_count_as_context() -> None:
    usage = {"input": 100, "cache_read": 199_900, "input_tool": 1}
    fields = {"rates": rates(input="4", cache_read="1", input_tool="4")}
    record = price_record(variants=[
        {"id": "long", "when": {"context_tokens": {"gt": 200_000}}} | fields,
    ])  # fmt: skip
    result = price(call(usage=usage), book_of(record))
    assert isinstance(result, Priced)
    assert result.variant == "long"


def test_variant_inherits_only_what_it_names() -> None:
    record = price_record(
        rates=rates(input="2", output="10", web_search="10000"),
        variants=[{"id": "batch", "when": {"processing": ["batch"]}, "rates": rates(input="1"),
                   "inherit": ["web_search"]}],
    )  # fmt: skip
    book = book_of(record)
    assert cost(call(processing="batch", usage={"input": 1000, "web_search": 1}), book) == "0.011"
    missing = price(call(processing="batch"), book)
    assert missing == Pending("rate_missing", "output")


def test_most_specific_variant_wins_and_a_tie_is_pending() -> None:
    batch = {"id": "batch", "when": {"processing": ["batch"]}, "rates": rates(input="1")}
    eu = {"id": "eu", "when": {"region": ["eu"]}, "rates": rates(input="3")}
    both = {"id": "both", "when": {"processing": ["batch"], "region": ["eu"]},
            "rates": rates(input="9")}  # fmt: skip
    event = call(processing="batch", region="EU", usage={"input": 1000})
    tie = price(event, book_of(price_record(variants=[batch, eu])))
    assert tie == Pending("variant_ambiguous", "batch, eu")
    assert cost(event, book_of(price_record(variants=[batch, eu, both]))) == "0.009"


@pytest.mark.parametrize(
    ("at", "peak"),
    [
        ("2026-11-20T15:59:59.999Z", False), ("2026-11-20T16:00:00Z", True),
        ("2026-11-20T17:59:59.999Z", True), ("2026-11-20T18:00:00Z", False),
        ("2026-11-21T16:30:00Z", False), ("2026-11-27T16:30:00Z", False),
    ],
)  # fmt: skip
def test_weekly_window_and_holiday(at: str, peak: bool) -> None:
    window = {"days": [1, 2, 3, 4, 5], "minutes": [[960, 1080]], "except_calendar": "us"}
    record = price_record(variants=[
        {"id": "peak", "when": {"utc_weekly": window}, "rates": rates(input="4")},
    ])  # fmt: skip
    holidays = {"kind": "calendar", "calendar_id": "us", "dates": ["2026-11-27"]}
    event = call(occurred_at=at, usage={"input": 1000})
    assert cost(event, book_of(record, holidays)) == ("0.004" if peak else "0.002")
    without = price(event, book_of(record))
    assert without == Pending("variant_missing", "calendar us is not in the price book")


def test_adjustments_compound_in_order_on_token_lines() -> None:
    record = price_record(
        rates=rates(input="2", web_search="10000"),
        adjustments=[
            {"id": "us", "when": {"region": ["us"]}, "multiply": "1.1"},
            {"id": "us2", "when": {"region": ["us"]}, "multiply": "0.5", "dimensions": "all"},
        ],
    )
    event = call(region="us", usage={"input": 1000, "web_search": 1})
    result = price(event, book_of(record))
    assert isinstance(result, Priced)
    assert result.cost == Decimal("0.0061")
    assert [(line.kind, line.dimension, line.amount) for line in result.lines[2:]] == [
        ("adjustment", "input", Decimal("0.0002")),
        ("adjustment", "input", Decimal("-0.0011")),
        ("adjustment", "web_search", Decimal("-0.005")),
    ]


def test_minimum_tops_up_a_dimension() -> None:
    hour = {"audio_second": {"price": "0.111", "per": 3600}}
    least = {"audio_second": {"price": "1.11", "per": 3600}}
    book = book_of(price_record(rates=hour, minimums=least))
    short = price(call(usage={"audio_second": "3.5"}), book)
    assert isinstance(short, Priced)
    assert short.cost == Decimal("0.000308333333333333")
    assert all(line.rounded for line in short.lines)
    assert cost(call(usage={"audio_second": "20"}), book) == "0.000616666666666667"


def markup(rule_id: str, scope: str = "*", **fields: Any) -> dict[str, Any]:
    return {"kind": "markup", "scope": scope, "rule_id": rule_id,
            "effective_from": "2026-01-01T00:00:00Z"} | fields  # fmt: skip


def test_markup_is_a_separate_total() -> None:
    book = book_of(
        price_record(), markup("a", multiply="1.15"),
        markup("b", add_per_call="0.0001"), markup("a", "org:acme", multiply="2"),
    )  # fmt: skip
    listed, own = price(call(), book), price(call(org_id="acme"), book)
    assert isinstance(listed, Priced)
    assert isinstance(own, Priced)
    assert (listed.cost, listed.charge) == (Decimal("0.007"), Decimal("0.00815"))
    assert own.charge == Decimal("0.0141")


def test_currencies_never_mix() -> None:
    book = book_of(price_record(currency="EUR"), markup("m", add_per_call="1", currency="USD"))
    assert price(call(), book) == Pending("currency_mixed", "m adds USD to EUR")
    assert isinstance(price(call(), book_of(price_record(currency="EUR"))), Priced)


def test_cache_saved_by_this_calls_rates() -> None:
    record = price_record(
        rates=rates(input="3", cache_read="0.3", cache_write_5m="3.75", output="15")
    )
    used = {"input": 10, "cache_read": 1000, "cache_write_5m": 1000, "output": 7}
    result = price(call(usage=used), book_of(record))
    assert isinstance(result, Priced)
    assert result.cache_saved == Decimal("0.0027") - Decimal("0.00075")


def test_cost_out_of_range_is_refused() -> None:
    record = price_record(rates={"input": {"price": "99999999999999999999", "per": 1}})
    result = price(call(usage={"input": 10**15}), book_of(record))
    assert isinstance(result, Refusal)
    assert result.reason == "cost_out_of_range"


def test_part_of_a_token_is_refused() -> None:
    result = price(call(usage={"input": "1.5"}), book_of(price_record()))
    assert isinstance(result, Refusal)
    assert (result.reason, result.field) == ("usage_invalid", "usage.input")


def test_steps_nobody_bills_cost_nothing() -> None:
    event = call(operation="retrieval", usage=None, provider="", request_model="")
    line = PricedCall.model_validate_json(priced_line(event, decide(event, book_of()), 0))
    assert (line.cost, line.currency, line.lines, line.price_key) == ("0", "", [], "")
    refused = call(status="error", usage=None)
    assert price(refused, book_of()) == price(event, book_of())


@given(price_=amounts, per=st.sampled_from([1, 60, 1000, 3600, 10**6]), n=tokens)
def test_line_is_exact_or_marked(price_: Decimal, per: int, n: int) -> None:
    book = book_of(price_record(rates={"input": {"price": format(price_, "f"), "per": per}}))
    result = price(call(usage={"input": n}), book)
    exact = Fraction(price_) * n / per
    if isinstance(result, Refusal):
        assert exact >= COST_MAX - 1
        return
    assert isinstance(result, Priced)
    rounded = any(line.rounded for line in result.lines)
    assert rounded or Fraction(result.cost) == exact
    assert abs(Fraction(result.cost) - exact) <= Fraction(1, 2 * 10**18)
    assert fits_ledger(result.cost)
    assert per in (60, 3600) or not rounded


@given(a=tokens, b=tokens, c=tokens)
def test_cost_is_additive_without_tiers(a: int, b: int, c: int) -> None:
    book = book_of(price_record(rates=rates(input="2.5", output="0.0011")))
    whole = price(call(usage={"input": a + b, "output": c}), book)
    parts = [price(call(usage={"input": a}), book),
             price(call(usage={"input": b, "output": c}), book)]  # fmt: skip
    assert isinstance(whole, Priced)
    assert whole.cost == sum(part.cost for part in parts if isinstance(part, Priced))


@given(st.permutations(range(6)))
def test_order_of_records_does_not_matter(order: list[int]) -> None:
    records = [
        price_record(), price_record(effective_from=NOON, rates=rates(input="1", output="1")),
        price_record("m2"), markup("a", multiply="1.5"), markup("b", multiply="0.9"),
        price_record(effective_from="2027-01-01T00:00:00Z"),
    ]  # fmt: skip
    shuffled = book_of(*(records[i] for i in order))
    assert price(call(), shuffled) == price(call(), book_of(*records))


def test_future_version_changes_no_earlier_call() -> None:
    book = book_of(price_record())
    before = price(call(), book)
    later = price_record(effective_from="2026-11-20T12:00:00.000001Z", rates=rates(input="9"))
    assert price(call(), book_of(price_record(), later)) == before


@given(
    usage=st.dictionaries(
        st.sampled_from(["input", "cache_read", "output", "reasoning", "web_search"]),
        st.integers(0, 10**9), min_size=1,
    ),
    multiply=st.decimals("0", "3", places=4),
    org=st.sampled_from(["", "acme"]),
)  # fmt: skip
def test_lines_add_up_and_the_ledger_parses_them(
    usage: dict[Dimension, int], multiply: Decimal, org: str
) -> None:
    record = price_record(
        rates=rates(input="1.3", cache_read="0.13", output="7.7", web_search="10000"),
        fallback={"reasoning": "output"},
        adjustments=[{"id": "x", "when": {}, "multiply": format(multiply, "f")}],
    )
    book = book_of(record, markup("m", multiply="1.175", add_per_call="0.0001"))
    event = call(usage=usage, org_id=org)
    result = price(event, book)
    assert isinstance(result, Priced)
    line = PricedCall.model_validate_json(priced_line(event, decide(event, book), book.position))
    costs = [Decimal(x.amount) for x in line.lines if x.kind != "markup"]
    assert sum(costs) == Decimal(line.cost)
    assert sum(Decimal(x.amount) for x in line.lines) == Decimal(line.charge)
    parts = [line.cost_input, line.cost_cache_read, line.cost_cache_write, line.cost_output]
    searches = sum(Decimal(x.amount) for x in line.lines if x.dimension == "web_search")
    assert sum(map(Decimal, parts)) + searches == Decimal(line.cost)
    assert line.org_id == (org or "unattributed")
    assert orjson.loads(line.model_dump_json())["tok_in"] == usage.get("input", 0)


WHENS = [{"processing": ["batch"]}, {"service_tier": ["flex", "priority"], "region": ["eu"]},
         {"speed": ["standard", "fast"]}, {"context_tokens": {"gt": 5}}, {"region": ["eu"]},
         {"processing": ["batch", "standard"], "quality": ["hd"]}]  # fmt: skip


@given(chosen=st.lists(st.sampled_from(WHENS), max_size=4), quality=st.sampled_from(["", "hd"]))
def test_saying_standard_is_saying_nothing(chosen: list[dict[str, Any]], quality: str) -> None:
    """The short way for ordinary calls gives what the long way gives."""
    variants = [{"id": str(n), "when": when, "rates": rates(input=str(n), output="1")}
                for n, when in enumerate(chosen)]  # fmt: skip
    book = book_of(price_record(variants=variants))
    for region in ("", "eu"):
        ordinary = call(region=region, quality=quality)
        told = call(region=region, quality=quality, processing="standard")
        assert price(ordinary, book) == price(told, book)
