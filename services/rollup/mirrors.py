"""Rows of the mirror tables from the other topics' messages. Pure: bytes in, rows or refusals out.

prices.v1 and orgs.v1 are compacted: one record a message, the offset is its position, an empty
value a tombstone. The rest is NDJSON.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from schemas import ndjson
from schemas.access import AuditEntry
from schemas.content import Content
from schemas.dead import DeadLetter, Refusal, original_fields
from schemas.org import OrgRecord
from schemas.outcome import Outcome
from schemas.price import BOOK_RECORD, PriceRecord, instant_text
from schemas.refusal import refusal_of
from schemas.topics import RECEIPTS_HEADER
from services.pricing.book import PriceBook


@dataclass(frozen=True)
class Source:
    """Where a message stood."""

    topic: str
    partition: int
    offset: int
    at: datetime
    key: bytes

    def line(self, number: int) -> str:
        """Position of one line."""
        return f"{self.topic}/{self.partition}/{self.offset}/{number}"


@dataclass(frozen=True)
class Mirrored:
    """A row for a table, or a dead letter."""

    table: str
    row: dict[str, Any] | None
    dead: DeadLetter | None = None


def refuse(source: Source, line: int, original: bytes, refusal: Refusal) -> DeadLetter:
    """The dead letter of one line of a mirrored topic."""
    return DeadLetter(
        dead_id=source.line(line),
        reason=refusal.reason,
        detail=refusal.detail[:4000],
        field=refusal.field,
        service="rollup",
        source=source.line(line),
        occurred_at=source.at,
        **original_fields(original),  # type: ignore[arg-type]
    )


def _lines(
    table: str, parse: Callable[[bytes], dict[str, Any]], source: Source, value: bytes
) -> list[Mirrored]:
    out = []
    for number, line in enumerate(ndjson.split(value)):
        try:
            out.append(Mirrored(table, parse(line)))
        except ValidationError as error:
            refusal = refusal_of(error, line)
            kept = b"" if table == "contents" else line  # content is kept there or nowhere
            out.append(Mirrored(table, None, refuse(source, number, kept, refusal)))
    return out


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _outcome(line: bytes) -> dict[str, Any]:
    return _plain(Outcome.model_validate_json(line).model_dump(mode="json"))


def _content(line: bytes) -> dict[str, Any]:
    return _plain(Content.model_validate_json(line).model_dump(mode="json"))


def _audit(line: bytes) -> dict[str, Any]:
    return AuditEntry.model_validate_json(line).model_dump(mode="json")


def audit(source: Source, value: bytes) -> list[Mirrored]:
    """Rows of `audit`."""
    return _lines("audit", _audit, source, value)


def outcomes(source: Source, value: bytes) -> list[Mirrored]:
    """Rows of `outcomes`."""
    return _lines("outcomes", _outcome, source, value)


def contents(source: Source, value: bytes) -> list[Mirrored]:
    """Rows of `contents`."""
    return _lines("contents", _content, source, value)


def dead_letters(source: Source, value: bytes) -> list[Mirrored]:
    """Rows of `dead_letters`. One that cannot be read is wrapped, so that none is ever lost."""
    out = []
    for number, line in enumerate(ndjson.split(value)):
        try:
            letter = DeadLetter.model_validate_json(line)
        except ValidationError as error:
            text = f"unreadable dead letter: {error}"[:4000]
            letter = refuse(source, number, line, Refusal(reason="bug", detail=text))
        out.append(Mirrored("dead_letters", letter.model_dump(mode="json")))
    return out


def orgs(source: Source, value: bytes | None) -> list[Mirrored]:
    """A row of `orgs`."""
    org_id = source.key.decode(errors="replace")
    gone = {"org_id": org_id, "position": source.offset, "is_deleted": 1}
    if not value:
        return [Mirrored("orgs", gone)]
    try:
        record = OrgRecord.model_validate_json(value)
        if record.org_id != org_id:
            text = f"key {org_id!r} is not the record's org_id {record.org_id!r}"
            refusal = Refusal(reason="invalid_field", detail=text, field="org_id")
            return [Mirrored("orgs", None, refuse(source, 0, value, refusal))]
    except ValidationError as error:
        return [Mirrored("orgs", None, refuse(source, 0, value, refusal_of(error, value)))]
    row = record.model_dump(mode="json", exclude={"metadata"})
    row |= {"position": source.offset, "is_deleted": 0, "record": value.decode()}
    return [Mirrored("orgs", _plain(row))]


def prices(source: Source, value: bytes | None) -> list[Mirrored]:
    """A row of `price_log`. Records the pricer refuses are its to dead-letter: skipped here.

    An empty value is one of these; only no value at all is a tombstone.
    """
    row: dict[str, Any] = {
        "key": source.key.decode(errors="replace"),
        "position": source.offset,
        "published_at": source.at.astimezone(UTC).isoformat(),
        "is_deleted": int(value is None),
    }
    if value is None:
        return [Mirrored("price_log", row)]
    if isinstance(PriceBook().apply(source.key, value, source.offset), Refusal):
        return []
    record = BOOK_RECORD.validate_json(value)
    row |= {"kind": record.kind, "record": value.decode()}
    for name in ("scope", "provider", "status", "currency", "revision"):
        row[name] = getattr(record, name, "" if name != "revision" else 1)
    row["model"] = record.model if isinstance(record, PriceRecord) else _reference(record)
    for name in ("effective_from", "effective_to"):
        if (instant := getattr(record, name, None)) is not None:
            row[name] = instant_text(instant)
    return [Mirrored("price_log", row)]


def _reference(record: Any) -> str:
    return str(getattr(record, "reference", "") or getattr(record, "rule_id", ""))


def encode(rows: list[dict[str, Any]]) -> bytes:
    """NDJSON of rows."""
    return ndjson.join(orjson.dumps(row) for row in rows)


def refused_line(line: bytes, detail: str, at: datetime) -> DeadLetter:
    """The dead letter of a priced.v1 line that the engine refuses."""
    fields = original_fields(line)
    return DeadLetter(
        dead_id=f"ledger/{fields['original_sha256']}",
        reason="rejected_by_ledger",
        detail=detail[:4000],
        service="rollup",
        source="priced.v1",
        occurred_at=at,
        **fields,  # type: ignore[arg-type]
    )


def receipts(headers: dict[str, bytes]) -> list[dict[str, Any]]:
    """Rows of `receipts`: which source messages a priced.v1 message accounts for."""
    value = headers.get(RECEIPTS_HEADER)
    if not value:
        return []
    names = ("topic", "partition", "offset", "lines", "dead")
    return [dict(zip(names, row, strict=True)) for row in orjson.loads(value)]
