"""The book after any changes is the book of what stands; what leads nowhere says where it ended."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.dead import Refusal
from schemas.money import plain
from schemas.price import BOOK_RECORD
from services.pricing.book import PriceBook
from services.pricing.conditions import compile_when
from services.pricing.core import Priced, price
from services.pricing.matching import Pending
from tests.unit.pricing.make import (
    NOON,
    START,
    book_of,
    call,
    cost,
    key_of,
    price_record,
    put,
    rates,
)

Record = dict[str, Any]
LATER = "2026-06-01T00:00:00Z"
SCOPES = ("*", "org:acme")


def alias(reference: str, model: str, **fields: Any) -> Record:
    told = {"kind": "alias", "provider": "openai", "reference": reference, "model": model}
    return told | {"effective_from": START} | fields


RECORDS: list[Record] = [
    *(
        price_record(model, provider, scope=scope, effective_from=at)
        for model in ("m1", "m2")
        for provider in ("openai", "our-gpus")
        for scope in ("*", "org:acme")
        for at in (START, LATER)
    ),
    *(alias("latest", model, effective_from=at) for model, at in (("m1", START), ("m2", LATER))),
    *(
        {"kind": "pattern", "provider": "openai", "rule_id": rule, "match": {"prefix": prefix},
         "model": "m1", "priority": priority}
        for rule, prefix, priority in (("a", "m", 0), ("b", "m1", 0), ("c", "m", 5))
    ),
    *(
        {"kind": "markup", "scope": scope, "rule_id": rule, "effective_from": at}
        for scope in ("*", "org:acme")
        for rule in ("fee", "tax")
        for at in (START, LATER)
    ),
    {"kind": "calendar", "calendar_id": "us", "dates": ["2026-11-26"]},
    {"kind": "calendar", "calendar_id": "de", "dates": ["2026-10-03"]},
]  # fmt: skip
CHANGES = st.lists(
    st.tuples(st.sampled_from(range(len(RECORDS))), st.sampled_from(["put", "other", "remove"])),
    max_size=40,
)


def shape(book: PriceBook) -> dict[str, Any]:
    """All that decides a price, in the order in which it is looked at."""
    indexes = {"prices": book.prices, "aliases": book.aliases, "markups": book.markups}
    told: dict[str, Any] = {
        name: {
            series: [(item.key, item.active) for item in items] for series, items in index.items()
        }
        for name, index in indexes.items()
    }
    return told | {
        "patterns": book.patterns, "calendars": book.calendars, "size": len(book),
        "rules": {scope: rules for scope, rules in book.markup_rules.items() if rules},
        "known": [scope for scope in SCOPES if book.knows_provider("our-gpus", [scope])],
    }  # fmt: skip


def other(record: Record) -> Record:
    """Another record under the same key."""
    if record["kind"] == "calendar":
        return record | {"dates": ["2026-12-24"]}
    return record | {"status": "withdrawn"}


@given(CHANGES)
def test_a_book_is_what_stands_in_it_however_it_came_there(changes: list[tuple[int, str]]) -> None:
    book, stands = PriceBook(), dict[int, Record]()
    for number, what in changes:
        record = RECORDS[number]
        if what == "remove":
            book.apply(key_of(record), None, book.position)
            stands.pop(number, None)
        else:
            stands[number] = record if what == "put" else other(record)
            put(book, stands[number])
    fresh = book_of(*(stands[number] for number in sorted(stands)))
    assert shape(book) == shape(fresh)
    assert shape(book.fork()) == shape(book)
    assert all(book.record(key_of(r).decode()) is not None for r in stands.values())


def test_a_fork_is_a_book_of_its_own() -> None:
    book = book_of(*RECORDS)
    before, fork = shape(book), book.fork()
    assert fork.position == book.position > 0
    assert fork.record("price|*|nobody|nothing|2026-01-01T00:00:00Z") is None
    for record in RECORDS:
        fork.apply(key_of(record), None, fork.position)
    assert shape(book) == before
    assert len(fork) == 0
    assert book.knows_provider("our-gpus", ["*"])
    assert not fork.knows_provider("our-gpus", SCOPES)


def test_a_removed_markup_is_paid_no_longer() -> None:
    fee = {"kind": "markup", "scope": "*", "rule_id": "fee", "effective_from": START}
    book = book_of(price_record(), fee | {"multiply": "2"})
    assert charged(book) == ("0.007", "0.014")
    book.apply(key_of(fee), None, book.position)
    assert charged(book) == ("0.007", "0.007")


def charged(book: PriceBook) -> tuple[str, str]:
    result = price(call(), book)
    assert isinstance(result, Priced), result
    return plain(result.cost), plain(result.charge)


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([price_record("m2", effective_from=NOON)], "no_version_at_time"),
        ([price_record("m3")], "model_unknown"),
    ],
)
def test_an_alias_that_leads_to_no_price_says_where_it_led(
    records: list[Record], reason: Any
) -> None:
    book = book_of(*records, alias("latest", "m2"))
    early = call(request_model="latest", occurred_at="2026-11-20T11:59:59Z")
    assert price(early, book) == Pending(reason, "latest -> m2")


def test_every_dimension_under_its_minimum_is_lifted_and_only_those() -> None:
    least = {
        name: {"price": told, "per": 1} for name, told in (("input", "0.5"), ("output", "0.001"))
    }
    record = price_record(rates=rates(input="2", cache_read="1", output="10"), minimums=least)
    used = {"cache_read": 1000, "input": 1000, "output": 500}
    assert cost(call(usage=used), book_of(record)) == "0.506"
    used = {"cache_read": 1000, "input": 1000, "output": 5}
    assert cost(call(usage=used), book_of(record)) == "0.502"


@pytest.mark.parametrize("minutes", [[600, 600], [601, 600]])
def test_a_span_of_minutes_ends_after_it_starts(minutes: list[int]) -> None:
    told = price_record(variants=[{
        "id": "v", "when": {"utc_weekly": {"days": [1], "minutes": [minutes]}},
        "rates": rates(input="1"),
    }])  # fmt: skip
    refused = PriceBook().apply(key_of(price_record()), orjson.dumps(told), 0)
    assert isinstance(refused, Refusal)
    assert refused.reason == "price_record_invalid"
    if minutes[0] == minutes[1]:
        return
    try:
        record = BOOK_RECORD.validate_python(told)
    except ValidationError:
        return
    with pytest.raises(ValueError, match="must end after it starts; split it at midnight"):
        compile_when(record.variants[0].when)
