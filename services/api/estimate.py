"""What pending tokens may cost: the lowest and highest rates of the same provider. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from schemas.money import ROUNDING, ZERO, plain, to_scale
from schemas.price import PriceRecord

DIMENSION_OF = {
    "tok_in": "input",
    "tok_cache_read": "cache_read",
    "tok_cache_write": "cache_write_5m",
    "tok_out": "output",
    "tok_reasoning": "output",
}
FALLBACK = {"cache_read": "input", "cache_write_5m": "input"}


@dataclass(frozen=True)
class Spread:
    """The bounds of one rate, per token."""

    low: Decimal
    high: Decimal


Rates = Mapping[tuple[str, str], Spread]
"""(provider, dimension) to the spread of its base rates."""


def spreads(records: Iterable[PriceRecord], currency: str) -> dict[tuple[str, str], Spread]:
    """The base rates of all models of a provider, in one currency."""
    found: dict[tuple[str, str], Spread] = {}
    for record in records:
        if record.currency != currency or record.status != "active":
            continue
        for dimension in set(DIMENSION_OF.values()):
            rate = record.rates.get(dimension) or record.rates.get(FALLBACK.get(dimension, ""))  # type: ignore[call-overload]
            if rate is None:
                continue
            each = ROUNDING.divide(Decimal(rate.price), Decimal(rate.per))
            old = found.get((record.provider, dimension), Spread(each, each))
            new = Spread(min(old.low, each), max(old.high, each))
            found[record.provider, dimension] = new
    return found


def estimate(
    tokens: Iterable[tuple[str, Mapping[str, int]]], rates: Rates, currency: str
) -> dict[str, Any] | None:
    """Bounds of the cost of (provider, tokens) pairs; None when no price says anything.

    A provider without prices is bounded by all providers' rates.
    """
    low, high, known = ZERO, ZERO, False
    for provider, counts in tokens:
        for column, count in counts.items():
            spread = _spread(rates, provider, DIMENSION_OF[column])
            if not count or spread is None:
                continue
            known = True
            low = ROUNDING.add(low, ROUNDING.multiply(spread.low, Decimal(count)))
            high = ROUNDING.add(high, ROUNDING.multiply(spread.high, Decimal(count)))
    if not known:
        return None
    return {"low": plain(to_scale(low)[0]), "high": plain(to_scale(high)[0]), "currency": currency}


def _spread(rates: Rates, provider: str, dimension: str) -> Spread | None:
    if any(known == provider for known, _ in rates):
        return rates.get((provider, dimension))
    all_of_it = [spread for (_, name), spread in rates.items() if name == dimension]
    if not all_of_it:
        return None
    return Spread(min(s.low for s in all_of_it), max(s.high for s in all_of_it))


@dataclass(frozen=True)
class Freshness:
    """How far the ledger is: everything told up to `as_of` is in it. None: not known."""

    as_of: datetime | None
    lag_seconds: float | None


def freshness(instants: Iterable[datetime], now: datetime) -> Freshness:
    """From the instants of each partition; one at the epoch is not known yet."""
    as_of = min(instants, default=None)
    if as_of is None or not as_of.timestamp():
        return Freshness(None, None)
    return Freshness(as_of, max(0.0, round((now - as_of).total_seconds(), 1)))
