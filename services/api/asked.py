"""What parameters mean: zones, instants, filters, buckets; each refusal with a hint. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.api.plan import Interval, Plan, Range, TooWideError, automatic, plan

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


def plan_of(whole: Range, interval: str, zone: ZoneInfo) -> tuple[Interval, Plan]:
    """The buckets of an interval, "auto" resolved."""
    chosen: Interval = automatic(whole) if interval == "auto" else interval  # type: ignore[assignment]
    try:
        return chosen, plan(whole, chosen, zone)
    except TooWideError as wrong:
        raise refuse(
            "interval", f"too wide: {wrong}", 422, hint=f"interval={automatic(whole)}"
        ) from None


def filters_of(given: Mapping[str, Sequence[str] | None]) -> dict[str, tuple[str, ...]]:
    """The filters that were given."""
    filters = {name: tuple(dict.fromkeys(values)) for name, values in given.items() if values}
    for name, values in filters.items():
        if len(values) > VALUES_MAX:
            raise refuse(name, f"at most {VALUES_MAX} values")
    return filters
