"""Where the month will end, and when a budget runs out. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import fmean, quantiles
from typing import Any

from schemas.money import ROUNDING, ZERO, plain, to_scale

HISTORY_DAYS = 28
LEAST_DAYS = 7
BAND = 0.8


def month_end(daily: Sequence[Decimal], spent: Decimal, now: datetime) -> dict[str, Any]:
    """`value`, `low`, `high` of the month's total; all null, with `reason`, when it cannot be told.

    `daily` are the full days before today, the newest last; those before the first cost are none.
    """
    first = next((n for n, cost in enumerate(daily) if cost), len(daily))
    known = [float(cost) for cost in daily[first:]][-2 * HISTORY_DAYS :]
    if len(known) < LEAST_DAYS:
        return {"value": None, "low": None, "high": None, "reason": "less than 7 days of history"}
    recent = known[-HISTORY_DAYS:]
    today = now.date()
    by_weekday: dict[int, list[float]] = {}
    for back, cost in enumerate(reversed(recent), 1):
        by_weekday.setdefault((today - timedelta(days=back)).weekday(), []).append(cost)
    means = {day: fmean(costs) for day, costs in by_weekday.items()}
    ahead = sum(means[day.weekday()] for day in _days_left(today))
    elapsed = (now.hour * 60 + now.minute) / 1440
    ahead += means[today.weekday()] * (1 - elapsed)
    width = _width(known) * ahead
    value = spent + Decimal(repr(ahead))
    low = spent + Decimal(repr(max(0.0, ahead - width)))
    high = spent + Decimal(repr(ahead + width))
    return {"value": _text(value), "low": _text(low), "high": _text(high), "reason": None}


def _days_left(today: date) -> list[date]:
    found, day = [], today + timedelta(days=1)
    while day.month == today.month:
        found.append(day)
        day += timedelta(days=1)
    return found


def _width(known: Sequence[float]) -> float:
    """The relative error that 80 % of week-to-week changes stay below."""
    weeks = [sum(known[n : n + 7]) for n in range(len(known) - 6)]
    changes = [abs(weeks[n + 7] / weeks[n] - 1) for n in range(len(weeks) - 7) if weeks[n]]
    if len(changes) < 2:
        return 0.5
    return quantiles(changes, n=10, method="inclusive")[int(BAND * 10) - 1]


def _text(value: Decimal) -> str:
    return plain(value.quantize(Decimal("0.000001"), context=ROUNDING))


def budget(spent: Decimal, limit: Decimal, now: datetime) -> dict[str, Any]:
    """Shares of the budget and of the month, and the day it runs out at this pace (or null)."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    elapsed = (now - start) / (end - start)
    runs_out = None
    if spent > ZERO and elapsed > 0:
        share = float(ROUNDING.divide(limit, spent)) * elapsed
        if share <= 1:
            runs_out = (start + (end - start) * share).date().isoformat()
    used = ROUNDING.divide(spent, limit) if limit else None
    return {
        "used_share": None if used is None else round(float(used), 6),
        "elapsed_share": round(elapsed, 6),
        "remaining": plain(to_scale(limit - spent)[0]),
        "runs_out_on": runs_out,
    }
