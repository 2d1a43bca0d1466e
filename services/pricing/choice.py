"""Which variant of a record a call falls under, and which markups its org pays."""

from services.pricing.book import PriceBook
from services.pricing.conditions import TIERED, Subject
from services.pricing.matching import Pending, in_force
from services.pricing.rates import CompiledAdjustment, CompiledVariant, Markup, Version

_ORDINARY = ("",) * len(TIERED)


def choose_variant(
    book: PriceBook, version: Version, subject: Subject, adjustments: list[CompiledAdjustment]
) -> CompiledVariant | Pending:
    """The variant with most conditions among those that hold, else the base.

    Of context tiers with the same conditions the highest one reached wins.
    """
    best = [v for v in version.variants if v.condition.holds(subject, book.calendars)]
    if len(best) > 1:
        best = [v for v in best if not any(_beats(other, v) for other in best)]
    if len(best) > 1:
        return Pending("variant_ambiguous", ", ".join(sorted(v.id for v in best)))
    chosen = best[0] if best else version.base
    return _unnamed_tier(subject, chosen, adjustments) or chosen


def _beats(one: CompiledVariant, other: CompiledVariant) -> bool:
    ours, theirs = one.condition, other.condition
    if ours.specificity != theirs.specificity:
        return ours.specificity > theirs.specificity
    return ours.named == theirs.named and ours.context_least > theirs.context_least


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


def find_markups(
    book: PriceBook, org_id: str, version: Version, subject: Subject
) -> list[Markup] | Pending:
    """The rules in force in order of their id; an org's rule replaces the general one of its id."""
    rules = book.markup_rules
    if not rules:
        return []
    own = f"org:{org_id}"
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
