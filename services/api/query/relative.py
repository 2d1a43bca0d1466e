"""Instants as people write them: ISO 8601, local, or relative to now. Pure."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.api.asked import instant_of, refuse
from services.api.plan import Range, midnight

_FORM = re.compile(r"now(?:([+-])(\d{1,5})([mhdwMy]))?(?:/([mhdwMy]))?")
_SECONDS = {"m": 60, "h": 3_600}
_LATEST = 2**32 - 86_400
HINT = "2026-11-22T00:00:00Z, a local 2026-11-22T00:00 with tz, or now-7d/d"


def range_of(start: str | None, end: str | None, zone: ZoneInfo, now: datetime) -> Range:
    """Whole minutes that hold `[from, to)`; by default the seven days before `to`, which is now."""
    until = instant("to", end or "now", zone, now)
    since = instant("from", start, zone, now) if start else until - timedelta(days=7)
    first = int(since.timestamp()) // 60 * 60
    last = -(-int(until.timestamp() * 1000) // 60_000) * 60
    if not 0 <= first < last <= _LATEST:
        raise refuse("from", "'from' must be before 'to', both between 1970 and 2106")
    return Range(first, last)


def instant(field: str, value: str, zone: ZoneInfo, now: datetime) -> datetime:
    """What a text means; calendar units follow the zone."""
    found = _FORM.fullmatch(value)
    if found is None:
        if value.startswith("now"):
            raise refuse(field, "not a relative instant", hint=HINT)
        return instant_of(field, value, zone)
    sign, count, unit, rounded = found.groups()
    at = now.astimezone(zone)
    try:
        if unit:
            at = moved(at, (-1 if sign == "-" else 1) * int(count), unit)
        return _floor(at, rounded, zone) if rounded else at
    except (ValueError, OverflowError):
        raise refuse(field, "not an instant between 1970 and 2106", hint=HINT) from None


def moved(at: datetime, count: int, unit: str) -> datetime:
    """Calendar units keep the local time, minutes and hours are real ones."""
    if unit in _SECONDS:
        step = timedelta(seconds=count * _SECONDS[unit])
        return datetime.fromtimestamp(at.timestamp() + step.total_seconds(), at.tzinfo)
    if unit in "dw":
        return at + timedelta(days=count * (7 if unit == "w" else 1))
    months = at.year * 12 + at.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    for day in (at.day, 30, 29, 28):
        try:
            return at.replace(year=year, month=month + 1, day=min(day, at.day))
        except ValueError:
            continue
    raise ValueError(f"no such month: {year}-{month + 1}")


def _floor(at: datetime, unit: str, zone: ZoneInfo) -> datetime:
    if unit == "m":
        return at.replace(second=0, microsecond=0)
    if unit == "h":
        return at.replace(minute=0, second=0, microsecond=0)
    day = at.date()
    if unit == "w":
        day -= timedelta(days=day.weekday())
    elif unit == "M":
        day = day.replace(day=1)
    elif unit == "y":
        day = day.replace(month=1, day=1)
    return datetime.fromtimestamp(midnight(day, zone), zone)
