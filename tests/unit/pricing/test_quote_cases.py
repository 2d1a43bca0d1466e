"""Calls of every API, with what they cost by the providers' own pages: asked of the shipped book.

Each line of `quote_cases.ndjson` is a call, the answer that is expected, and why: the page its
price is on, or the rule. The costs were worked out from the pages, not taken from an answer.
"""

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.pricer.quote import answers, read_book
from services.pricing import seed
from services.pricing.book import PriceBook

FILE = Path(__file__).parents[2] / "data" / "quote_cases.ndjson"
CASES = [orjson.loads(line) for line in FILE.read_bytes().splitlines()]
AT = {"time": "2026-11-20T14:00:00Z"}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return read_book(seed.lines(), "the shipped price book")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["call"]["id"])
def test_quote(case: dict[str, Any], book: PriceBook) -> None:
    [(line, understood)] = answers([orjson.dumps(AT | case["call"])], book)
    answer, expected = orjson.loads(line), case["expect"]
    if expected["outcome"] == "error":
        assert not understood, answer
        return
    assert understood, answer
    assert {name: answer[name] for name in expected} == expected, case["because"]
    assert (answer["cost_usd"] is None) == (expected["outcome"] != "priced")


def test_cases_are_told_apart() -> None:
    assert len({case["call"]["id"] for case in CASES}) == len(CASES) > 400
