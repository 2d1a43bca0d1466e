"""One book beside another: what is new, changed, gone, and what a person should look at. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
