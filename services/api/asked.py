"""From query parameters to a `Slice`: names, instants, limits, each refusal with a hint. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.api.plan import Interval, Plan, Range, TooWideError, automatic, plan
from services.api.sql import DIMENSIONS, SHOWN

BY_MAX = 3
VALUES_MAX = 100
CELLS_MAX = 50_000


class RefusedError(Exception):
    """A parameter that cannot be used."""

    def __init__(self, status: int, field: str, detail: str, more: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.status, self.field, self.detail, self.more = status, field, detail, more


def refuse(field: str, detail: str, status: int = 400, **more: Any) -> RefusedError:
    """A refusal of one parameter."""
    return RefusedError(status, field, detail, more)


def zone_of(name: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse("tz", "no such IANA time zone", 422, hint="e.g. Europe/Berlin") from None


def instant_of(field: str, value: str, zone: ZoneInfo) -> datetime:
    """An ISO instant, or a local date-time of the zone."""
    try:
        parsed = datetime.fromisoformat(value)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        aware.timestamp()
    except (ValueError, OverflowError):
        hint = "2026-11-22T00:00:00Z, or a local 2026-11-22T00:00 with tz"
        raise refuse(field, "not an ISO 8601 date-time", hint=hint) from None
    return aware


def range_of(start: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> Range:
    """Whole minutes that hold `[from, to)`; by default the last seven days."""
    until = instant_of("to", end, zone) if end else now
    since = instant_of("from", start, zone) if start else until - timedelta(days=7)
    first = int(since.timestamp()) // 60 * 60
    last = -(-int(until.timestamp() * 1000) // 60_000) * 60
    if not 0 <= first < last <= 2**32 - 86_400:
        raise refuse("from", "'from' must be before 'to', both between 1970 and 2106")
    return Range(first, last)


def plan_of(whole: Range, interval: str, zone: ZoneInfo) -> tuple[Interval, Plan]:
    """The buckets of an interval, "auto" resolved."""
    chosen: Interval = automatic(whole) if interval == "auto" else interval  # type: ignore[assignment]
    try:
        return chosen, plan(whole, chosen, zone)
    except TooWideError as wrong:
        raise refuse(
            "interval", f"too wide: {wrong}", 422, hint=f"interval={automatic(whole)}"
        ) from None


def by_of(by: Sequence[str]) -> tuple[str, ...]:
    """Up to three dimensions, given repeated or with commas."""
    names = tuple(dict.fromkeys(name for part in by for name in part.split(",") if name))
    for name in names:
        if name not in DIMENSIONS:
            raise refuse("by", f"unknown dimension {name[:64]!r}", allowed=sorted(DIMENSIONS))
    if len(names) > BY_MAX:
        raise refuse("by", f"at most {BY_MAX} dimensions")
    return names


def measures_of(measures: Sequence[str]) -> tuple[str, ...]:
    """The measures to answer with, given repeated or with commas; by default all."""
    names = tuple(dict.fromkeys(name for part in measures for name in part.split(",") if name))
    for name in names:
        if name not in SHOWN:
            raise refuse("measures", f"unknown measure {name[:64]!r}", allowed=list(SHOWN))
    return names or SHOWN


def filters_of(given: Mapping[str, Sequence[str] | None]) -> dict[str, tuple[str, ...]]:
    """The filters that were given."""
    filters = {name: tuple(dict.fromkeys(values)) for name, values in given.items() if values}
    for name, values in filters.items():
        if len(values) > VALUES_MAX:
            raise refuse(name, f"at most {VALUES_MAX} values")
    return filters


def check_cells(by: Sequence[str], top: int, buckets: int) -> None:
    """Bound an answer before it is computed."""
    if by and (top + 1) * buckets > CELLS_MAX:
        fits = max(1, CELLS_MAX // max(1, buckets) - 1)
        raise refuse("top", f"more than {CELLS_MAX} cells", 422, hint=f"top={fits}")
