"""Why a cost changed: exact shares of calls, mix, pending, tokens per call and price. Pure.

Each cell is (model, token category). Its cost is the product of five factors; a factor's part is
its effect averaged over all 120 orders in which the factors may change (Shapley), in fractions, so
the parts add up to the difference whatever the order. Rounded once, by the largest remainder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import factorial

from schemas.money import EXACT

FACTORS = ("calls", "mix", "pending", "tokens_per_call", "price")
"""Calls of all models that have a price; the model's share of them; the share of its calls that
has one, which falls while calls are pending and rises once they are priced; tokens of such a call;
price of a token."""
_COUNT = len(FACTORS)
_ORDERS = [factorial(k) * factorial(_COUNT - 1 - k) for k in range(_COUNT)]
"""In how many orders exactly these k factors changed before one."""


@dataclass(frozen=True)
class Calls:
    """Calls of a model in one period, of all categories."""

    priced: int
    pending: int = 0

    @property
    def all(self) -> int:
        """With and without a price."""
        return self.priced + self.pending


@dataclass(frozen=True)
class Spent:
    """One model and token category in one period; tokens of calls that have a price."""

    tokens: int
    cost: Decimal


Cell = tuple[str, str]
"""Model, token category."""


@dataclass(frozen=True)
class Period:
    """Every model of a cell has its calls; where none has a price, its cells cost nothing."""

    calls: Mapping[str, Calls]
    cells: Mapping[Cell, Spent]


def explain(before: Period, after: Period) -> dict[Cell, tuple[Decimal, ...]]:
    """For each cell the part of every factor; all parts add up to the difference of the costs."""
    sides = (before, after)
    # What has no price in either period has no known cost to change, so it must not move the mix.
    known = {model for side in sides for model, calls in side.calls.items() if calls.priced}
    totals = [sum(side.calls[m].all for m in known & side.calls.keys()) for side in sides]
    parts: dict[Cell, list[Fraction]] = {}
    for cell in sorted(before.cells.keys() | after.cells.keys()):
        if cell[0] not in known:
            continue
        one, two = _factors(before, cell, totals[0]), _factors(after, cell, totals[1])
        parts[cell] = _shares(*_completed(one, two))
    return _rounded(parts, _cost(after) - _cost(before))


def _cost(period: Period) -> int:
    return sum(int(spent.cost.scaleb(18, EXACT)) for spent in period.cells.values())


Factors = list[Fraction | None]
_NOTHING = Spent(0, Decimal(0))


def _factors(period: Period, cell: Cell, total: int) -> Factors:
    """The factors in their order; None: it cannot be told."""
    calls = period.calls.get(cell[0], Calls(0))
    if not calls.all:
        return [Fraction(total), Fraction(0), None, None, None]
    seen = [Fraction(total), Fraction(calls.all, total), Fraction(calls.priced, calls.all)]
    if not calls.priced:
        return [*seen, None, None]
    spent = period.cells.get(cell, _NOTHING)
    cost = Fraction(int(spent.cost.scaleb(18, EXACT)))
    if spent.tokens:
        return [*seen, Fraction(spent.tokens, calls.priced), cost / spent.tokens]
    if cost:  # paid for, but not by token: one unit for each call
        return [*seen, Fraction(1), cost / calls.priced]
    return [*seen, Fraction(0), None]


def _completed(one: Factors, two: Factors) -> tuple[list[Fraction], list[Fraction]]:
    """What one side cannot tell is taken from the other: it has no effect of its own."""
    zero = Fraction(0)
    told = [
        (a if a is not None else b or zero, b if b is not None else a or zero)
        for a, b in zip(one, two, strict=True)
    ]
    return [a for a, _ in told], [b for _, b in told]


def _shares(one: Sequence[Fraction], two: Sequence[Fraction]) -> list[Fraction]:
    """Each factor's change times what the others are worth, over all orders.

    The coefficients of the product of (old + new x) over the others are their worth when k of them
    are new already.
    """
    parts = []
    for factor in range(_COUNT):
        worth = [Fraction(1)]
        for other in range(_COUNT):
            if other != factor:
                worth = _times(worth, one[other], two[other])
        over_orders = sum(value * orders for value, orders in zip(worth, _ORDERS, strict=True))
        parts.append((two[factor] - one[factor]) * over_orders / factorial(_COUNT))
    return parts


def _times(worth: Sequence[Fraction], old: Fraction, new: Fraction) -> list[Fraction]:
    zero = Fraction(0)
    shifted = zip([*worth, zero], [zero, *worth], strict=True)
    return [same * old + fewer * new for same, fewer in shifted]


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
        cell: tuple(Decimal(floors[cell, n]).scaleb(-18, EXACT) for n in range(_COUNT))
        for cell in parts
    }
