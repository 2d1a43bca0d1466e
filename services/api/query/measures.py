"""The measures as data: functions of parts, over any rows. Pure.

Groups, Other and totals are made from parts, so a ratio of a total is never a mean of ratios.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from schemas.money import EXACT, ROUNDING, to_scale
from services.api.query.parts import MONEY, PARTS, TOKENS, Family

Kind = Literal["money", "count", "share", "duration", "rate"]
Parts = Mapping[str, Any]
SKETCH_ERROR = 0.01


@dataclass(frozen=True)
class Measure:
    """What is told: `value` of parts; None is unknown."""

    kind: Kind
    unit: str
    parts: tuple[str, ...]
    value: Callable[[Parts], Any]
    is_additive: bool = False
    error: float = 0.0
    """Relative error; 0 is exact."""


def _count(part: str, unit: str) -> Measure:
    return Measure("count", unit, (part,), lambda p: p[part], is_additive=True)


def _money(part: str) -> Measure:
    """Unknown, not zero, where calls are pending and none has a price in this currency."""

    def value(p: Parts) -> Decimal | None:
        return None if p["pending_calls"] and not p["billed"] else p[part]

    return Measure("money", "", (part, "pending_calls", "billed"), value, is_additive=True)


def _share(over: str, *under: str) -> Measure:
    def value(p: Parts) -> float | None:
        whole = sum(p[name] for name in under)
        return round(p[over] / whole, 6) if whole else None

    return Measure("share", "1", tuple(dict.fromkeys((over, *under))), value)


def _per(over: tuple[str, ...], under: str, unit: str) -> Measure:
    def value(p: Parts) -> float | None:
        return round(sum(p[name] for name in over) / p[under], 3) if p[under] else None

    return Measure("rate", unit, (*over, under), value)


def money_per(amount: Decimal, count: int) -> Decimal | None:
    """An amount for each of `count`, to 18 decimals; None for none."""
    return to_scale(ROUNDING.divide(amount, Decimal(count)))[0] if count else None


def _tokens(p: Parts) -> int:
    return sum(p[name] for name in TOKENS)


def _quantile(part: str, count: str, place: int) -> Measure:
    def value(p: Parts) -> float | None:
        return round(p[part][place], 1) if p[count] else None

    return Measure("duration", "ms", (part, count), value, error=SKETCH_ERROR)


def _each(amount: str, count: str) -> Measure:
    def value(p: Parts) -> Decimal | None:
        return money_per(p[amount], p[count])

    return Measure("money", "", (amount, count), value, error=SKETCH_ERROR)


def _distinct(part: str, unit: str) -> Measure:
    return Measure("count", unit, (part,), lambda p: p[part], error=SKETCH_ERROR)


def _ratio(over: str, under: str, unit: str, scale: int = 1) -> Measure:
    def value(p: Parts) -> float | None:
        return round(p[over] * scale / p[under], 3) if p[under] else None

    return Measure("rate", unit, (over, under), value)


_COSTS = ("cost", "pending_calls", "billed")


def _known_cost(p: Parts) -> Decimal | None:
    found: Decimal | None = _money("cost").value(p)
    return found


def _margin(p: Parts) -> Decimal | None:
    cost = _known_cost(p)
    return EXACT.subtract(p["revenue"], cost) if p["payers"] and cost is not None else None


def _cost_share(p: Parts) -> float | None:
    cost = _known_cost(p)
    if not p["revenue"] or cost is None:
        return None
    return round(float(ROUNDING.divide(cost, p["revenue"])), 6)


MEASURES: dict[str, Measure] = {
    **{name: _money(name) for name in MONEY},
    "calls": _count("calls", "calls"),
    "steps": _count("steps", "steps"),
    "errors": _count("errors", "steps"),
    "pending_calls": _count("pending_calls", "calls"),
    "priced_calls": _count("billed", "calls"),
    "tokens": Measure("count", "tokens", TOKENS, _tokens, is_additive=True),
    "tokens.input": _count("tok_in", "tokens"),
    "tokens.cache_read": _count("tok_cache_read", "tokens"),
    "tokens.cache_write": _count("tok_cache_write", "tokens"),
    "tokens.output": _count("tok_out", "tokens"),
    "tokens.reasoning": _count("tok_reasoning", "tokens"),
    "tokens.priced": _count("tok_priced", "tokens"),
    "error_share": _share("errors", "steps"),
    "cache_hit_share": _share("tok_cache_read", "tok_in", "tok_cache_read", "tok_cache_write"),
    "tokens_per_call": _per(TOKENS, "calls", "tokens/call"),
    "conversations": _distinct("talks", "conversations"),
    "users": _distinct("users", "users"),
    "latency_ms.mean": Measure(
        "duration", "ms", ("dur_ms", "dur_calls"),
        lambda p: round(p["dur_ms"] / p["dur_calls"], 1) if p["dur_calls"] else None,
    ),
    "latency_ms.p50": _quantile("duration", "dur_calls", 0),
    "latency_ms.p95": _quantile("duration", "dur_calls", 1),
    "latency_ms.p99": _quantile("duration", "dur_calls", 2),
    "latency_ms.n": Measure("count", "calls", ("dur_calls",), lambda p: p["dur_calls"]),
    "ttft_ms.p50": _quantile("ttft", "ttft_calls", 0),
    "ttft_ms.p95": _quantile("ttft", "ttft_calls", 1),
    "ttft_ms.p99": _quantile("ttft", "ttft_calls", 2),
    "ttft_ms.n": Measure("count", "calls", ("ttft_calls",), lambda p: p["ttft_calls"]),
    "output_tokens_per_second": _ratio("gen_tokens", "gen_ms", "tokens/s", 1_000),
    "cost_per_conversation": _each("talk_cost", "priced_talks"),
    "charge_per_conversation": _each("talk_charge", "priced_talks"),
    "tokens_per_conversation": _ratio("talk_tokens", "talks", "tokens/conversation"),
    "outcomes": _count("outcomes", "outcomes"),
    "outcome_value": Measure(
        "money", "", ("outcome_value",), lambda p: p["outcome_value"], is_additive=True
    ),
    "resolved": _count("resolved", "outcomes"),
    "feedback": _count("feedback", "ratings"),
    "feedback_positive": _count("feedback_positive", "ratings"),
    "feedback_negative": _count("feedback_negative", "ratings"),
    "negative_share": _share("feedback_negative", "feedback_negative", "feedback_positive"),
    "revenue": Measure(
        "money", "", ("revenue", "payers"), lambda p: p["revenue"] if p["payers"] else None,
        is_additive=True,
    ),
    "margin": Measure("money", "", ("revenue", "payers", *_COSTS), _margin),
    "cost_share_of_revenue": Measure("share", "1", ("revenue", "payers", *_COSTS), _cost_share),
}  # fmt: skip


def families_of(name: str) -> frozenset[Family]:
    """The families of tables a measure is made from."""
    return frozenset(PARTS[part].family for part in MEASURES[name].parts)


def ranking(name: str) -> tuple[str, ...]:
    """The parts whose sum an additive measure ranks by."""
    return TOKENS if name == "tokens" else MEASURES[name].parts[:1]
