"""What the shipped price book adds to one that stands: never an end to a price of one's own."""

from collections import Counter

import orjson

from schemas.price import BOOK_RECORD, book_key
from services.api.prices.shipped import book, missing
from services.pricing import seed
from tests.unit.pricing.make import price_record

SHIPPED = {book_key(BOOK_RECORD.validate_json(line)): line.decode() for line in seed.lines()}


def test_an_empty_book_lacks_everything() -> None:
    found = missing({})
    assert set(found.records) == set(SHIPPED) == set(book())
    assert not found.held_back


def test_a_loaded_book_lacks_nothing() -> None:
    assert missing(SHIPPED) == ({}, {})


def test_what_would_end_a_price_of_ones_own_is_held_back() -> None:
    counted = Counter(key.rsplit("|", 1)[0] for key in SHIPPED if key.startswith("price|*|"))
    [(series, count)] = counted.most_common(1)
    assert count > 1, "the test wants a model with more than one version"
    first, *later = sorted(key for key in SHIPPED if key.startswith(f"{series}|"))
    start = first.rsplit("|", 1)[1].replace("T00:00:00Z", "T00:00:01Z")
    _, _, provider, model = series.split("|")
    record = price_record(model, provider=provider, effective_from=start)
    found = missing({f"{series}|{start}": orjson.dumps(record).decode()})
    assert first in found.records
    assert found.held_back == dict.fromkeys(later, f"{series}|{start}")
    assert len(found.records) == len(SHIPPED) - len(later)


def test_a_record_that_later_rules_refuse_stops_nothing() -> None:
    odd = {"price|*|openai|odd|2026-01-01T00:00:00Z": '{"kind": "price", "surprise": 1}'}
    assert len(missing(odd).records) == len(SHIPPED)


def test_what_was_deleted_here_stays_deleted() -> None:
    gone = next(iter(SHIPPED))
    found = missing({gone: ""})
    assert gone not in found.records
    assert len(found.records) == len(SHIPPED) - 1
