"""The checks a price record passes before it is published."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from schemas.price import BOOK_RECORD, PriceRecord
from services.pricing.core import price
from services.pricing.matching import Pending
from services.pricing.publishing import flaws
from services.pricing.ties import undecided
from tests.unit.pricing.make import book_of, call, cost, price_record, rates

Told = dict[str, Any]


def variant(name: str, when: Told, **per_million: str) -> Told:
    return {"id": name, "when": when, "rates": rates(**per_million)}


def above(tokens: int) -> Told:
    return {"context_tokens": {"gt": tokens}}


BATCH, FLEX, PRIORITY = (
    {"processing": ["batch"]}, {"service_tier": ["flex"]}, {"service_tier": ["priority"]},
)  # fmt: skip


def record(**fields: Any) -> PriceRecord:
    made = BOOK_RECORD.validate_json(orjson.dumps(price_record(**fields)))
    assert isinstance(made, PriceRecord)
    return made


def fields_of(told: PriceRecord, previous: PriceRecord | None = None) -> list[str]:
    return [flaw.field for flaw in flaws(told, previous)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rates": rates(input="10001")}, "rates.input"),
        ({"rates": rates(input="1", cache_read="1.01")}, "rates.cache_read"),
        ({"variants": [variant("b", BATCH, input="2.01")]}, "variants.b.rates.input"),
        ({"variants": [variant("f", FLEX, output="10.5")]}, "variants.f.rates.output"),
        ({"variants": [variant("p", PRIORITY, input="1.99")]}, "variants.p.rates.input"),
        (
            {"variants": [variant("p", {"service_tier": ["priority", "fast"]}, input="1")]},
            "variants.p.rates.input",
        ),
        ({"fallback": {"reasoning": "output_audio"}}, "fallback.reasoning"),
        ({"effective_to": "2026-01-01T00:00:00Z"}, "effective_to"),
        (
            {"variants": [variant("l", above(9), input="3"), variant("b", BATCH, input="1")]},
            "variants.l.when",
        ),
        (
            {"variants": [variant("l", above(9), input="3"), variant("m", above(9), input="1")]},
            "variants.l.when",
        ),
    ],
)
def test_flaw_names_its_field(fields: Told, field: str) -> None:
    assert fields_of(record(**fields)) == [field]


@pytest.mark.parametrize(
    "fields",
    [
        {"rates": rates(input="10000")},
        {"rates": rates(input="1", cache_read="1")},
        {"variants": [variant("b", BATCH, input="2"), variant("p", PRIORITY, input="2")]},
        {"variants": [variant("f", FLEX, input="1"), variant("p", PRIORITY, input="4")]},
        {"variants": [variant("l", above(9), input="3"), variant("m", above(99), input="4")]},
        {
            "variants": [
                variant("l", above(9), input="3"),
                variant("b", BATCH, input="1"),
                variant("lb", BATCH | above(9), input="2"),
            ]
        },
    ],
)
def test_within_the_bounds(fields: Told) -> None:
    assert fields_of(record(**fields)) == []


@pytest.mark.parametrize(
    ("new", "is_flaw"), [("10", False), ("10.01", True), ("0.4", False), ("0.39", True)]
)
def test_a_change_of_over_five_times_needs_force(new: str, is_flaw: bool) -> None:
    before, after = record(), record(rates=rates(input=new, output="10"))
    assert fields_of(after, before) == (["rates.input"] if is_flaw else [])
    forced = record(rates=rates(input=new, output="10"), audit={"force": True, "reason": "so"})
    assert fields_of(forced, before) == []


def test_force_lets_an_unusual_tier_pass_but_never_a_slip_of_the_unit() -> None:
    odd = [variant("b", BATCH, input="3")]
    assert fields_of(record(variants=odd, audit={"force": True})) == []
    assert fields_of(record(rates=rates(input="10001"), audit={"force": True})) == ["rates.input"]


def test_another_currency_needs_force() -> None:
    assert fields_of(record(currency="EUR"), record()) == ["currency"]


def test_what_is_undecided_when_published_is_pending_when_priced_and_nothing_else_is() -> None:
    told = [variant("l", above(9), input="3", output="1"), variant("b", BATCH, input="1")]
    assert [(a.id, b.id) for a, b in undecided(record(variants=told).variants)] == [("l", "b")]
    book = book_of(price_record(variants=told))
    batch = call(processing="batch")
    assert price(batch, book) == Pending("variant_ambiguous", "b, l")


@pytest.mark.parametrize(
    ("tokens", "expected"), [(10, "2"), (11, "3"), (100, "3"), (101, "4"), (1000, "4"), (1001, "5")]
)
def test_the_highest_context_tier_reached_counts(tokens: int, expected: str) -> None:
    tiers = [
        variant("mid", above(100), input="4"),
        variant("low", above(10), input="3"),
        variant("high", above(1000), input="5"),
    ]
    book = book_of(price_record(variants=tiers))
    millionths = Decimal(expected) * tokens / 1_000_000
    assert Decimal(cost(call(usage={"input": tokens}), book)) == millionths


def test_tiers_of_a_region_do_not_hide_a_tie() -> None:
    """A higher tier beats a lower one; it does not settle a third variant that also holds."""
    told = [
        variant("low", above(10), input="3"),
        variant("eu", {"region": ["eu"]}, input="9"),
        variant("high", above(20), input="4"),
    ]
    book = book_of(price_record(variants=told))
    result = price(call(region="eu", usage={"input": 30}), book)
    assert result == Pending("variant_ambiguous", "eu, high")
