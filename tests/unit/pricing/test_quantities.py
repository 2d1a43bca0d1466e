"""Quantities as a call tells them: whole numbers, text, and both in one usage."""

from decimal import Decimal
from typing import Any

import pytest

from schemas.dead import Refusal
from services.pricing.arithmetic import Line
from services.pricing.core import Priced, price
from services.pricing.quantities import quantities, token_sums
from tests.unit.pricing.make import book_of, call, cost, price_record, rates

MIXED: dict[str, Any] = {"audio_second": "1.5", "input": "1001", "cache_read": 7, "output": 500}


def test_what_is_told_as_text_and_what_as_a_number_add_up() -> None:
    record = price_record(rates=rates(input="2", cache_read="1", output="10", audio_second="4"))
    result = price(call(usage=MIXED), book_of(record))
    assert isinstance(result, Priced)
    assert result.lines == [
        Line("rate", "audio_second", Decimal("0.000006"), "1.5", "4", 1_000_000),
        Line("rate", "input", Decimal("0.002002"), "1001", "2", 1_000_000),
        Line("rate", "cache_read", Decimal("0.000007"), "7", "1", 1_000_000),
        Line("rate", "output", Decimal("0.005"), "500", "10", 1_000_000),
    ]
    assert [type(line.amount) for line in result.lines] == [Decimal] * 4
    assert result.cost == Decimal("0.007015")
    assert token_sums(call(usage=MIXED)) == {"tok_in": 1001, "tok_cache_read": 7, "tok_out": 500}


@pytest.mark.parametrize("told", ["1", "1000", "1001"])
def test_tokens_told_as_text_are_whole_whatever_the_number(told: str) -> None:
    assert quantities({"output": 3, "input": told}) == {"output": 3, "input": int(told)}
    part = quantities({"output": 3, "input": f"{told}.5"})
    assert isinstance(part, Refusal)
    assert (part.detail, part.field) == (f"input is not whole: {told}.5", "usage.input")


def test_part_of_a_unit_that_is_too_small_is_rounded_and_says_so() -> None:
    tiny = {"audio_second": {"price": "0.000000000001", "per": 1_000_000}}
    result = price(call(usage={"audio_second": "0.5"}), book_of(price_record(rates=tiny)))
    assert isinstance(result, Priced)
    assert result.lines == [
        Line("rate", "audio_second", Decimal(0), "0.5", "0.000000000001", 1_000_000, "", True)
    ]


def test_an_adjustment_is_on_top_of_a_minimum() -> None:
    least = {"input": {"price": "0.01", "per": 1}}
    twice = [{"id": "eu", "multiply": "2", "when": {"region": ["eu"]}}]
    book = book_of(price_record(minimums=least, adjustments=twice))
    assert cost(call(usage={"input": 1000}), book) == "0.01"
    assert cost(call(usage={"input": 1000}, region="eu"), book) == "0.02"
