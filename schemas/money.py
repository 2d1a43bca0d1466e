"""Exact money: decimals that refuse to round, and their plain text form.

Money never passes through a float: on the wire it is a JSON string, in Python a `Decimal`, in
ClickHouse a `Decimal(38, 18)`, sums a `Decimal(76, 18)`.
"""

from collections.abc import Iterable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import reduce
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

DECIMAL_PATTERN = r"^(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})?$"
SIGNED_DECIMAL_PATTERN = r"^-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})?$"

EXACT = Context(
    prec=50,
    rounding=ROUND_HALF_EVEN,
    traps=[Inexact, InvalidOperation, DivisionByZero, Overflow],
)
"""Every money operation runs in this context: a result that would need rounding raises."""

ROUNDING = Context(prec=50, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])
"""Only for lines whose unit does not terminate (per hour, per minute): see `to_scale`."""

SCALE = Decimal("0.000000000000000001")
"""18 decimals: what the ledger stores."""

COST_MAX = Decimal(10) ** 9
"""No single call costs this much: with it no sum of 10^11 calls can overflow Decimal(38, 18)."""

ZERO = Decimal(0)


def plain(value: Decimal) -> str:
    """The amount without exponent and without trailing zeros: `"3"`, `"0.0165"`, never `"1E-7"`.

    >>> plain(Decimal("3.00")), plain(Decimal("1E-7")), plain(Decimal("100"))
    ('3', '0.0000001', '100')
    """
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text not in ("-0", "") else "0"


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum: `sum` would round in the default context, at 28 digits.

    >>> add_up([Decimal(10) ** 12, Decimal("1E-18")])
    Decimal('1000000000000.000000000000000001')
    """
    return reduce(EXACT.add, amounts, ZERO)


def to_scale(value: Decimal) -> tuple[Decimal, bool]:
    """The value at 18 decimals, half-even, and whether that changed it."""
    scaled = value.quantize(SCALE, context=ROUNDING)
    return scaled, scaled != value


def fits_ledger(value: Decimal) -> bool:
    """True when `Decimal(38, 18)` holds the value to the last digit."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -18 and abs(value) < COST_MAX


def _no_float(value: str) -> str:
    Decimal(value)
    return value


MoneyString = Annotated[
    str, StringConstraints(pattern=DECIMAL_PATTERN, max_length=39), AfterValidator(_no_float)
]
"""A non-negative amount as text, at most 20 digits before and 18 after the point."""

SignedMoneyString = Annotated[str, StringConstraints(pattern=SIGNED_DECIMAL_PATTERN, max_length=40)]
