"""Exact cost lines. Every operation is exact; only a line that 18 decimals cannot hold is rounded.

That happens with units that do not terminate (per hour, per minute) and with more decimals than the
ledger stores. Such a line is rounded once, half to even, and says so.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, Inexact
from fractions import Fraction
from typing import Literal, NamedTuple

from schemas.money import COST_MAX, EXACT, ZERO, plain
from services.pricing.rates import CompiledAdjustment, Markup, RateSet, UnitPrice

LineKind = Literal["rate", "adjustment", "minimum", "markup"]
_ONE = Decimal(1)
_multiply, _add = EXACT.multiply, EXACT.add
_tuple = tuple.__new__
"""A named tuple's own constructor takes twice as long."""
_WHOLE_MAX = 10**12
KINDS = 4
"""Fresh input, cache reads, cache writes, output: see `split_by`."""


class Line(NamedTuple):
    """One line of a price, in the ledger's form but with an exact amount."""

    kind: LineKind
    dimension: str
    amount: Decimal
    quantity: str = ""
    price: str = ""
    per: int = 1
    multiply: str = ""
    rounded: bool = False


class OutOfRangeError(Exception):
    """An amount no call can cost: the record or the quantity is wrong."""


def scaled(value: Fraction) -> tuple[Decimal, bool]:
    """The value at 18 decimals, half to even, computed in integers; and whether it changed."""
    units = round(value * 10**18)
    if abs(units) >= COST_MAX * 10**18:
        raise OutOfRangeError
    return Decimal(units).scaleb(-18, EXACT), Fraction(units, 10**18) != value


def multiplied(left: Decimal, right: Decimal) -> tuple[Decimal, bool]:
    """The product where 18 decimals hold it, else rounded and marked."""
    try:
        amount = EXACT.multiply(left, right)
    except Inexact:
        return scaled(Fraction(left) * Fraction(right))
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -18:
        return scaled(Fraction(amount))
    if abs(amount) >= COST_MAX:
        raise OutOfRangeError
    return amount, False


def rate_amount(rate: UnitPrice, quantity: int | Decimal) -> tuple[Decimal, bool]:
    """quantity x price / per."""
    if rate.unit is not None:
        return multiplied(rate.unit, Decimal(quantity))
    return scaled(Fraction(rate.price) * Fraction(quantity) / rate.per)


def rate_line(dimension: str, rate: UnitPrice, quantity: int | Decimal) -> Line:
    """The cost of one dimension. Whole quantities of a unit price that fits need no check."""
    if rate.safe is not None and type(quantity) is int and quantity < _WHOLE_MAX:
        amount = _multiply(rate.safe, quantity)
        return _tuple(
            Line, ("rate", dimension, amount, str(quantity), rate.text, rate.per, "", False)
        )
    amount, rounded = rate_amount(rate, quantity)
    shown = plain(Decimal(quantity))
    return Line("rate", dimension, amount, shown, rate.text, rate.per, "", rounded)


def minimum_lines(lines: Iterable[Line], minimums: RateSet) -> list[Line]:
    """What is missing to the least amount charged for a dimension that was used at all."""
    added = []
    for line in lines:
        least = minimums.get(line.dimension)
        if least is None:
            continue
        amount, rounded = rate_amount(least, _ONE)
        if amount > line.amount:
            missing = EXACT.subtract(amount, line.amount)
            added.append(
                Line("minimum", line.dimension, missing, "", least.text, least.per, "", rounded)
            )
    return added


def adjustment_lines(
    totals: dict[str, Decimal], adjustments: Iterable[CompiledAdjustment]
) -> list[Line]:
    """One line per adjustment and dimension, each on top of the ones before; adds to `totals`."""
    added = []
    for adjustment in adjustments:
        for dimension, total in totals.items():
            if adjustment.dimensions is not None and dimension not in adjustment.dimensions:
                continue
            extra, rounded = multiplied(total, EXACT.subtract(adjustment.multiply, _ONE))
            if extra:
                added.append(
                    Line("adjustment", dimension, extra, multiply=adjustment.text, rounded=rounded)
                )
                totals[dimension] = checked(_add(total, extra))
    return added


def markup_lines(cost: Decimal, markups: Iterable[Markup]) -> tuple[Decimal, list[Line]]:
    """The charge, and the lines that lead from the cost to it."""
    charge, lines = cost, []
    for markup in markups:
        extra, rounded = multiplied(charge, EXACT.subtract(markup.multiply, _ONE))
        if extra:
            charge = _add(charge, extra)
            lines.append(
                Line("markup", markup.rule_id, extra, multiply=markup.text, rounded=rounded)
            )
        if markup.add:
            charge = _add(charge, markup.add)
            lines.append(Line("markup", markup.rule_id, markup.add, "1", plain(markup.add)))
        checked(charge)
    return charge, lines


def checked(amount: Decimal) -> Decimal:
    """The amount, unless no call costs that much."""
    if abs(amount) >= COST_MAX:
        raise OutOfRangeError
    return amount


def by_dimension(lines: Iterable[Line]) -> dict[str, Decimal]:
    """The amount of each dimension over its lines."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        dimension, amount = line.dimension, line.amount
        known = totals.get(dimension)
        totals[dimension] = amount if known is None else _add(known, amount)
    return totals


def split_by(lines: Iterable[Line], kinds: Mapping[str, int]) -> list[Decimal]:
    """The sum of each kind, then that of all; a dimension without a kind is only in the last."""
    sums = [ZERO] * (KINDS + 1)
    for line in lines:
        kind = kinds.get(line.dimension, KINDS)
        known = sums[kind]
        sums[kind] = _add(known, line.amount) if known else line.amount
    everything = ZERO
    for amount in sums:
        if amount:
            everything = _add(everything, amount) if everything else amount
    sums[KINDS] = everything
    return sums
