"""What another book would change of this one: new, changed, withdrawn, suspicious. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.price import BOOK_RECORD, PriceRecord, book_key
from services.pricing.publishing import Flaw, flaws

_OWN = frozenset({"audit", "source", "revision"})
"""Who said it and when changes no price."""
Book = Mapping[str, Any]
"""Records by key."""


class RecordError(ValueError):
    """A line that is no price record."""


def read(lines: Iterable[bytes], name: str) -> dict[str, Any]:
    """Records by key from NDJSON; `RecordError` names the line."""
    book: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = BOOK_RECORD.validate_json(line)
        except ValidationError as wrong:
            error = wrong.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in error["loc"])
            raise RecordError(f"{name}, line {number}: {where}: {error['msg']}") from None
        book[book_key(record)] = record
    return book


@dataclass
class Changes:
    """Keys by what would become of them, and why some should be looked at by a person."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    suspicious: dict[str, list[Flaw]] = field(default_factory=dict)


def compare(now: Book, then: Book, *, only: frozenset[str] = frozenset()) -> Changes:
    """From one book to the other. `only`: providers to look at, empty for all."""
    changes = Changes()
    series = by_series(now)
    for key, record in sorted(then.items()):
        if not _is_of(record, only) or _same(now.get(key), record):
            continue
        (changes.changed if key in now else changes.new).append(key)
        if isinstance(record, PriceRecord) and (found := flaws(record, previous(series, record))):
            changes.suspicious[key] = found
    changes.withdrawn = sorted(k for k, r in now.items() if k not in then and _is_of(r, only))
    return changes


def _is_of(record: Any, only: frozenset[str]) -> bool:
    return not only or getattr(record, "provider", "") in only


def _same(one: Any, two: Any) -> bool:
    return one is not None and _bare(one) == _bare(two)


def _bare(record: Any) -> Any:
    return record.model_dump(exclude=_OWN)


Series = Mapping[str, list[PriceRecord]]
"""Versions of a price by their key without the instant."""


def by_series(book: Book) -> Series:
    """The prices of a book by series."""
    found: dict[str, list[PriceRecord]] = {}
    for key, record in book.items():
        if isinstance(record, PriceRecord):
            found.setdefault(_series(key), []).append(record)
    return found


def _series(key: str) -> str:
    return key.rsplit("|", 1)[0]


def previous(series: Series, record: PriceRecord) -> PriceRecord | None:
    """The version of the same series that the record corrects or follows."""
    versions = [
        found
        for found in series.get(_series(book_key(record)), ())
        if found.effective_from <= record.effective_from and found is not record
    ]
    return max(versions, key=lambda found: found.effective_from, default=None)


def told(changes: Changes, now: Book, then: Book) -> Iterable[str]:
    """Lines for a person: one for each key, rates that differ beside it."""
    for sign, keys in (("+", changes.new), ("~", changes.changed), ("-", changes.withdrawn)):
        for key in keys:
            flagged = changes.suspicious.get(key, ())
            yield f"{sign} {key}{_rates(now.get(key), then.get(key))}"
            yield from (f"    ! {flaw.field}: {flaw.detail}" for flaw in flagged)
    yield (
        f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.withdrawn)} only in "
        f"the first, {len(changes.suspicious)} suspicious"
    )


def _rates(before: Any, after: Any) -> str:
    if not isinstance(before, PriceRecord) or not isinstance(after, PriceRecord):
        return ""
    parts = []
    for name in sorted({*before.rates, *after.rates}):
        one, two = before.rates.get(name), after.rates.get(name)
        if one != two:
            parts.append(f"{name} {_rate(one)} -> {_rate(two)}")
    return f"  {', '.join(parts)}" if parts else "  (variants, dates or other fields)"


def _rate(rate: Any) -> str:
    return f"{rate.price}/{rate.per}" if rate is not None else "none"


def encoded(record: Any) -> bytes:
    """The record as it is published."""
    text: str = record.model_dump_json(by_alias=True, exclude_unset=True)
    return orjson.dumps(orjson.loads(text))
