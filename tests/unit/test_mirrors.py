"""The mirror of the price book holds what the pricer's book holds, whatever is published."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from schemas.dead import Refusal
from services.pricing.book import PriceBook
from services.rollup import mirrors
from tests.unit.pricing.make import key_of, price_record

GOOD = price_record("m1")
NIGHTLY = {"days": [1], "minutes": [[0, 60]], "timezone": "Nowhere/Town"}


def value_of(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        value_of(price_record("m1", currency="EUR")),
        value_of(price_record("m2")),
        value_of(GOOD | {"variants": [{"id": "v", "when": {"utc_weekly": NIGHTLY}, "rates": {}}]}),
        value_of(GOOD | {"effective_from": "2030-01-01T00:00:00Z"}),
    ],
    ids=["tombstone", "empty", "broken", "corrected", "other_key", "no_such_zone", "other_time"],
)
def test_what_stands_after_a_message_stands_in_both(value: bytes | None) -> None:
    book, mirrored = PriceBook(), PriceBook()
    key = key_of(GOOD)
    for offset, told in enumerate((value_of(GOOD), value)):
        refused = isinstance(book.apply(key, told, offset), Refusal)
        source = mirrors.Source("prices.v1", 0, offset, datetime(2026, 11, 1, tzinfo=UTC), key)
        found = mirrors.prices(source, told)
        assert len(found) == int(not refused)
        for entry in found:
            row = entry.row or {}
            record = None if row["is_deleted"] else row["record"].encode()
            mirrored.apply(row["key"].encode(), record, row["position"])
    assert mirrored.record(key.decode()) == book.record(key.decode())
