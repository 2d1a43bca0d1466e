"""What a normaliser gives, and how it reads fields: strictly, missing never as zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.money import plain

COUNT_MAX = 10**15
"""Bound of a quantity: see `schemas.usage.Quantity`."""
NAME_MAX = 256

Payload = Mapping[str, Any]
Quantities = dict[str, int | str]


@dataclass(slots=True)
class Reading:
    """Disjoint quantities of one payload, and what else it says that changes the price.

    `quantities` by dimension of `schemas.usage`: an int, or plain decimal text where the unit is
    not whole. A dimension the payload does not tell is absent; zero totals are kept.
    """

    quantities: Quantities
    served: dict[str, str]
    """What the provider says it served: fields of a call such as service_tier, speed, region."""
    notes: tuple[str, ...] = ()
    """What the payload leaves open, recorded instead of guessed."""
    reported_cost: str | None = None
    response_model: str = ""
    response_id: str = ""
    normaliser: str = ""


class InvalidError(ValueError):
    """The payload contradicts itself or holds what no provider sends: `field` says where."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def count(payload: Payload, name: str) -> int | None:
    """A whole number of tokens or units; None when missing or null."""
    value = payload.get(name)
    if value is None or (type(value) is int and 0 <= value <= COUNT_MAX):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidError(name, f"not a whole number: {str(value)[:100]!r}")
    if not 0 <= value <= COUNT_MAX:
        raise InvalidError(name, f"not between 0 and {COUNT_MAX}: {value}")
    return value


def counts(payload: Payload, *names: str) -> list[int | None]:
    """Several counts at once."""
    return [count(payload, name) for name in names]


def parts(payload: Payload, names: Mapping[str, str]) -> dict[str, int]:
    """The counts of which there is something, by the dimension that each name stands for."""
    found: dict[str, int] = {}
    for name, dimension in names.items():
        if payload.get(name) is not None and (value := count(payload, name)):
            found[dimension] = value
    return found


def number(payload: Payload, name: str) -> int | str | None:
    """A quantity that may have decimals, e.g. seconds: whole ones as int, else as plain text."""
    value = payload.get(name)
    if not isinstance(value, float):
        return count(payload, name)
    if value != value or value in (float("inf"), float("-inf")):
        raise InvalidError(name, "not a finite number")
    told = Decimal(repr(value))
    exponent = told.as_tuple().exponent
    if not 0 <= told <= COUNT_MAX or not isinstance(exponent, int) or exponent < -9:
        raise InvalidError(name, f"not a quantity with up to 9 decimals: {value}")
    return int(told) if told == told.to_integral_value() else plain(told)


def first(payload: Payload, *names: str) -> int | None:
    """The count under the first of several names that tells one: the same fact renamed."""
    for name in names:
        if payload.get(name) is not None:
            return count(payload, name)
    return None


def same(payload: Payload, *names: str) -> int | None:
    """A count that may stand under several names at once; they must agree."""
    told = {name: value for name in names if (value := count(payload, name)) is not None}
    if len(set(told.values())) > 1:
        raise InvalidError(next(iter(told)), f"the same tokens are told differently: {told}")
    return next(iter(told.values()), None)


def part(payload: Payload, *names: str) -> Payload:
    """A nested object, empty when missing or null."""
    for name in names:
        value = payload.get(name)
        if value is None:
            continue
        if not isinstance(value, dict):
            raise InvalidError(name, "not an object")
        return value
    return {}


def items(payload: Payload, *names: str) -> list[Payload]:
    """A nested list of objects, empty when missing or null."""
    for name in names:
        value = payload.get(name)
        if value is None:
            continue
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidError(name, "not a list of objects")
        return value
    return []


def word(payload: Payload, *names: str) -> str:
    """A short text, empty when missing."""
    for name in names:
        value = payload.get(name)
        if value and isinstance(value, str):
            return value if len(value) <= NAME_MAX else ""
    return ""


def rest(name: str, total: int, parts: Iterable[int | None]) -> int:
    """What of a total no part accounts for; parts beyond the total are a contradiction."""
    left = total
    for value in parts:
        left -= value or 0
    if left < 0:
        raise InvalidError(name, f"the parts exceed the total of {total} by {-left}")
    return left


def text_first(name: str, cached: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """How much of each kind was cached where only the sum of all is told: the first kinds first.

    It is recorded as such, not refused: what is beyond the text was of the other kinds.
    """
    found, left = dict[str, int](), cached
    for kind, size in sizes.items():
        found[kind] = min(left, size)
        left -= found[kind]
    if left:
        total = sum(sizes.values())
        raise InvalidError(name, f"the parts exceed the total of {total} by {left}")
    return found


def check_total(payload: Payload, name: str, *allowed: int) -> None:
    """The told grand total must be one of the sums it can mean."""
    total = count(payload, name)
    if total is not None and total not in allowed:
        means = " or ".join(str(value) for value in dict.fromkeys(allowed))
        raise InvalidError(name, f"{total} is not the sum of its parts, {means}")


_ALWAYS = ("input", "output")


def quantities(**told: int | str | None) -> Quantities:
    """Input and output as told, zero or not; the other dimensions where there is something."""
    found: Quantities = {}
    for name, value in told.items():
        if value or (value is not None and name in _ALWAYS):
            found[name] = value
    return found


def are_zero(details: Payload) -> bool:
    """True for details that tell zeros alone, the most common of all: nothing stands apart."""
    for value in details.values():  # noqa: SIM110 - a generator costs more than the tests
        if value or type(value) is not int:
            return False
    return True


def money(payload: Payload, name: str) -> str | None:
    """An amount the provider reports, as plain text; nothing when it is none."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        return None
    return plain(round(amount, 18))
