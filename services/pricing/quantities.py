"""The quantities of a call, and the sums of its tokens by kind."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from schemas.call import CallEvent
from schemas.dead import Refusal
from schemas.usage import CACHE_READ, CACHE_WRITE, FRESH_INPUT, OUTPUT, TOKEN_DIMENSIONS

Told = Mapping[Any, int | str]
"""By dimension, as a call or its payload tells them."""

Quantities = Mapping[str, int | Decimal]
"""Whole numbers as `int`: `schemas.money.EXACT` takes both."""


def quantities(usage: Told) -> Quantities | Refusal:
    """The quantities as exact numbers; tokens are whole."""
    for value in usage.values():
        if type(value) is not int:
            return _parsed(usage)
    return cast("Quantities", usage)


def _parsed(usage: Told) -> Quantities | Refusal:
    used: dict[str, int | Decimal] = {}
    for dimension, value in usage.items():
        if type(value) is int:
            used[dimension] = value
            continue
        number = Decimal(value)
        if dimension in TOKEN_DIMENSIONS and number % 1:
            return Refusal(
                reason="usage_invalid", detail=f"{dimension} is not whole: {value}",
                field=f"usage.{dimension}",
            )  # fmt: skip
        used[dimension] = number
    return used


def token_sums(event: CallEvent) -> dict[str, int]:
    """Disjoint token sums by kind, priced or not; those that are not zero."""
    sums: dict[str, int] = {}
    for dimension, value in (event.usage or {}).items():
        kind = KIND.get(dimension)
        if kind is not None and value:
            count = value if isinstance(value, int) else int(Decimal(value))
            name = _SUM_NAMES[kind]
            sums[name] = sums.get(name, 0) + count
    return sums


_SUM_NAMES = ("tok_in", "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning")
KIND: dict[str, int] = (
    dict.fromkeys(FRESH_INPUT, 0)
    | dict.fromkeys(CACHE_READ, 1)
    | dict.fromkeys(CACHE_WRITE, 2)
    | dict.fromkeys(OUTPUT, 3)
    | {"reasoning": 4}
)
COST_KIND = KIND | {"reasoning": 3}
