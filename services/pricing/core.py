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
from schemas.usage import CACHE_READ, CACHE_WRITE, FRESH_INPUT, OUTPUT, TOKEN_DIMENSIONS
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
from services.pricing.conditions import (
    TIERED,
    Attributes,
    MissingCalendarError,
    Subject,
    attributes,
)
from services.pricing.matching import Key, Pending, find_version, in_force
from services.pricing.providers import canonical, plain_name
from services.pricing.rates import (
    CompiledAdjustment,
    CompiledVariant,
    Markup,
    RateSet,
    Version,
)

_CACHE = CACHE_READ | CACHE_WRITE
_ORDINARY = ("",) * len(TIERED)


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
    epoch: int = 0


NOTHING_DUE = Priced("", ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, "", 0, "", [])
"""The price of a step that nobody bills: retrieval, a tool of one's own, a refused call."""

Quantities = Mapping[str, Decimal]


def price(event: CallEvent, book: PriceBook, epoch: int = 0) -> Priced | Pending | Refusal:
    """The price of the call at its own time."""
    if not event.is_billable:
        return NOTHING_DUE
    if not event.usage:
        return _without_usage(event)
    used = quantities(event)
    if isinstance(used, Refusal):
        return used
    key = Key(event.org_id, event.provider, event.response_model, event.request_model)
    version = find_version(book, key, event.occurred_at)
    if isinstance(version, Pending):
        return version
    try:
        return _priced(event, book, version, used, epoch)
    except OutOfRangeError:
        return Refusal(
            reason="cost_out_of_range", detail=f"{version.key}: no call costs that much"[:4000]
        )
    except MissingCalendarError as missing:
        return Pending("variant_missing", f"calendar {missing.args[0]} is not in the price book")


def _without_usage(event: CallEvent) -> Pending:
    """The one place where a raw usage payload becomes quantities, once there are normalisers."""
    if event.usage_payload is not None:
        return Pending("usage_not_normalised", event.flavour)
    return Pending("usage_missing", "the call tells no usage")


def quantities(event: CallEvent) -> Quantities | Refusal:
    """The quantities as decimals; tokens are whole."""
    used: dict[str, Decimal] = {}
    for dimension, value in (event.usage or {}).items():
        number = Decimal(value)
        if not isinstance(value, int) and dimension in TOKEN_DIMENSIONS and number % 1:
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
        kind = _KIND.get(dimension)
        if kind is not None and value:
            count = value if isinstance(value, int) else int(Decimal(value))
            name = _SUM_NAMES[kind]
            sums[name] = sums.get(name, 0) + count
    return sums


_SUM_NAMES = ("tok_in", "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning")
_KIND: dict[str, int] = (
    dict.fromkeys(FRESH_INPUT, 0)
    | dict.fromkeys(CACHE_READ, 1)
    | dict.fromkeys(CACHE_WRITE, 2)
    | dict.fromkeys(OUTPUT, 3)
    | {"reasoning": 4}
)
_COST_KIND = _KIND | {"reasoning": 3}


def _priced(
    event: CallEvent, book: PriceBook, version: Version, used: Quantities, epoch: int
) -> Priced | Pending:
    if _is_ordinary(event, book, version):
        return _total(version, version.base, used, epoch)
    subject = _subject(event, book, version, used)
    adjustments = [a for a in version.adjustments if a.condition.holds(subject, book.calendars)]
    variant = choose_variant(book, version, subject, adjustments)
    if isinstance(variant, Pending):
        return variant
    markups = find_markups(book, event, version, subject)
    priced = _total(version, variant, used, epoch, adjustments)
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
    epoch: int,
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
    fresh, read, written, output, cost = split_by(totals, _COST_KIND)
    checked(cost)
    saved = _cache_saved(variant.rates, used, totals, adjustments) if read or written else ZERO
    return Priced(
        version.currency, cost, cost, fresh, read, written, output, saved,
        version.key, version.revision, variant.id, lines, epoch,
    )  # fmt: skip


_TOLD = attrgetter("provider", "response_model", "request_model", *Attributes._fields)


def _subject(event: CallEvent, book: PriceBook, version: Version, used: Quantities) -> Subject:
    told = _TOLD(event)
    known = book.cache.get(told)
    if known is None:
        provider, *models = told[:3]
        known = (attributes(told[3:]), canonical(provider), tuple(map(plain_name, models)))
        book.remember(told, known)
    measured = 0
    for dimension, number in used.items():
        if dimension in version.measure:
            measured += int(number)
    return Subject(known[0], measured, event.occurred_at, known[1], (*known[2], version.model))


def choose_variant(
    book: PriceBook, version: Version, subject: Subject, adjustments: list[CompiledAdjustment]
) -> CompiledVariant | Pending:
    """The variant with most conditions among those that hold, else the base."""
    best: list[CompiledVariant] = []
    for variant in version.variants:
        if not variant.condition.holds(subject, book.calendars):
            continue
        if not best or variant.condition.specificity > best[0].condition.specificity:
            best = [variant]
        elif variant.condition.specificity == best[0].condition.specificity:
            best.append(variant)
    if len(best) > 1:
        return Pending("variant_ambiguous", ", ".join(sorted(v.id for v in best)))
    chosen = best[0] if best else version.base
    return _unnamed_tier(subject, chosen, adjustments) or chosen


def _unnamed_tier(
    subject: Subject, chosen: CompiledVariant, adjustments: list[CompiledAdjustment]
) -> Pending | None:
    """A tier that nothing names has a price of its own that the book does not tell."""
    told = subject.attributes[: len(TIERED)]
    if told == _ORDINARY:
        return None
    for name, value in zip(TIERED, told, strict=True):
        if value and not _names(name, chosen, adjustments):
            return Pending("variant_missing", f"{name}={value}")
    return None


def _names(name: str, variant: CompiledVariant, adjustments: list[CompiledAdjustment]) -> bool:
    return name in variant.condition.named or any(name in a.condition.named for a in adjustments)


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


def find_markups(
    book: PriceBook, event: CallEvent, version: Version, subject: Subject
) -> list[Markup] | Pending:
    """The rules in force in order of their id; an org's rule replaces the general one of its id."""
    rules = book.markup_rules
    if not rules:
        return []
    own = f"org:{event.org_id}"
    names = sorted({*rules.get(own, ()), *rules.get("*", ())})
    found = []
    for name in names:
        markup: Markup | None = in_force(book.markups.get((own, name), ()), subject.at)
        if markup is None:
            markup = in_force(book.markups.get(("*", name), ()), subject.at)
        if markup is None or not markup.condition.holds(subject, book.calendars):
            continue
        if markup.add and markup.currency != version.currency:
            return Pending(
                "currency_mixed", f"{markup.rule_id} adds {markup.currency} to {version.currency}"
            )
        found.append(markup)
    return found


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
    cached, paid, add = ZERO, ZERO, EXACT.add
    for dimension, number in used.items():
        if dimension in _CACHE and number:
            cached, paid = add(cached, number), add(paid, totals[dimension])
    fresh = rate_line("input", as_input, cached).amount
    if adjustments:
        adjusted = {"input": fresh}
        adjustment_lines(adjusted, adjustments)
        fresh = adjusted["input"]
    return EXACT.subtract(fresh, paid)
