"""Plans against brute force: every minute is in exactly one row, every bucket where it belongs."""

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.plan import (
    BUCKETS_MAX,
    GRAINS,
    SECONDS,
    Interval,
    Range,
    TooWideError,
    automatic,
    cut,
    midnight,
    plan,
)

ZONES = [
    "UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns",
    "Australia/Lord_Howe", "America/Santiago", "America/Havana", "Pacific/Apia",
    "Pacific/Chatham", "Africa/Cairo", "Asia/Gaza",
]  # fmt: skip
minutes = st.integers(42 * 365 * 1440, 70 * 365 * 1440)
"""From late 2011: until then St. John's fell back at 00:01, into the day before, and calls that old
are refused anyway."""
lengths = st.integers(1, 6_000) | st.integers(1, 90 * 1440)
INTERVALS: list[Interval] = ["none", "minute", "hour", "day", "week", "month"]


def local_label(instant: int, interval: Interval, zone: ZoneInfo) -> tuple[int, ...]:
    """What names the local interval an instant lies in, by the calendar alone."""
    local = datetime.fromtimestamp(instant, zone)
    if interval == "week":
        return tuple((local.date() - timedelta(days=local.weekday())).timetuple()[:3])
    return (local.year, local.month, local.day)[: {"day": 3, "month": 2}[interval]]


@given(minutes, lengths, st.sampled_from(INTERVALS), st.sampled_from(ZONES))
@settings(max_examples=400, deadline=None)
def test_rows_cover_the_range_once(start: int, length: int, interval: Interval, zone: str) -> None:
    whole = Range(start * 60, (start + length) * 60)
    try:
        made = plan(whole, interval, ZoneInfo(zone))
    except TooWideError:
        assert length > BUCKETS_MAX
        return
    pieces = sorted((r.start, r.end, grain) for grain in GRAINS for r in made.pieces[grain])
    assert all(start % SECONDS[g] == 0 == end % SECONDS[g] for start, end, g in pieces)
    assert (pieces[0][0], pieces[-1][1]) == (whole.start, whole.end)
    assert all(one[1] == two[0] for one, two in itertools.pairwise(pieces))
    edges = [(b.start, b.end) for b in made.buckets]
    assert (edges[0][0], edges[-1][1]) == (whole.start, whole.end)
    assert all(one[1] == two[0] for one, two in itertools.pairwise(edges))
    rows_end = {(at, SECONDS[g]) for s, e, g in pieces for at in range(s, e, SECONDS[g])}
    starts = {edge[0] for edge in edges}
    inner = {at for row, size in rows_end if size > 60 for at in range(row + 60, row + size, 60)}
    assert not starts & inner, "a row spans two buckets"


@given(minutes, lengths, st.sampled_from(["day", "week", "month"]), st.sampled_from(ZONES))
@settings(max_examples=300, deadline=None)
def test_buckets_are_local_intervals(
    start: int, length: int, interval: Interval, zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    whole = Range(start * 60, (start + length) * 60)
    labels = []
    for bucket in plan(whole, interval, zone).buckets:
        inside = {local_label(at, interval, zone) for at in range(bucket.start, bucket.end, 900)}
        inside |= {local_label(bucket.end - 60, interval, zone)}
        assert len(inside) == 1
        labels += inside
    assert labels == sorted(set(labels)), "two buckets share a local interval"


@given(minutes, st.integers(0, 10_000))
def test_a_cut_uses_the_coarsest_rows(start: int, length: int) -> None:
    parts = list(cut(Range(start * 60, (start + length) * 60)))
    assert sum(r.end - r.start for _, r in parts) == length * 60
    assert sum(r.end - r.start for g, r in parts if g == "minute") < 2 * 3_600
    assert sum(r.end - r.start for g, r in parts if g == "hour") < 2 * 86_400


def test_whole_days_in_utc_are_day_rows_and_berlin_days_hour_rows() -> None:
    start = int(datetime.fromisoformat("2026-11-01T00:00+00:00").timestamp())
    utc = plan(Range(start, start + 10 * 86_400), "day", ZoneInfo("UTC"))
    assert {g: len(utc.pieces[g]) for g in GRAINS} == {"day": 1, "hour": 0, "minute": 0}
    shifted = Range(start - 3_600, start + 10 * 86_400 - 3_600)
    berlin = plan(shifted, "day", ZoneInfo("Europe/Berlin"))
    assert {g: len(berlin.pieces[g]) for g in GRAINS} == {"day": 0, "hour": 1, "minute": 0}
    assert not any(b.is_partial for b in (*utc.buckets, *berlin.buckets))


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Havana", "2024-03-10"), ("Pacific/Apia", "2011-12-31")]
)
def test_a_day_without_midnight_begins_with_its_first_minute(zone: str, day: str) -> None:
    wanted = datetime.fromisoformat(day).date()
    start = midnight(wanted, ZoneInfo(zone))
    assert datetime.fromtimestamp(start, ZoneInfo(zone)).date() == wanted
    assert datetime.fromtimestamp(start - 60, ZoneInfo(zone)).date() < wanted


def test_automatic_intervals() -> None:
    for seconds, interval in ((3_600, "minute"), (86_400, "hour"), (30 * 86_400, "day")):
        assert automatic(Range(0, seconds)) == interval
