"""Why a cost changed: exact shares of calls, model mix, tokens per call and price. Pure.

Each cell is (model, token category). Its cost is the product of four factors; a factor's part is
its effect averaged over all 24 orders in which the factors may change (Shapley), in fractions, so
the parts add up to the difference whatever the order. Rounded once, by the largest remainder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

from schemas.money import EXACT

FACTORS = ("calls", "mix", "tokens_per_call", "price")
_ORDERS = tuple(permutations(range(len(FACTORS))))


@dataclass(frozen=True)
class Side:
    """One model and token category in one period."""

    calls: int
    """Calls of the model, of all categories."""
    tokens: int
    cost: Decimal


Cell = tuple[str, str]
"""Model, token category."""
Period = Mapping[Cell, Side]


def explain(before: Period, after: Period) -> dict[Cell, tuple[Decimal, ...]]:
    """For each cell the part of every factor; all parts add up to the difference of the costs."""
    totals = (_calls(before), _calls(after))
    parts: dict[Cell, list[Fraction]] = {}
    for cell in sorted(before.keys() | after.keys()):
        one, two = _factors(before, cell, totals[0]), _factors(after, cell, totals[1])
        parts[cell] = _shares(*_completed(one, two))
    return _rounded(parts, _cost(after) - _cost(before))


def _calls(period: Period) -> int:
    return sum({model: side.calls for (model, _), side in period.items()}.values())


def _cost(period: Period) -> int:
    return sum(int(side.cost.scaleb(18, EXACT)) for side in period.values())


Factors = list[Fraction | None]


def _factors(period: Period, cell: Cell, total: int) -> Factors:
    """Calls of all, share of the model, tokens for each call, price; None: it cannot be told."""
    side = period.get(cell)
    if side is None or not side.calls:
        return [Fraction(total), Fraction(0), None, None]
    share = Fraction(side.calls, total)
    cost = Fraction(int(side.cost.scaleb(18, EXACT)))
    if side.tokens:
        each = Fraction(side.tokens, side.calls)
        return [Fraction(total), share, each, cost / side.tokens]
    if cost:  # paid for, but not by token: one unit for each call
        return [Fraction(total), share, Fraction(1), cost / side.calls]
    return [Fraction(total), share, Fraction(0), None]


def _completed(one: Factors, two: Factors) -> tuple[list[Fraction], list[Fraction]]:
    """What one side cannot tell is taken from the other: its effect is then calls and mix."""
    zero = Fraction(0)
    told = [
        (a if a is not None else b or zero, b if b is not None else a or zero)
        for a, b in zip(one, two, strict=True)
    ]
    return [a for a, _ in told], [b for _, b in told]


def _shares(one: Sequence[Fraction], two: Sequence[Fraction]) -> list[Fraction]:
    parts = [Fraction(0)] * len(FACTORS)
    for order in _ORDERS:
        current = list(one)
        worth = _product(current)
        for factor in order:
            current[factor] = two[factor]
            now = _product(current)
            parts[factor] += now - worth
            worth = now
    return [part / len(_ORDERS) for part in parts]


def _product(factors: Sequence[Fraction]) -> Fraction:
    worth = Fraction(1)
    for factor in factors:
        worth *= factor
    return worth


def _rounded(
    parts: Mapping[Cell, list[Fraction]], difference: int
) -> dict[Cell, tuple[Decimal, ...]]:
    """To 18 decimals: floors, and the units that are left to the largest remainders."""
    floors = {
        (cell, n): part.__floor__() for cell, row in parts.items() for n, part in enumerate(row)
    }
    left = difference - sum(floors.values())
    by_remainder = sorted(floors, key=lambda at: (floors[at] - parts[at[0]][at[1]], at))
    for at in by_remainder[:left]:
        floors[at] += 1
    return {
        cell: tuple(Decimal(floors[cell, n]).scaleb(-18, EXACT) for n in range(len(FACTORS)))
        for cell in parts
    }
