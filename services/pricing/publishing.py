"""What a price may be when it is published: bounds that catch slips of the unit. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.money import ROUNDING
from schemas.price import PriceRecord, Rate
from schemas.usage import TOKEN_DIMENSIONS
from services.pricing.ties import undecided

PER_MILLION_MAX = Decimal(10_000)
CHANGE_MAX = Decimal(5)
MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Flaw:
    """Why a record is not published."""

    field: str
    detail: str


def per_million(rate: Rate) -> Decimal:
    """The price of a million units."""
    return ROUNDING.divide(ROUNDING.multiply(Decimal(rate.price), MILLION), Decimal(rate.per))


def flaws(record: PriceRecord, previous: PriceRecord | None) -> list[Flaw]:
    """Everything that is wrong with a record, given the version it follows."""
    found: list[Flaw] = []
    if record.effective_to is not None and record.effective_to <= record.effective_from:
        found.append(Flaw("effective_to", "must be after effective_from"))
    found += _of_rates("rates", record.rates)
    for variant in record.variants:
        found += _of_rates(f"variants.{variant.id}.rates", variant.rates)
    found += _of_variants(record)
    if previous is not None and not record.audit.force:
        found += _of_change(record, previous)
    return found


def _of_rates(field: str, rates: Mapping[Any, Rate]) -> Iterator[Flaw]:
    for name, rate in rates.items():
        if name in TOKEN_DIMENSIONS and per_million(rate) > PER_MILLION_MAX:
            detail = f"over {PER_MILLION_MAX} per million tokens: is `per` right?"
            yield Flaw(f"{field}.{name}", detail)
    read, fresh = rates.get("cache_read"), rates.get("input")
    if read is not None and fresh is not None and per_million(read) > per_million(fresh):
        yield Flaw(f"{field}.cache_read", "a cached token may not cost more than a fresh one")


def _of_variants(record: PriceRecord) -> Iterator[Flaw]:
    if not record.audit.force:
        yield from _of_order(record)
    for name, other in record.fallback.items():
        if name not in record.rates and other not in record.rates and record.rates:
            yield Flaw(f"fallback.{name}", f"falls back to {other}, which has no rate")
    for one, two in undecided(record.variants):
        detail = f"and {two.id} can both hold: add a variant with the conditions of both"
        yield Flaw(f"variants.{one.id}.when", detail)


def _of_order(record: PriceRecord) -> Iterator[Flaw]:
    """Batch costs at most, priority at least, what the ordinary way costs."""
    for variant in record.variants:
        given = variant.when.model_dump(exclude_none=True)
        if len(given) != 1:
            continue
        sign = _sign(next(iter(given.values())))
        for name, rate in variant.rates.items():
            base = record.rates.get(name)
            if base is None or not sign or name not in TOKEN_DIMENSIONS:
                continue
            if ROUNDING.multiply(per_million(rate) - per_million(base), Decimal(sign)) < 0:
                way = "less" if sign > 0 else "more"
                detail = f"{way} than the ordinary way: needs audit.force"
                yield Flaw(f"variants.{variant.id}.rates.{name}", detail)


_SIGNS = {"batch": -1, "flex": -1, "priority": 1}


def _sign(values: object) -> int:
    """Whether a mode costs less or more; 0 for other conditions. A mode may have other names."""
    names = values if isinstance(values, list) else []
    return next((_SIGNS[name] for name in names if name in _SIGNS), 0)


def _of_change(record: PriceRecord, previous: PriceRecord) -> Iterator[Flaw]:
    if record.currency != previous.currency:
        yield Flaw("currency", f"was {previous.currency}: needs audit.force")
        return
    for name, rate in record.rates.items():
        if (before := previous.rates.get(name)) is None:
            continue
        low, high = sorted((per_million(before), per_million(rate)))
        if high > ROUNDING.multiply(low, CHANGE_MAX):
            detail = f"changes more than {CHANGE_MAX} times: needs audit.force"
            yield Flaw(f"rates.{name}", detail)
