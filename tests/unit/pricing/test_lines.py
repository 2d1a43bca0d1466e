"""What a person recomputes a cost by: every line whole, every edge of rounding and range."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson
import pytest

from schemas.dead import Refusal
from schemas.money import COST_MAX
from schemas.price import BOOK_RECORD
from services.pricing.arithmetic import (
    Line,
    OutOfRangeError,
    checked,
    markup_lines,
    minimum_lines,
    multiplied,
    scaled,
)
from services.pricing.book import PriceBook
from services.pricing.core import Priced, price
from services.pricing.matching import Pending
from services.pricing.quantities import token_sums
from services.pricing.rates import UnitPrice, compile_markup, unit_price
from services.pricing.told import as_read, decide, read
from services.pricing.usage import Reading
from tests.unit.pricing.make import START, book_of, call, cost, key_of, price_record, put, rates

LAST = Fraction(1, 10**18)


def priced(event: Any, book: PriceBook) -> Priced:
    result = price(event, book)
    assert isinstance(result, Priced), result
    return result


def markup(rule_id: str, **fields: Any) -> dict[str, Any]:
    known = {"kind": "markup", "scope": "*", "rule_id": rule_id, "effective_from": START}
    return known | fields


@pytest.mark.parametrize(
    ("value", "amount", "changed"),
    [
        (Fraction(1, 3), "0.333333333333333333", True),
        (Fraction(1, 2) * LAST, "0", True),
        (Fraction(3, 2) * LAST, "2e-18", True),
        (Fraction(5, 2) * LAST, "2e-18", True),
        (LAST, "1e-18", False),
        (Fraction(-7, 4), "-1.75", False),
        (Fraction(COST_MAX) - LAST, "999999999.999999999999999999", False),
    ],
)
def test_rounding_is_half_even_at_eighteen_decimals(
    value: Fraction, amount: str, changed: bool
) -> None:
    assert scaled(value) == (Decimal(amount), changed)


def test_no_call_costs_a_billion() -> None:
    for refused in (COST_MAX, -COST_MAX):
        for act in (
            lambda amount: scaled(Fraction(amount)),
            lambda amount: multiplied(amount, Decimal(1)),
            lambda amount: checked(amount),
        ):
            with pytest.raises(OutOfRangeError):
                act(refused)
    assert multiplied(COST_MAX - 1, Decimal(1)) == (COST_MAX - 1, False)


@pytest.mark.parametrize(
    ("left", "right", "amount", "rounded"),
    [
        ("1e-9", "1e-9", "1e-18", False),
        ("1e-9", "15e-10", "2e-18", True),
        ("1e-9", "5e-10", "0", True),
        ("3", "7", "21", False),
        ("1." + "3" * 40, "1." + "7" * 40, "2.370370370370370370", True),
    ],
)
def test_a_product_is_exact_or_says_that_it_is_not(
    left: str, right: str, amount: str, rounded: bool
) -> None:
    assert multiplied(Decimal(left), Decimal(right)) == (Decimal(amount), rounded)


def test_a_unit_price_knows_whether_it_is_exact() -> None:
    million, hour = unit_price(Decimal("2.50"), 10**6), unit_price(Decimal(1), 3600)
    tiny = unit_price(Decimal("1e-15"), 10**6)
    exact = Decimal("0.0000025")
    assert million == UnitPrice(Decimal("2.50"), 10**6, "2.5", exact, exact)
    assert hour == UnitPrice(Decimal(1), 3600, "1", None, None)
    assert (tiny.unit, tiny.safe) == (Decimal("1e-21"), None)


def test_the_lines_of_a_minimum() -> None:
    least = {"input": unit_price(Decimal("1.50"), 1000)}
    short = Line("rate", "input", Decimal("0.0005"))
    assert minimum_lines([short], least) == [
        Line("minimum", "input", Decimal("0.001"), "", "1.5", 1000, "", False)
    ]
    enough = Line("rate", "input", Decimal("0.0015"))
    assert minimum_lines([Line("rate", "output", Decimal(0)), enough], least) == []


def test_the_lines_of_an_adjustment() -> None:
    record = price_record(
        rates=rates(web_search="10000", input="2", output="10"),
        adjustments=[{"id": "us", "when": {"region": ["us"]}, "multiply": "1.10"}],
    )
    event = call(region="us", usage={"web_search": 1, "input": 1000, "output": 500})
    assert priced(event, book_of(record)).lines == [
        Line("rate", "web_search", Decimal("0.01"), "1", "10000", 10**6),
        Line("rate", "input", Decimal("0.002"), "1000", "2", 10**6),
        Line("rate", "output", Decimal("0.005"), "500", "10", 10**6),
        Line("adjustment", "input", Decimal("0.0002"), multiply="1.1"),
        Line("adjustment", "output", Decimal("0.0005"), multiply="1.1"),
    ]


def test_a_rounded_adjustment_says_so() -> None:
    record = price_record(
        rates={"input": {"price": "0.000000000000000001", "per": 1}},
        adjustments=[{"id": "us", "when": {"region": ["us"]}, "multiply": "1.7"}],
    )
    lines = priced(call(region="us", usage={"input": 1}), book_of(record)).lines
    assert [(line.amount, line.rounded) for line in lines[1:]] == [(Decimal("1e-18"), True)]


def test_the_lines_of_a_markup() -> None:
    book = book_of(
        price_record(), markup("a", multiply="1.150"), markup("b", add_per_call="0.00010")
    )
    assert priced(call(), book).lines[2:] == [
        Line("markup", "a", Decimal("0.00105"), multiply="1.15"),
        Line("markup", "b", Decimal("0.0001"), "1", "0.0001"),
    ]


def test_a_rounded_markup_says_so() -> None:
    thirds = compile_markup(
        BOOK_RECORD.validate_json(orjson.dumps(markup("third", multiply="1.333333333"))), "k"
    )
    charge, [line] = markup_lines(Decimal("1e-17"), [thirds])
    assert (charge, line.rounded) == (Decimal("1.3e-17"), True)


def test_a_markup_has_its_time_and_its_conditions() -> None:
    ended = markup("ended", multiply="2", effective_to="2026-02-01T00:00:00Z")
    batch = markup("batch", multiply="3", when={"processing": ["batch"]})
    peak = markup("peak", multiply="5", when={
        "utc_weekly": {"days": [5], "minutes": [[720, 721]], "except_calendar": "us"}
    })  # fmt: skip
    no_day = {"kind": "calendar", "calendar_id": "us", "dates": ["2026-11-21"]}
    assert priced(call(), book_of(price_record(), ended, batch)).charge == Decimal("0.007")
    assert priced(call(), book_of(price_record(), peak, no_day)).charge == Decimal("0.035")
    early = call(occurred_at="2026-01-31T23:59:59Z")
    assert priced(early, book_of(price_record(), ended)).charge == Decimal("0.014")
    upside_down = markup("u", multiply="2", effective_to="2025-01-01T00:00:00Z")
    with pytest.raises(ValueError, match="effective_to must be after"):
        compile_markup(BOOK_RECORD.validate_json(orjson.dumps(upside_down)), "k")


def test_one_orgs_markup_is_nobody_elses() -> None:
    own = markup("own", scope="org:acme", multiply="2")
    book = book_of(price_record(), own)
    assert priced(call(org_id="acme"), book).charge == Decimal("0.014")
    assert priced(call(org_id="globex"), book).charge == Decimal("0.007")


@pytest.mark.parametrize(
    ("at", "peak"),
    [
        ("2026-07-01T07:29:59Z", False), ("2026-07-01T07:30:00Z", True),
        ("2026-12-01T08:29:59Z", False), ("2026-12-01T08:30:00Z", True),
        ("2026-12-01T09:14:59Z", True), ("2026-12-01T09:15:00Z", False),
    ],
)  # fmt: skip
def test_a_window_is_in_its_own_zone(at: str, peak: bool) -> None:
    window = {"days": [1, 2, 3, 4, 5], "minutes": [[570, 615]], "timezone": "Europe/Berlin"}
    record = price_record(variants=[
        {"id": "peak", "when": {"utc_weekly": window}, "rates": rates(input="4")},
    ])  # fmt: skip
    event = call(occurred_at=at, usage={"input": 1000})
    assert cost(event, book_of(record)) == ("0.004" if peak else "0.002")


def test_an_alias_and_a_price_have_their_end() -> None:
    alias = {"kind": "alias", "provider": "openai", "reference": "mine", "model": "m1",
             "effective_from": START, "effective_to": "2026-11-01T00:00:00Z"}  # fmt: skip
    book = book_of(price_record(), alias)
    assert isinstance(price(call(request_model="mine"), book), Pending)
    assert cost(call(request_model="mine", occurred_at="2026-10-31T23:59:59Z"), book) == "0.007"


def test_a_provider_without_prices_is_unknown_again() -> None:
    one, two = price_record(provider="in-house"), price_record("m2", "in-house")
    book = book_of(one, two)
    for record, reason in ((one, "model_unknown"), (two, "provider_unknown")):
        book.apply(key_of(record), None, book.position)
        found = price(call(provider="in-house"), book)
        assert isinstance(found, Pending)
        assert found.reason == reason
    assert not isinstance(book.apply(key_of(two), None, book.position), Refusal)
    put(book, one)
    assert cost(call(provider="in-house"), book) == "0.007"


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "alias", "reference": "mine", "effective_from": START},
        {"kind": "pattern", "rule_id": "family", "match": {"prefix": "mi"}},
    ],
)
def test_an_orgs_own_price_counts_behind_a_rule_for_all(rule: dict[str, Any]) -> None:
    """An org's record replaces the list's for that org, however the model is named."""
    rule = {"provider": "openai", "model": "m1"} | rule
    own = price_record(scope="org:acme", rates=rates(input="1", output="1"))
    book = book_of(price_record(), own, rule)
    assert cost(call(request_model="mine", org_id="acme"), book) == "0.0015"
    assert cost(call(request_model="mine", org_id="globex"), book) == "0.007"
    later = book_of(price_record(), own | {"effective_from": "2026-12-01T00:00:00Z"}, rule)
    assert cost(call(request_model="mine", org_id="acme"), later) == "0.007"


def test_what_the_payload_tells_fills_what_the_producer_left_out() -> None:
    payload = {
        "id": "resp-1", "model": "m1",
        "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500,
                  "cost": 0.5},
    }  # fmt: skip
    asked = call(usage=None, usage_payload=payload, provider="openrouter", request_model="x")
    found = read(asked)
    assert isinstance(found, Reading)
    assert found.normaliser == "openrouter.chat@3"
    event = as_read(asked, found)
    assert (event.response_id, event.response_model) == ("resp-1", "m1")
    assert event.provider_reported_cost == "0.5"
    own = {"response_id": "own", "response_model": "m9", "provider_reported_cost": "0.25"}
    kept = decide(asked.model_copy(update=own), book_of()).event
    assert (kept.response_id, kept.response_model) == ("own", "m9")
    assert kept.provider_reported_cost == "0.25"


def test_a_refused_payload_keeps_the_call_as_told() -> None:
    payload = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 9}
    told = call(usage=None, usage_payload=payload)
    decision = decide(told, book_of(price_record()))
    assert isinstance(decision.result, Refusal)
    assert (decision.event, decision.reading) == (told, None)
    read_well = decide(call(usage=None, usage_payload=payload | {"total_tokens": 2}), book_of())
    assert read_well.reading is not None
    assert read_well.reading.normaliser == "openai.chat@3"


def test_tokens_of_one_kind_add_up() -> None:
    usage = {"cache_write_5m": 3, "cache_write_1h": 4, "input": "5.0", "input_audio": 0}
    assert token_sums(call(usage=usage)) == {"tok_cache_write": 7, "tok_in": 5}
