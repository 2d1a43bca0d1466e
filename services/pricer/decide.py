"""One message of calls.v1 in; lines for priced.v1, retry.v1 and dead.v1 out.

A line stands for itself: what is wrong with one changes nothing for its neighbours. A message may
hold as many calls as its bytes allow; only beyond `LINES_MAX`, which no message of real calls
reaches, is the rest kept as dead letters of whole lines instead of being read one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.call import OCCURRED_FUTURE_MAX, OCCURRED_PAST_MAX, CallEvent
from schemas.dead import ORIGINAL_BYTES_MAX, DeadLetter, Reason, Refusal, original_fields
from schemas.ndjson import LINE_BYTES_MAX, split
from schemas.priced import ParkedCall, PendingReason
from schemas.refusal import refusal_of
from schemas.topics import CALLS
from services.pricer.encode import parked_line, priced_line
from services.pricing import told
from services.pricing.book import PriceBook
from services.pricing.matching import Pending

LINES_MAX = 100_000
"""The smallest call takes some 60 bytes, so a full message of them stays below this."""
SERVICE = "pricer"

_NEVER_BY_A_RECORD = frozenset({"usage_missing", "model_missing"})


class Position(NamedTuple):
    """Where a message stood, and when the broker took it."""

    topic: str
    partition: int
    offset: int
    at: datetime

    def source(self, line: int) -> str:
        """topic/partition/offset/line"""
        return f"{self.topic}/{self.partition}/{self.offset}/{line}"


def position(topic: str, partition: int, offset: int, timestamp_ms: float) -> Position:
    """A position from Kafka's own figures."""
    return Position(topic, partition, offset, datetime.fromtimestamp(timestamp_ms / 1000, UTC))


class Line(NamedTuple):
    """One line of a message and where it stood."""

    at: Position
    number: int
    value: bytes


class Parked(NamedTuple):
    """A line of retry.v1 and its message key."""

    key: str
    line: bytes


class Receipt(NamedTuple):
    """What one message of calls.v1 held: the ledger adds these up to know that none was lost."""

    topic: str
    partition: int
    offset: int
    lines: int
    dead: int


@dataclass(slots=True)
class Outputs:
    """What a batch of messages leads to, by topic; `refused` and `pending` name the reasons."""

    priced: list[bytes] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    dead: list[bytes] = field(default_factory=list)
    source: str = CALLS.name
    pending: list[PendingReason] = field(default_factory=list)
    refused: list[Reason] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)


def decide(value: bytes, at: Position, book: PriceBook, outputs: Outputs) -> None:
    """Add what the message leads to; never raises, whatever the bytes."""
    lines = split(value)
    priced_before = len(outputs.priced)
    earliest, latest = at.at - OCCURRED_PAST_MAX, at.at + OCCURRED_FUTURE_MAX
    for number, line in enumerate(lines[:LINES_MAX]):
        event: CallEvent | Refusal | None = None
        try:
            event = parse(line)
            if isinstance(event, Refusal):
                refusal: Refusal | None = event
            elif not earliest <= event.occurred_at <= latest:
                refusal = _out_of_bounds(event)
            else:
                refusal = _answer(event, book, outputs)
        except Exception as error:
            refusal = _bug(error)
        if refusal is not None:
            bury(Line(at, number, line), refusal, outputs, event)
    if len(lines) > LINES_MAX:
        _bury_rest(lines[LINES_MAX:], at, outputs)
    dead = len(lines) - (len(outputs.priced) - priced_before)
    outputs.receipts.append(Receipt(at.topic, at.partition, at.offset, len(lines), dead))


def _answer(event: CallEvent, book: PriceBook, outputs: Outputs) -> Refusal | None:
    decision = told.decide(event, book)
    result = decision.result
    if isinstance(result, Refusal):
        return result
    encoded = priced_line(event, decision, book.position)
    if isinstance(result, Pending):
        if can_wake(result, event):
            outputs.parked.append(Parked(parking_key(event), parked_line(event, result)))
        outputs.pending.append(result.reason)
    outputs.priced.append(encoded)
    return None


def can_wake(pending: Pending, event: CallEvent) -> bool:
    """True when a price record, or a normaliser to come, could still price the call."""
    if pending.reason in _NEVER_BY_A_RECORD:
        return False
    return bool(event.provider.strip())


def parking_key(event: CallEvent) -> str:
    """Calls that wait for one record share a partition."""
    return f"{event.provider}|{event.answering_model}"


def parse(line: bytes) -> CallEvent | Refusal:
    """The call on a line, or why it is none."""
    if len(line) > LINE_BYTES_MAX:
        return Refusal(reason="too_large", detail=f"{len(line)} bytes, {LINE_BYTES_MAX} allowed")
    try:
        event = CallEvent.model_validate_json(line)
    except ValidationError as wrong:
        return refusal_of(wrong, line)
    if event.usage_payload is not None:
        return _strict(line) or event
    return event


def _strict(line: bytes) -> Refusal | None:
    """The free-form payload may hold what pydantic takes but JSON has not: NaN, 1e400."""
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as wrong:
        return Refusal(reason="not_json", detail=str(wrong))
    return None


def _out_of_bounds(event: CallEvent) -> Refusal:
    return Refusal(
        reason="time_out_of_bounds",
        detail=f"{event.occurred_at.isoformat()} is not within {OCCURRED_PAST_MAX.days} days "
        f"before and {OCCURRED_FUTURE_MAX.seconds // 3600} hour after the broker took it",
        field="occurred_at",
    )


def _bug(error: Exception) -> Refusal:
    return Refusal(reason="bug", detail=f"{type(error).__name__}: {error}"[:4000])


def bury(line: Line, refusal: Refusal, outputs: Outputs, event: object = None) -> None:
    """Add a dead letter. Its id is the position, so a redelivery repeats it."""
    source = line.at.source(line.number)
    fields: dict[str, Any] = {
        "dead_id": source, "reason": refusal.reason, "detail": refusal.detail,
        "field": refusal.field, "service": SERVICE, "source": source, "occurred_at": line.at.at,
        **original_fields(line.value),
    }  # fmt: skip
    if isinstance(event, CallEvent):
        fields |= {"project": event.project, "org_id": event.org_id}
    outputs.dead.append(DeadLetter(**fields).model_dump_json(exclude_defaults=True).encode())
    outputs.refused.append(refusal.reason)


def _bury_rest(lines: list[bytes], at: Position, outputs: Outputs) -> None:
    refusal = Refusal(reason="too_many_lines", detail=f"a message may hold {LINES_MAX} lines")
    for number, chunk in _chunks(lines):
        bury(Line(at, LINES_MAX + number, chunk), refusal, outputs)


def _chunks(lines: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Whole lines, joined up to what one dead letter keeps."""
    start, size = 0, 0
    for index, line in enumerate(lines):
        if index > start and size + len(line) + 1 > ORIGINAL_BYTES_MAX:
            yield start, b"\n".join(lines[start:index])
            start, size = index, 0
        size += len(line) + 1
    yield start, b"\n".join(lines[start:])


def read_parked(line: bytes) -> ParkedCall | Refusal:
    """A line of retry.v1."""
    try:
        return ParkedCall.model_validate_json(line)
    except ValidationError as wrong:
        return refusal_of(wrong, line)


def bury_record(value: bytes | None, refusal: Refusal, at: Position, outputs: Outputs) -> None:
    """A dead letter for a price record that cannot be used."""
    bury(Line(at, 0, value or b""), refusal, outputs)
