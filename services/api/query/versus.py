"""A against B over conversations: means, percentiles, bootstrap and Wilson intervals. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.money import ROUNDING, add_up, plain, to_scale

ROUNDS = 400
LEAST = 30
Z95 = 1.959964
BINS = 200
"""The bootstrap draws from this many equal slices of a large sample, in the order of hashes."""


class Talk(NamedTuple):
    """One conversation."""

    cost: Decimal
    tokens: int
    calls: int
    duration_ms: int
    first_ms: int
    last_ms: int
    is_half_priced: bool


@dataclass(frozen=True)
class Side:
    """One configuration: its conversations, and what the engine tells of it."""

    name: str
    talks: Sequence[Talk]
    told: Mapping[str, Any]


def each(amount: Decimal, count: int) -> str | None:
    """The mean as text; None of nothing."""
    return plain(to_scale(ROUNDING.divide(Decimal(amount), Decimal(count)))[0]) if count else None


def power(exponent: int) -> str:
    """2 to the power as plain text, 0 for the bin of free conversations."""
    if exponent <= -999:
        return "0"
    return plain(to_scale(ROUNDING.power(Decimal(2), exponent))[0])


def compared(one: Side, two: Side) -> dict[str, Any]:
    """Both sides, the difference of their means, a verdict where there can be one, warnings."""
    low, high = _bootstrap(one, two)
    difference = None
    if one.talks and two.talks:
        value = ROUNDING.subtract(_mean(two), _mean(one))
        difference = {"value": plain(to_scale(value)[0]), "low": low, "high": high}
    return {
        "a": _described(one), "b": _described(two), "difference": difference,
        "verdict": _verdict(one, two, difference), "warnings": _warnings(one, two),
    }  # fmt: skip


def _mean(side: Side) -> Decimal:
    total = add_up(talk.cost for talk in side.talks)
    return ROUNDING.divide(total, Decimal(len(side.talks)))


def _described(side: Side) -> dict[str, Any]:
    talks, n = side.talks, len(side.talks)
    costs = sorted(talk.cost for talk in talks)
    cost, resolved = side.told["cost"], side.told["resolved"]
    negative = side.told["feedback_negative"]
    return {
        "name": side.name, "n": n, "half_priced": sum(talk.is_half_priced for talk in talks),
        "mean": each(add_up(costs), n),
        "p50": plain(costs[n // 2]) if n else None,
        "p95": plain(costs[min(n - 1, int(n * 0.95))]) if n else None,
        "cost": cost, "resolved": resolved,
        "cost_per_resolved": each(Decimal(cost), resolved) if cost is not None else None,
        "tokens": round(sum(talk.tokens for talk in talks) / n, 1) if n else None,
        "latency_ms": round(
            sum(t.duration_ms for t in talks) / max(1, sum(t.calls for t in talks)), 1
        ) if n else None,
        "negative_share": wilson(negative, negative + side.told["feedback_positive"]),
    }  # fmt: skip


def wilson(hits: int, count: int) -> dict[str, Any]:
    """A share with its 95 % Wilson interval; null of nothing."""
    if not count:
        return {"value": None, "low": None, "high": None, "n": 0}
    share, z2 = hits / count, Z95 * Z95
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    half /= 1 + z2 / count
    return {
        "value": round(share, 6), "low": round(max(0.0, centre - half), 6),
        "high": round(min(1.0, centre + half), 6), "n": count,
    }  # fmt: skip


def _bootstrap(one: Side, two: Side) -> tuple[str | None, str | None]:
    """Bounds of the difference of means. Drawn by a fixed sequence: the same answer always."""
    if not one.talks or not two.talks:
        return None, None
    a, b = _slices(one), _slices(two)
    state, found = 2_463_534_242, []
    for _ in range(ROUNDS):
        means = []
        for parts in (a, b):
            total, count = 0.0, 0
            for _ in parts:
                state ^= state << 13 & 0xFFFFFFFF
                state ^= state >> 17
                state ^= state << 5 & 0xFFFFFFFF
                money, number = parts[state % len(parts)]
                total, count = total + money, count + number
            means.append(total / count)
        found.append(means[1] - means[0])
    found.sort()
    low, high = found[int(0.025 * ROUNDS)], found[int(0.975 * ROUNDS) - 1]
    return _text(low), _text(high)


def _slices(side: Side) -> list[tuple[float, int]]:
    """Few enough to draw from quickly: sums of neighbours in hash order are as independent."""
    size = -(-len(side.talks) // BINS)
    starts = range(0, len(side.talks), size)
    parts = [side.talks[start : start + size] for start in starts]
    return [(float(sum(talk.cost for talk in part)), len(part)) for part in parts]


def _text(value: float) -> str:
    return plain(to_scale(Decimal(repr(value)))[0])


def _verdict(one: Side, two: Side, difference: dict[str, Any] | None) -> str | None:
    if difference is None or min(len(one.talks), len(two.talks)) < LEAST:
        return None
    if Decimal(difference["low"]) > 0:
        return f"{two.name} costs more per conversation"
    if Decimal(difference["high"]) < 0:
        return f"{two.name} costs less per conversation"
    return None


def _warnings(one: Side, two: Side) -> list[str]:
    found = [
        f"{side.name}: {len(side.talks)} conversations, fewer than {LEAST}"
        for side in (one, two)
        if len(side.talks) < LEAST
    ]
    found += [
        f"{side.name}: conversations with pending calls may cost more"
        for side in (one, two)
        if any(talk.is_half_priced for talk in side.talks)
    ]
    if one.talks and two.talks:
        (a, b), (c, d) = _span(one), _span(two)
        if b < c or d < a:
            found.append(f"dates do not overlap: {_day(a)} to {_day(b)}, {_day(c)} to {_day(d)}")
    return found


def _span(side: Side) -> tuple[int, int]:
    return min(t.first_ms for t in side.talks), max(t.last_ms for t in side.talks)


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()
