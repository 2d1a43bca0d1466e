"""`price`: one call and the book in; a price, a reason why there is none yet, or a refusal out.

The price depends on the call and the book alone: its own time picks the versions, never the clock.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple

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
from services.pricing.choice import NAMES, Case, case_of, choice_of, choose, find_markups
from services.pricing.conditions import MissingCalendarError, Subject
from services.pricing.matching import Pending, version_at
from services.pricing.quantities import COST_KIND, Quantities, Told, quantities
from services.pricing.rates import (
    CompiledAdjustment,
    CompiledVariant,
    Markup,
    RateSet,
    Version,
    in_utc,
)

_CACHE = CACHE_READ | CACHE_WRITE
_tuple = tuple.__new__  # see `arithmetic`


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


_NAMES = itemgetter(*NAMES)


def price(event: CallEvent, book: PriceBook) -> Priced | Pending | Refusal:
    """The price of the call at its own time."""
    return price_of(vars(event), event.usage, book) if event.is_billable else NOTHING_DUE


def price_of(
    fields: Mapping[str, Any], usage: Told | None, book: PriceBook
) -> Priced | Pending | Refusal:
    """The price of a call with these fields and this usage, at its own time."""
    if not usage:
        return Pending("usage_missing", "the call tells no usage")
    used = quantities(usage)
    if isinstance(used, Refusal):
        return used
    case, at = case_of(book, _NAMES(fields)), in_utc(fields["occurred_at"])
    version = version_at(case.steps, case.key, at)
    if isinstance(version, Pending):
        return version
    try:
        return _priced(book, case, version, used, at)
    except OutOfRangeError:
        return Refusal(
            reason="cost_out_of_range", detail=f"{version.key}: no call costs that much"[:4000]
        )
    except MissingCalendarError as missing:
        return Pending("variant_missing", f"calendar {missing.args[0]} is not in the price book")


def _priced(
    book: PriceBook, case: Case, version: Version, used: Quantities, at: datetime
) -> Priced | Pending:
    choice = choice_of(case.alike, version)
    held: tuple[bool, ...] = ()
    if choice.open or book.markup_rules:
        subject = Subject(choice.kind, _context(version, used), at)
        held = tuple([condition.holds_now(subject, book.calendars) for condition in choice.open])
    variant, adjustments = choose(choice, held)
    if isinstance(variant, Pending):
        return variant
    markups: list[Markup] | Pending = []
    if book.markup_rules:
        markups = find_markups(book, case.key.org_id, version, subject)
    priced = _total(version, variant, used, adjustments)
    if isinstance(priced, Pending) or not markups:
        return priced
    if isinstance(markups, Pending):
        return markups
    charge, added = markup_lines(priced.cost, markups)
    return priced._replace(charge=charge, lines=priced.lines + added)


def _context(version: Version, used: Quantities) -> int:
    """The tokens that long-context tiers look at."""
    measured = 0
    for dimension, number in used.items():
        if dimension in version.measure:
            measured += int(number)
    return measured


def _total(
    version: Version,
    variant: CompiledVariant,
    used: Quantities,
    adjustments: Sequence[CompiledAdjustment],
) -> Priced | Pending:
    lines: list[Line] = []
    for dimension, quantity in used.items():
        if not quantity:
            continue
        rate = variant.rates.get(dimension)
        if rate is None:
            return Pending("rate_missing", dimension)
        lines.append(rate_line(dimension, rate, quantity))
    if version.minimums:
        lines += minimum_lines(lines, version.minimums)
    if adjustments:
        lines += adjustment_lines(by_dimension(lines), adjustments)
    fresh, read, written, output, cost = split_by(lines, COST_KIND)
    checked(cost)
    saved = ZERO
    if read or written:
        saved = _cache_saved(variant.rates, used, EXACT.add(read, written), adjustments)
    return _tuple(Priced, (
        version.currency, cost, cost, fresh, read, written, output, saved,
        version.key, version.revision, variant.id, lines,
    ))  # fmt: skip


def _cache_saved(
    rates: RateSet,
    used: Quantities,
    paid: Decimal,
    adjustments: Sequence[CompiledAdjustment],
) -> Decimal:
    """What the cached tokens would have cost as fresh input, less what they did cost."""
    as_input = rates.get("input")
    if as_input is None:
        return ZERO
    cached = 0
    for dimension, number in used.items():
        if dimension in _CACHE:
            cached += int(number)
    fresh = rate_line("input", as_input, cached).amount
    if adjustments:
        adjusted = {"input": fresh}
        adjustment_lines(adjusted, adjustments)
        fresh = adjusted["input"]
    return EXACT.subtract(fresh, paid)
