"""Which rows of which table cover a time range exactly, and its buckets in any time zone. Pure.

A range is cut into whole UTC days, then whole UTC hours, then minutes at the edges, so zones whose
offset is no whole hour, and ranges that start at any minute, are exact too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

Grain = Literal["day", "hour", "minute"]
Interval = Literal["none", "minute", "5m", "15m", "hour", "day", "week", "month"]
SECONDS: dict[Grain, int] = {"day": 86_400, "hour": 3_600, "minute": 60}
GRAINS: tuple[Grain, ...] = ("day", "hour", "minute")
STEPS: tuple[Interval, ...] = ("minute", "5m", "15m", "hour")
"""Intervals of a fixed length."""
BUCKETS_MAX = 1_500
AUTO_BUCKETS_MAX = 120
_TYPICAL: dict[Interval, int] = {
    "minute": 60,
    "5m": 300,
    "15m": 900,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_800,
}


class TooWideError(Exception):
    """More buckets than an answer may have."""


@dataclass(frozen=True)
class Range:
    """Epoch seconds `[start, end)`."""

    start: int
    end: int


@dataclass(frozen=True)
class Bucket:
    """A local interval. `start` and `end` are where the range is cut, `is_partial` if it is."""

    start: int
    end: int
    is_partial: bool

    def told(self, zone: ZoneInfo) -> dict[str, Any]:
        """With the zone's offset, so that a chart needs no time-zone library."""
        start, end = local(self.start, zone), local(self.end, zone)
        return {"start": start, "end": end, "partial": self.is_partial}


@dataclass(frozen=True)
class Plan:
    """The buckets, and the rows that fill them: disjoint ranges of each table."""

    buckets: tuple[Bucket, ...]
    pieces: dict[Grain, tuple[Range, ...]]


def automatic(whole: Range) -> Interval:
    """The finest interval that gives at most `AUTO_BUCKETS_MAX` buckets."""
    length = whole.end - whole.start
    for interval, seconds in _TYPICAL.items():
        if interval in ("5m", "15m"):  # read from minutes, many more rows than hours
            continue
        if length <= seconds * AUTO_BUCKETS_MAX:
            return interval
    return "month"


def plan(whole: Range, interval: Interval, zone: ZoneInfo) -> Plan:
    """How to answer `[start, end)`, both whole minutes."""
    buckets = tuple(_buckets(whole, interval, zone))
    pieces: dict[Grain, list[Range]] = {grain: [] for grain in GRAINS}
    for bucket in buckets:
        for grain, piece in cut(Range(bucket.start, bucket.end)):
            pieces[grain].append(piece)
    return Plan(buckets, {grain: tuple(_merged(ranges)) for grain, ranges in pieces.items()})


def cut(whole: Range, grains: tuple[Grain, ...] = GRAINS) -> Iterator[tuple[Grain, Range]]:
    """The range as whole rows, coarse ones where they fit."""
    if whole.start >= whole.end:
        return
    grain, *finer = grains
    size = SECONDS[grain]
    first, last = -(-whole.start // size) * size, whole.end // size * size
    if first >= last:
        if finer:
            yield from cut(whole, tuple(finer))
        return
    yield grain, Range(first, last)
    if finer:
        yield from cut(Range(whole.start, first), tuple(finer))
        yield from cut(Range(last, whole.end), tuple(finer))


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for piece in sorted(ranges, key=lambda r: r.start):
        if merged and merged[-1].end == piece.start:
            merged[-1] = Range(merged[-1].start, piece.end)
        else:
            merged.append(piece)
    return merged


def _buckets(whole: Range, interval: Interval, zone: ZoneInfo) -> Iterator[Bucket]:
    if whole.start >= whole.end:
        return
    if interval == "none":
        yield Bucket(whole.start, whole.end, is_partial=False)
        return
    edges = _edges(whole, interval, zone)
    start = next(edges)
    for number, end in enumerate(edges):
        if number == BUCKETS_MAX:
            raise TooWideError(f"more than {BUCKETS_MAX} buckets")
        left, right = max(start, whole.start), min(end, whole.end)
        if left < right:
            yield Bucket(left, right, is_partial=(left, right) != (start, end))
        if end >= whole.end:
            return
        start = end


def _edges(whole: Range, interval: Interval, zone: ZoneInfo) -> Iterator[int]:
    """Starts of local intervals, from the one that holds the start of the range."""
    if interval in STEPS:
        yield from _steps(whole, _TYPICAL[interval], zone)
        return
    day = datetime.fromtimestamp(whole.start, zone).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    elif interval == "month":
        day = day.replace(day=1)
    while True:
        yield midnight(day, zone)
        day = _next(day, interval)


def _steps(whole: Range, size: int, zone: ZoneInfo) -> Iterator[int]:
    """Local hours begin where the zone's minutes say, and last an hour of real time."""
    offset = datetime.fromtimestamp(whole.start, zone).utcoffset() or timedelta()
    shift = int(offset.total_seconds()) // 60 * 60 % size
    edge = (whole.start + shift) // size * size - shift
    while True:
        yield edge
        edge += size


def _next(day: date, interval: Interval) -> date:
    if interval == "day":
        return day + timedelta(days=1)
    if interval == "week":
        return day + timedelta(days=7)
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day; where midnight is skipped, the first minute after it."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).date() < day:
        instant = _skip_gap(instant, zone, day)
    return int(instant.timestamp()) // 60 * 60


def _skip_gap(instant: datetime, zone: ZoneInfo, day: date) -> datetime:
    while instant.astimezone(zone).date() < day:
        instant += timedelta(minutes=15)
    return instant


def local(instant: int, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset."""
    return datetime.fromtimestamp(instant, zone).isoformat()
