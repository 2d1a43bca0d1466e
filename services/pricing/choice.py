"""Which variant of a record a call falls under, and which markups its org pays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.pricing.book import PriceBook
from services.pricing.conditions import (
    TIERED,
    Attributes,
    Calendars,
    Kind,
    Subject,
    attributes,
)
from services.pricing.matching import Key, Pending, Step, in_force, plan
from services.pricing.providers import canonical, plain_name
from services.pricing.rates import CompiledAdjustment, CompiledVariant, Markup, Version

NAMES = (*Key._fields, *Attributes._fields)
"""The fields of a call that tell what it is charged for, not how much of it."""
_ORDINARY = ("",) * len(TIERED)
_Chosen = CompiledVariant | Pending


class Choice(NamedTuple):
    """What of a record calls of one kind may fall under.

    `settled`: the variant, where neither size nor time of a call decide.
    """

    kind: Kind
    variants: Sequence[CompiledVariant]
    adjustments: Sequence[CompiledAdjustment]
    settled: _Chosen | None


@dataclass(frozen=True, slots=True)
class Case:
    """What all calls share that tell the same `NAMES`."""

    key: Key
    steps: tuple[Step, ...] | Pending
    kind: Kind
    choices: dict[str, Choice] = field(default_factory=dict)
    """By the key of the record's version."""


def case_of(book: PriceBook, told: tuple[str, ...]) -> Case:
    """The case of a call, by its `NAMES`; the same until the book changes."""
    case: Case | None = book.cache.get(told)
    if case is None:
        key = Key(*told[: len(Key._fields)])
        provider = canonical(key.provider)
        models = (plain_name(key.response_model), plain_name(key.request_model))
        kind = Kind(attributes(told[len(Key._fields) :], provider), provider, models)
        case = Case(key, plan(book, key), kind)
        book.remember(told, case)
    return case


def choice_of(case: Case, version: Version) -> Choice:
    """What of the record the case leaves to choose from."""
    known = case.choices.get(version.key)
    if known is not None:
        return known
    kind = case.kind._replace(models=(*case.kind.models, version.model))
    variants = [v for v in version.variants if v.condition.can_hold(kind)]
    adjustments = [a for a in version.adjustments if a.condition.can_hold(kind)]
    conditions = [v.condition for v in variants] + [a.condition for a in adjustments]
    is_settled = not any(condition.moving for condition in conditions)
    settled = _best(kind, variants or [version.base], adjustments) if is_settled else None
    choice = case.choices[version.key] = Choice(kind, variants, adjustments, settled)
    return choice


def choose(
    choice: Choice, base: CompiledVariant, subject: Subject, calendars: Calendars
) -> tuple[_Chosen, list[CompiledAdjustment]]:
    """The variant with most conditions among those that hold, else the base; the adjustments."""
    adjustments = [a for a in choice.adjustments if a.condition.holds_now(subject, calendars)]
    held = [v for v in choice.variants if v.condition.holds_now(subject, calendars)]
    return _best(choice.kind, held or [base], adjustments), adjustments


def _best(
    kind: Kind, best: list[CompiledVariant], adjustments: list[CompiledAdjustment]
) -> _Chosen:
    """Of context tiers with the same conditions the highest one reached wins."""
    if len(best) > 1:
        best = [v for v in best if not any(_beats(other, v) for other in best)]
    if len(best) > 1:
        return Pending("variant_ambiguous", ", ".join(sorted(v.id for v in best)))
    return _unnamed_tier(kind, best[0], adjustments) or best[0]


def _beats(one: CompiledVariant, other: CompiledVariant) -> bool:
    ours, theirs = one.condition, other.condition
    if ours.specificity != theirs.specificity:
        return ours.specificity > theirs.specificity
    return ours.named == theirs.named and ours.context_least > theirs.context_least


def _unnamed_tier(
    kind: Kind, chosen: CompiledVariant, adjustments: list[CompiledAdjustment]
) -> Pending | None:
    """A tier that nothing names has a price of its own that the book does not tell."""
    told = kind.attributes[: len(TIERED)]
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
        if markup is None or not markup.condition.can_hold(subject.kind):
            continue
        if not markup.condition.holds_now(subject, book.calendars):
            continue
        if markup.add and markup.currency != version.currency:
            return Pending(
                "currency_mixed", f"{markup.rule_id} adds {markup.currency} to {version.currency}"
            )
        found.append(markup)
    return found
