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
FAMILIES: dict[str, list[dict[str, Any]]] = {}
for _case in CASES:
    FAMILIES.setdefault(_case["call"]["id"].rsplit("-", 1)[0], []).append(_case)
AT = {"time": "2026-11-20T14:00:00Z"}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return read_book(seed.lines(), "the shipped price book")


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_quotes(family: str, book: PriceBook) -> None:
    """A test for each family, not for each case: collecting hundreds takes longer than asking."""
    wrong = [told for case in FAMILIES[family] if (told := difference(case, book))]
    assert not wrong, "\n".join(wrong)


def difference(case: dict[str, Any], book: PriceBook) -> str:
    """What is answered instead of what is expected, and why that is; empty where they agree."""
    [(line, understood)] = answers([orjson.dumps(AT | case["call"])], book)
    answer, expected = orjson.loads(line), dict(case["expect"])
    if expected["outcome"] == "error":
        agrees = not understood
    else:
        is_priced = answer.get("cost_usd") is not None
        agrees = understood and is_priced == (expected["outcome"] == "priced")
        agrees = agrees and expected.items() <= answer.items()
    return "" if agrees else f"{case['call']['id']}: {answer}, not {expected}: {case['because']}"


def test_cases_are_told_apart() -> None:
    assert len({case["call"]["id"] for case in CASES}) == len(CASES) > 400
