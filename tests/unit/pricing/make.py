"""Builds price records, books and calls for the tests."""

from typing import Any

import orjson

from schemas.call import CallEvent
from schemas.dead import Refusal
from schemas.price import BOOK_RECORD, book_key
from services.pricing.book import PriceBook
from services.pricing.core import Priced, price

START = "2026-01-01T00:00:00Z"
NOON = "2026-11-20T12:00:00Z"


def rates(**per_million: str) -> dict[str, Any]:
    """Prices per million units."""
    return {name: {"price": value, "per": 1_000_000} for name, value in per_million.items()}


def price_record(model: str = "m1", provider: str = "openai", **fields: Any) -> dict[str, Any]:
    """A price record with input at 2 and output at 10 per million."""
    return {
        "kind": "price", "provider": provider, "model": model, "effective_from": START,
        "rates": rates(input="2", output="10"),
    } | fields  # fmt: skip


def key_of(record: dict[str, Any]) -> bytes:
    """The Kafka key of a record."""
    return book_key(BOOK_RECORD.validate_json(orjson.dumps(record))).encode()


def put(book: PriceBook, record: dict[str, Any]) -> Any:
    """Apply a record at the next offset; refusals are test failures."""
    result = book.apply(key_of(record), orjson.dumps(record), book.position)
    assert not isinstance(result, Refusal), result
    return result


def book_of(*records: dict[str, Any]) -> PriceBook:
    """A book of these records."""
    book = PriceBook()
    for record in records:
        put(book, record)
    return book


def call(**fields: Any) -> CallEvent:
    """A chat call of 1000 input and 500 output tokens."""
    told = {
        "event_id": "e1", "occurred_at": NOON, "provider": "openai", "request_model": "m1",
        "usage": {"input": 1000, "output": 500},
    } | fields  # fmt: skip
    return CallEvent.model_validate_json(orjson.dumps(told))


def cost(event: CallEvent, book: PriceBook) -> str:
    """The cost as text; pending and refused calls are test failures."""
    result = price(event, book)
    assert isinstance(result, Priced), result
    return format(result.cost.normalize(), "f")
