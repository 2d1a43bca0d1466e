"""A book that is added to: no call that a record of one's own prices is priced otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.call import CallEvent
from schemas.price import BOOK_RECORD, book_key
from services.pricing.book import PriceBook
from services.pricing.core import Priced, price
from services.pricing.lacking import lacking
from tests.unit.pricing.make import price_record, rates

NAMES = ("m", "m-1", "m-1-x", "n")
STARTS = ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")
AT = datetime(2026, 1, 2, tzinfo=UTC)
name, start = st.sampled_from(NAMES), st.sampled_from(STARTS)
cost = st.integers(1, 9).map(lambda number: rates(input=str(number)))
prices = st.builds(lambda n, s, c: price_record(n, effective_from=s, rates=c), name, start, cost)
aliases = st.builds(
    lambda reference, model, s: {
        "kind": "alias", "provider": "openai", "reference": reference, "model": model,
        "effective_from": s,
    },
    name, name, start,
)  # fmt: skip
patterns = st.builds(
    lambda prefix, model: {
        "kind": "pattern", "provider": "openai", "rule_id": f"r-{prefix}", "model": model,
        "match": {"prefix": prefix},
    },
    name, name,
)  # fmt: skip
books = st.lists(st.one_of(prices, aliases, patterns), max_size=6)


def read(told: list[dict[str, Any]]) -> dict[str, Any]:
    records = [BOOK_RECORD.validate_json(orjson.dumps(record)) for record in told]
    return {book_key(record): record for record in records}


def made(*books: dict[str, Any]) -> PriceBook:
    book = PriceBook()
    for records in books:
        for key, record in records.items():
            book.apply(key.encode(), record.model_dump_json(by_alias=True).encode(), book.position)
    return book


def call(model: str, day: int) -> CallEvent:
    return CallEvent.model_validate({
        "event_id": "e", "occurred_at": AT + timedelta(days=day), "provider": "openai",
        "request_model": model, "usage": {"input": 1_000_000},
    })  # fmt: skip


@given(books, books)
def test_what_was_priced_keeps_its_price(own: list[Any], other: list[Any]) -> None:
    theirs = read(other)
    mine = {key: record for key, record in read(own).items() if key not in theirs}
    before, after = made(mine), made(mine, lacking(mine, theirs).records)
    for model in NAMES:
        for day in (0, 70, 140):
            told = price(call(model, day), before)
            if isinstance(told, Priced):
                assert price(call(model, day), after) == told


@given(books, books)
def test_all_that_is_lacking_is_added_or_held_back_for_a_reason(
    own: list[Any], other: list[Any]
) -> None:
    theirs = read(other)
    mine = {key: record for key, record in read(own).items() if key not in theirs}
    found = lacking(mine, theirs)
    assert {*found.records, *found.held_back} == theirs.keys()
    assert set(found.held_back.values()) <= mine.keys()


@pytest.mark.parametrize("kind", ["markup", "calendar"])
def test_an_empty_book_lacks_all(kind: str) -> None:
    records: list[dict[str, Any]] = [
        price_record("m"),
        {"kind": "markup", "scope": "*", "rule_id": "fee", "multiply": "1.5",
         "effective_from": STARTS[0]},
        {"kind": "calendar", "calendar_id": "c", "dates": ["2026-01-01"]},
    ]  # fmt: skip
    theirs = read([record for record in records if record["kind"] in ("price", kind)])
    assert lacking({}, theirs) == (theirs, {})
