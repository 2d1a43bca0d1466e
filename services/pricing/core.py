"""`price`: one call and the book in; a price, a reason why there is none yet, or a refusal out.

The price depends on the call and the book alone: its own time picks the versions, never the clock.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from schemas.call import CallEvent
from schemas.dead import Refusal
from schemas.money import EXACT, ZERO
from schemas.usage import CACHE_READ, CACHE_WRITE
from services.pricing.arithmetic import (
    Line,
    OutOfRangeError,
    adjustment_lines,
    by_dimension,
    checked,
    markup_lines,
    minimum_lines,
    rate_line,
    split_by,
)
from services.pricing.book import PriceBook
from services.pricing.choice import choose_variant, find_markups
from services.pricing.conditions import (
    Attributes,
    MissingCalendarError,
    Subject,
    attributes,
)
from services.pricing.matching import Key, Pending, find_version
from services.pricing.providers import canonical, plain_name
from services.pricing.quantities import COST_KIND, Quantities, quantities
from services.pricing.rates import (
    CompiledAdjustment,
    CompiledVariant,
    RateSet,
    Version,
)

_CACHE = CACHE_READ | CACHE_WRITE


class Priced(NamedTuple):
    """A price with everything a person needs to recompute it."""

    currency: str
    cost: Decimal
    charge: Decimal
    cost_input: Decimal
    cost_cache_read: Decimal
    cost_cache_write: Decimal
    cost_output: Decimal
    cache_saved: Decimal
    price_key: str
    price_revision: int
    variant: str
    lines: list[Line]


NOTHING_DUE = Priced("", ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, "", 0, "", [])
"""The price of a step that nobody bills: retrieval, a tool of one's own, a refused call."""


def price(event: CallEvent, book: PriceBook) -> Priced | Pending | Refusal:
    """The price of the call at its own time."""
    if not event.is_billable:
        return NOTHING_DUE
    if not event.usage:
        return Pending("usage_missing", "the call tells no usage")
    used = quantities(event)
    if isinstance(used, Refusal):
        return used
    key = Key(event.org_id, event.provider, event.response_model, event.request_model)
    version = find_version(book, key, event.occurred_at)
    if isinstance(version, Pending):
        return version
    try:
        return _priced(event, book, version, used)
    except OutOfRangeError:
        return Refusal(
            reason="cost_out_of_range", detail=f"{version.key}: no call costs that much"[:4000]
        )
    except MissingCalendarError as missing:
        return Pending("variant_missing", f"calendar {missing.args[0]} is not in the price book")


def _priced(
    event: CallEvent, book: PriceBook, version: Version, used: Quantities
) -> Priced | Pending:
    if _is_ordinary(event, book, version):
        return _total(version, version.base, used)
    subject = _subject(event, book, version, used)
    adjustments = [a for a in version.adjustments if a.condition.holds(subject, book.calendars)]
    variant = choose_variant(book, version, subject, adjustments)
    if isinstance(variant, Pending):
        return variant
    markups = find_markups(book, event.org_id, version, subject)
    priced = _total(version, variant, used, adjustments)
    if isinstance(priced, Pending) or not markups:
        return priced
    if isinstance(markups, Pending):
        return markups
    charge, added = markup_lines(priced.cost, markups)
    return priced._replace(charge=charge, lines=priced.lines + added)


def _is_ordinary(event: CallEvent, book: PriceBook, version: Version) -> bool:
    """The common case, which needs no look at conditions at all."""
    if event.processing or event.service_tier or event.speed or book.markup_rules:
        return False
    return version.is_base_ordinarily


def _total(
    version: Version,
    variant: CompiledVariant,
    used: Quantities,
    adjustments: Sequence[CompiledAdjustment] = (),
) -> Priced | Pending:
    lines = _rate_lines(variant.rates, used)
    if isinstance(lines, Pending):
        return lines
    if version.minimums:
        lines += minimum_lines(lines, version.minimums)
    totals = by_dimension(lines)
    if adjustments:
        lines += adjustment_lines(totals, adjustments)
    fresh, read, written, output, cost = split_by(totals, COST_KIND)
    checked(cost)
    saved = _cache_saved(variant.rates, used, totals, adjustments) if read or written else ZERO
    return Priced(
        version.currency, cost, cost, fresh, read, written, output, saved,
        version.key, version.revision, variant.id, lines,
    )  # fmt: skip


_TOLD = attrgetter("provider", "response_model", "request_model", *Attributes._fields)


def _subject(event: CallEvent, book: PriceBook, version: Version, used: Quantities) -> Subject:
    told = _TOLD(event)
    known = book.cache.get(told)
    if known is None:
        provider, *models = told[:3]
        name = canonical(provider)
        known = (attributes(told[3:], name), name, tuple(map(plain_name, models)))
        book.remember(told, known)
    measured = 0
    for dimension, number in used.items():
        if dimension in version.measure:
            measured += int(number)
    return Subject(known[0], measured, event.occurred_at, known[1], (*known[2], version.model))


def _rate_lines(rates: RateSet, used: Quantities) -> list[Line] | Pending:
    lines = []
    for dimension, quantity in used.items():
        if not quantity:
            continue
        rate = rates.get(dimension)
        if rate is None:
            return Pending("rate_missing", dimension)
        lines.append(rate_line(dimension, rate, quantity))
    return lines


def _cache_saved(
    rates: RateSet,
    used: Quantities,
    totals: Mapping[str, Decimal],
    adjustments: Sequence[CompiledAdjustment],
) -> Decimal:
    """What the cached tokens would have cost as fresh input, less what they did cost."""
    as_input = rates.get("input")
    if as_input is None:
        return ZERO
    cached, paid, add = 0, ZERO, EXACT.add
    for dimension, number in used.items():
        if dimension in _CACHE and number:
            cached, paid = cached + int(number), add(paid, totals[dimension])
    fresh = rate_line("input", as_input, cached).amount
    if adjustments:
        adjusted = {"input": fresh}
        adjustment_lines(adjusted, adjustments)
        fresh = adjusted["input"]
    return EXACT.subtract(fresh, paid)
