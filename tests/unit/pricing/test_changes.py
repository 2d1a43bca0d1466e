"""What the book says of each message: what it changed, or why it is refused."""

from typing import Any

import orjson
import pytest

from schemas.dead import Refusal
from services.pricing.book import CACHE_MAX, Change, PriceBook
from tests.unit.pricing.make import START, key_of, price_record, put, rates

FROM = {"effective_from": START}
OWN = price_record("M1", "Azure", scope="org:acme")
ALIAS = {"kind": "alias", "provider": "Azure", "reference": "r", "model": "m1"} | FROM
PATTERN = {"kind": "pattern", "provider": "x", "rule_id": "p", "match": {"prefix": "r"}}
MARKUP = {"kind": "markup", "scope": "org:acme", "rule_id": "fee", "multiply": "2"} | FROM
CALENDAR = {"kind": "calendar", "calendar_id": "cn", "dates": ["2026-01-01"]}
AZURE = "azure.ai.openai"


@pytest.mark.parametrize(
    ("record", "change"),
    [
        (OWN, Change("price", "org:acme", AZURE, ("org:acme", AZURE, "m1"))),
        (ALIAS, Change("alias", "*", AZURE, None)),
        (PATTERN | {"model": "m1"}, Change("pattern", "*", "x", None)),
        (MARKUP, Change("markup", "org:acme", "", None)),
        (CALENDAR, Change("calendar", "*", "", None)),
    ],
)
def test_a_record_says_what_it_may_touch(record: dict[str, Any], change: Change) -> None:
    book = PriceBook()
    assert put(book, record) == change
    assert put(book, record) is None
    forgotten = book.apply(key_of(record), None, book.position)
    assert forgotten == Change(change.kind, change.scope, change.provider, None)
    assert book.apply(key_of(record), None, book.position) is None


def refused(value: bytes, key: bytes | None = b"k") -> Refusal:
    found = PriceBook().apply(key, value, 0)
    assert isinstance(found, Refusal), found
    return found


def test_a_refusal_says_which_field_and_why() -> None:
    invalid = "price_record_invalid"
    assert refused(b"", b"\xff") == Refusal(reason=invalid, detail="the key is not UTF-8")
    told = orjson.dumps(price_record(rates=rates(input="-1")))
    wrong = refused(told)
    assert wrong.field == "price.rates.input.price"
    assert wrong.detail.startswith("price.rates.input.price: ")
    broken = refused(b"{")
    assert (broken.field, broken.detail[:12]) == ("", "Invalid JSON")
    name = key_of(price_record()).decode()
    assert refused(orjson.dumps(price_record()), None) == Refusal(
        reason=invalid, detail=f"the key is '' but the record's is {name!r}", field="key"
    )
    twice = price_record(variants=[{"id": "v", "when": {"region": [r]}, "rates": {}} for r in "ab"])
    assert refused(orjson.dumps(twice), key_of(price_record())) == Refusal(
        reason=invalid, detail="two variants have the same id"
    )


def test_so_many_lookups_are_kept_and_no_more() -> None:
    book = PriceBook(cache=dict.fromkeys(range(CACHE_MAX - 1)))
    book.remember("k", 1)
    assert len(book.cache) == CACHE_MAX
    book.remember("l", 2)
    assert book.cache == {"l": 2}
