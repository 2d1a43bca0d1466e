"""The measures as data: the parts they are made of, and how. Pure.

A part is what SQL sums (or merges) over any rows; a measure is a function of parts. Groups, Other
and totals are made from parts, so a ratio of a total is never a mean of ratios.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from schemas.call import MODEL_OPERATIONS
from schemas.money import EXACT, ROUNDING, ZERO, to_scale

Family = Literal["usage", "sketch", "outcome", "revenue"]
Kind = Literal["money", "count", "share", "duration", "rate"]
Parts = Mapping[str, Any]
TOKENS = ("tok_in", "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning")
MONEY = (
    "cost", "charge", "cost_input", "cost_cache_read", "cost_cache_write", "cost_output",
    "cache_saved",
)  # fmt: skip
SKETCH_ERROR = 0.01


@dataclass(frozen=True)
class Part:
    """A sum over rows: its SQL, the fields it reads, the family of tables that has them."""

    family: Family
    sql: str
    fields: tuple[str, ...]


_OPERATIONS = ", ".join(f"'{name}'" for name in sorted(MODEL_OPERATIONS))
_IN_CURRENCY = "currency = {currency:String}"


def _usage(sql: str, *fields: str) -> Part:
    return Part("usage", sql, fields)


PARTS: dict[str, Part] = {
    "calls": _usage(f"sumIf(n, operation IN ({_OPERATIONS}))", "operation", "calls"),
    "steps": _usage("sum(n)", "calls"),
    "errors": _usage("sumIf(n, status = 'error')", "status", "calls"),
    "pending_calls": _usage("sumIf(n, pending != '')", "pending", "calls"),
    "billed": _usage(f"sumIf(n, {_IN_CURRENCY})", "currency", "calls"),
    "currencies": _usage("groupUniqArrayIf(toString(currency), currency != '')", "currency"),
    **{name: _usage(f"sum({name})", name) for name in TOKENS},
    **{
        name: _usage(
            f"sumIf(CAST({name} AS Decimal(76, 18)), {_IN_CURRENCY})", name, "currency"
        )
        for name in MONEY
    },
}  # fmt: skip


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


MEASURES: dict[str, Measure] = {
    **{name: _money(name) for name in MONEY},
    "calls": _count("calls", "calls"),
    "steps": _count("steps", "steps"),
    "errors": _count("errors", "steps"),
    "pending_calls": _count("pending_calls", "calls"),
    "tokens": Measure("count", "tokens", TOKENS, _tokens, is_additive=True),
    "tokens.input": _count("tok_in", "tokens"),
    "tokens.cache_read": _count("tok_cache_read", "tokens"),
    "tokens.cache_write": _count("tok_cache_write", "tokens"),
    "tokens.output": _count("tok_out", "tokens"),
    "tokens.reasoning": _count("tok_reasoning", "tokens"),
    "error_share": _share("errors", "steps"),
    "cache_hit_share": _share("tok_cache_read", "tok_in", "tok_cache_read", "tok_cache_write"),
    "tokens_per_call": _per(TOKENS, "calls", "tokens/call"),
}


def families_of(name: str) -> frozenset[Family]:
    """The families of tables a measure is made from."""
    return frozenset(PARTS[part].family for part in MEASURES[name].parts)


def ranking(name: str) -> tuple[str, ...]:
    """The parts whose sum an additive measure ranks by."""
    return TOKENS if name == "tokens" else MEASURES[name].parts[:1]


def add(one: Any, two: Any) -> Any:
    """The sum of two values of one part; of two lists the union."""
    if isinstance(one, list):
        return sorted({*one, *two})
    return EXACT.add(one, two) if isinstance(one, Decimal) else one + two


def nothing(part: str) -> Any:
    """The value of a part where no row is."""
    if part == "currencies":
        return []
    return ZERO if part in MONEY else 0
