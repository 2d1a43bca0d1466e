"""Price records compiled for pricing: unit prices, complete variants, sorted versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, Inexact
from functools import lru_cache
from typing import Any

from schemas.money import EXACT, fits_ledger, plain
from schemas.price import MarkupRecord, PriceRecord, Rates
from schemas.usage import INPUT, TOKEN_DIMENSIONS
from services.pricing.conditions import Condition, compile_when
from services.pricing.providers import canonical, plain_name


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A rate with its price per single unit; `unit` is None where that does not terminate.

    `safe` is the unit price where every whole quantity gives an amount the ledger holds.
    """

    price: Decimal
    per: int
    text: str
    unit: Decimal | None
    safe: Decimal | None


RateSet = dict[str, UnitPrice]


@dataclass(frozen=True, slots=True)
class CompiledVariant:
    """One complete set of rates. The base rates are the variant without id and condition."""

    id: str
    condition: Condition
    rates: RateSet


@dataclass(frozen=True, slots=True)
class CompiledAdjustment:
    """A multiplier on the lines of some dimensions; None means all of them."""

    condition: Condition
    multiply: Decimal
    text: str
    dimensions: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Version:
    """One price record, ready to price with."""

    key: str
    provider: str
    model: str
    effective_from: datetime
    effective_to: datetime | None
    active: bool
    revision: int
    currency: str
    base: CompiledVariant
    variants: tuple[CompiledVariant, ...]
    adjustments: tuple[CompiledAdjustment, ...]
    minimums: RateSet
    measure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Markup:
    """One markup rule version."""

    key: str
    rule_id: str
    effective_from: datetime
    effective_to: datetime | None
    active: bool
    condition: Condition
    multiply: Decimal
    text: str
    add: Decimal
    currency: str


def compile_price(record: PriceRecord, key: str) -> Version:
    """Compile a price record, or `ValueError` where it contradicts itself."""
    since, until = _window(record.effective_from, record.effective_to)
    rates = _rate_set(record.rates)
    base = CompiledVariant(
        "", Condition((), (), frozenset()), _with_fallback(rates, record.fallback)
    )
    ids = [variant.id for variant in record.variants]
    if len(set(ids)) != len(ids):
        raise ValueError("two variants have the same id")
    variants = tuple(
        CompiledVariant(
            variant.id,
            compile_when(variant.when),
            _with_fallback(
                _inherited(rates, list(variant.inherit)) | _rate_set(variant.rates),
                record.fallback,
            ),
        )
        for variant in record.variants
    )
    return Version(
        key=key,
        provider=canonical(record.provider),
        model=plain_name(record.model),
        effective_from=since,
        effective_to=until,
        active=record.status == "active",
        revision=record.revision,
        currency=record.currency,
        base=base,
        variants=variants,
        adjustments=_adjustments(record),
        minimums=_rate_set(record.minimums),
        measure=frozenset(record.context_measure) if record.context_measure else INPUT,
    )


def compile_markup(record: MarkupRecord, key: str) -> Markup:
    """Compile a markup, or `ValueError` where it contradicts itself."""
    since, until = _window(record.effective_from, record.effective_to)
    return Markup(
        key=key,
        rule_id=record.rule_id,
        effective_from=since,
        effective_to=until,
        active=record.status == "active",
        condition=compile_when(record.when),
        multiply=Decimal(record.multiply),
        text=plain(Decimal(record.multiply)),
        add=Decimal(record.add_per_call),
        currency=record.currency,
    )


def in_utc(at: datetime) -> datetime:
    """The instant in UTC: those of two zone objects take thirty times as long to compare."""
    try:
        return at.astimezone(UTC)
    except OverflowError:  # of the first or last day there is
        return at


def _window(start: datetime, end: datetime | None) -> tuple[datetime, datetime | None]:
    if end is not None and end <= start:
        raise ValueError("effective_to must be after effective_from")
    return in_utc(start), None if end is None else in_utc(end)


def _adjustments(record: PriceRecord) -> tuple[CompiledAdjustment, ...]:
    compiled = []
    for adjustment in record.adjustments:
        dimensions: frozenset[str] | None
        match adjustment.dimensions:
            case "all":
                dimensions = None
            case "tokens":
                dimensions = TOKEN_DIMENSIONS
            case listed:
                dimensions = frozenset(listed)
        multiply = Decimal(adjustment.multiply)
        compiled.append(
            CompiledAdjustment(compile_when(adjustment.when), multiply, plain(multiply), dimensions)
        )
    return tuple(compiled)


def _rate_set(rates: Rates) -> RateSet:
    return {dimension: _unit_price(rate.price, rate.per) for dimension, rate in rates.items()}


@lru_cache(maxsize=100_000)
def _unit_price(price: str, per: int) -> UnitPrice:
    """Many records share a price."""
    return unit_price(Decimal(price), per)


def unit_price(price: Decimal, per: int) -> UnitPrice:
    """The rate with its exact price per unit, where there is one."""
    try:
        unit = EXACT.divide(price, Decimal(per))
    except Inexact:
        unit = None
    safe = unit if unit is not None and fits_ledger(unit) else None
    return UnitPrice(price, per, plain(price), unit, safe)


def _inherited(base: RateSet, names: list[str]) -> RateSet:
    """A name the base lacks stays missing: a call that needs it is pending, never guessed."""
    return {name: base[name] for name in names if name in base}


def _with_fallback(rates: RateSet, fallback: Mapping[Any, Any]) -> RateSet:
    added = {
        name: rates[other]
        for name, other in fallback.items()
        if name not in rates and other in rates
    }
    return rates | added
