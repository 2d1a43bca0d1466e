"""Malformed input: each bad line is a dead letter with its bytes, each good one counts."""

import base64
from datetime import UTC, datetime

import orjson
import pytest

from schemas.dead import DeadLetter
from schemas.ndjson import LINE_BYTES_MAX
from schemas.priced import ParkedCall, PricedCall
from schemas.version import POSITION_MAX
from services.pricer import decide as decide_module
from services.pricer.decide import Outputs, Position, decide
from services.pricing.book import PriceBook
from tests.unit.pricing.make import NOON, book_of, call, price_record

AT = Position("calls.v1", 3, 17, datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC))
GOOD = orjson.dumps({
    "event_id": "e1", "occurred_at": NOON, "provider": "openai", "request_model": "m1",
    "usage": {"input": 1000, "output": 500},
})  # fmt: skip


def decided(value: bytes, book: PriceBook | None = None) -> Outputs:
    outputs = Outputs()
    decide(value, AT, book or book_of(price_record()), outputs)
    return outputs


def changed(old: bytes, new: bytes) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new)


BAD = [
    ("not_utf8", b'{"event_id": "\xff"}', ""),
    ("not_json", b"{", ""),
    ("not_json", b"hello", ""),
    ("not_an_object", b"[]", ""),
    ("not_an_object", b"12", ""),
    ("not_an_object", b"null", ""),
    ("unknown_field", changed(b'"provider"', b'"povider"'), "povider"),
    ("invalid_field", b"{}", "event_id"),
    ("invalid_field", changed(b"1000", b"-1"), "usage.input"),
    ("invalid_field", changed(b"1000", b"NaN"), "usage.input"),
    ("invalid_field", changed(b"1000", b"1e400"), "usage.input"),
    ("invalid_field", changed(b"1000", b"1.5"), "usage.input"),
    ("invalid_field", changed(b"1000", b"true"), "usage.input"),
    ("invalid_field", changed(b'"input"', b'"inputs"'), "usage.inputs"),
    ("invalid_field", changed(b"12:00:00Z", b"12:00:00"), "occurred_at"),
    ("invalid_field", changed(b'"e1"', b'"' + b"x" * 257 + b'"'), "event_id"),
    ("usage_invalid", changed(b"1000", b'"0.5"'), "usage.input"),
    ("not_json", changed(b'"usage":{', b'"usage_payload":{"n":NaN},"usage":{'), ""),
    ("not_json", changed(b'"usage":{', b'"usage_payload":{"n":1e400},"usage":{'), ""),
    ("too_deep", changed(b'"usage":{', b'"usage_payload":{"n":%b%b},"usage":{'
                         % (b"[" * 5000, b"]" * 5000)), ""),
    ("time_out_of_bounds", changed(b"2026-11-20", b"2025-10-16"), "occurred_at"),
    ("time_out_of_bounds", changed(b"12:00:00Z", b"13:00:02Z"), "occurred_at"),
    ("too_large", b'"' + b"x" * LINE_BYTES_MAX + b'"', ""),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "line", "field"), BAD)
def test_bad_line_between_good_ones(reason: str, line: bytes, field: str) -> None:
    outputs = decided(b"\n".join([GOOD, line, GOOD]))
    assert len(outputs.priced) == 2
    (dead,) = [DeadLetter.model_validate_json(letter) for letter in outputs.dead]
    assert dead.reason == reason
    assert dead.field.startswith(field)
    assert dead.source == dead.dead_id == "calls.v1/3/17/1"
    assert base64.b64decode(dead.original) == line[:1_000_000]
    assert dead.original_bytes == len(line)


def test_redelivery_repeats_every_byte() -> None:
    value = b"\n".join([GOOD, b"{", GOOD])
    assert decided(value) == decided(value)


def test_ten_thousand_lines_all_count() -> None:
    outputs = decided(b"\n".join([GOOD] * 10_000))
    assert len(outputs.priced) == 10_000
    assert not outputs.dead


def test_lines_beyond_the_limit_are_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide_module, "LINES_MAX", 2)
    monkeypatch.setattr(decide_module, "ORIGINAL_BYTES_MAX", 12)
    outputs = decided(b"\n".join([GOOD, GOOD, b"third", b"four", b"fifth"]))
    letters = [DeadLetter.model_validate_json(letter) for letter in outputs.dead]
    assert [base64.b64decode(letter.original) for letter in letters] == [b"third\nfour", b"fifth"]
    assert {letter.reason for letter in letters} == {"too_many_lines"}
    assert [letter.dead_id for letter in letters] == ["calls.v1/3/17/2", "calls.v1/3/17/4"]


def test_unexpected_error_is_a_bug_and_hurts_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    real = decide_module.told.decide

    def broken(event, book):  # type: ignore[no-untyped-def]
        if event.event_id == "boom":
            raise RuntimeError("boom")
        return real(event, book)

    monkeypatch.setattr(decide_module.told, "decide", broken)
    outputs = decided(b"\n".join([GOOD, GOOD.replace(b'"e1"', b'"boom"'), GOOD]))
    assert len(outputs.priced) == 2
    assert outputs.refused == ["bug"]


def test_exhausted_book_position_is_not_silent() -> None:
    book = book_of(price_record())
    book.position = POSITION_MAX + 1
    assert decided(GOOD, book).refused == ["bug"]


def test_pending_leaves_twice() -> None:
    outputs = decided(GOOD.replace(b"m1", b"m9"))
    (line,), (parked,) = outputs.priced, outputs.parked
    assert PricedCall.model_validate_json(line).pending == "model_unknown"
    assert parked.key == "openai|m9"
    assert ParkedCall.model_validate_json(parked.line).event.request_model == "m9"
    assert outputs.pending == ["model_unknown"]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"usage":{"input":1000,"output":500}', b'"name":"x"'), (b'"m1"', b'""'),
     (b'"openai"', b'""')],
)  # fmt: skip
def test_what_no_record_can_price_is_not_parked(old: bytes, new: bytes) -> None:
    outputs = decided(changed(old, new))
    assert PricedCall.model_validate_json(outputs.priced[0]).pending
    assert not outputs.parked


def test_void_is_not_priced() -> None:
    outputs = decided(GOOD[:-1] + b',"is_void":true,"revision":1}')
    line = PricedCall.model_validate_json(outputs.priced[0])
    assert (line.cost, line.pending, line.is_void) == ("0", "", True)


def test_first_price_wins_and_a_price_beats_pending() -> None:
    def ver(value: bytes, position: int) -> int:
        book = book_of(price_record())
        book.position = position
        return int(PricedCall.model_validate_json(decided(value, book).priced[0]).ver)

    pending = GOOD.replace(b"m1", b"m9")
    assert ver(GOOD, 5) > ver(GOOD, 9) > ver(pending, 9) > ver(pending, 5)
    assert ver(pending[:-1] + b',"revision":1}', 1) > ver(GOOD, 5)


def test_event_survives_the_round_trip() -> None:
    metadata = {"k": "v", "n": 10**30, "b": True}
    event = call(metadata=None, org_id="Äcme", trace_id="\u2028", duration_ms=3)
    value = orjson.dumps(orjson.loads(event.model_dump_json(exclude_defaults=True)))
    value = value[:-1] + b',"metadata":{"k":"v","n":%d,"b":true}}' % 10**30
    line = PricedCall.model_validate_json(decided(value).priced[0])
    assert line.metadata == metadata
    assert (line.org_id, line.trace_id, line.duration_ms) == ("Äcme", "\u2028", 3)
