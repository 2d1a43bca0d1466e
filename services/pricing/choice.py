"""Which variant of a record a call falls under, and which markups its org pays."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from services.pricing.book import PriceBook
from services.pricing.conditions import (
    DATA_ZONE,
    TIERED,
    Attributes,
    Condition,
    Kind,
    Subject,
    attributes,
    joined,
)
from services.pricing.matching import Key, Pending, Step, in_force, new_plan
from services.pricing.providers import canonical, plain_name
from services.pricing.rates import CompiledAdjustment, CompiledVariant, Markup, Version

NAMES = (*Key._fields, *Attributes._fields)
"""The fields of a call that tell what it is charged for, not how much of it."""
_PROVISIONED = re.compile(r"provisioned|^ptu$")
"""In the names that Azure and AWS give to such deployments."""
Chosen = tuple[CompiledVariant | Pending, list[CompiledAdjustment]]
"""The variant, or why it is open; the adjustments on top."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a record calls of one kind may fall under, by which open conditions hold."""

    kind: Kind
    base: CompiledVariant
    variants: list[CompiledVariant]
    adjustments: list[CompiledAdjustment]
    open: tuple[Condition, ...]
    """Those of the adjustments and variants that look at the size or time of a call."""
    outcomes: dict[tuple[bool, ...], Chosen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alike:
    """Calls that tell the same of all conditions, whichever org they are of."""

    kind: Kind
    choices: dict[str, Choice] = field(default_factory=dict)
    """By the key of the record's version."""


class Case(NamedTuple):
    """What all calls share that tell the same `NAMES`."""

    key: Key
    steps: tuple[Step, ...] | Pending
    alike: Alike


def case_of(book: PriceBook, told: tuple[str, ...]) -> Case:
    """The case of a call, by its `NAMES`; the same until the book changes."""
    case: Case | None = book.cache.get(told)
    if case is None:
        key = Key(*told[: len(Key._fields)])
        case = Case(key, new_plan(book, key), _alike(book, told[1:]))
        book.remember(told, case)
    return case


def _alike(book: PriceBook, told: tuple[str, ...]) -> Alike:
    """By the `NAMES` without the org's: orgs may be many."""
    alike: Alike | None = book.cache.get(told)
    if alike is None:
        called, *models = told[: len(Key._fields) - 1]
        provider = canonical(called)
        served = attributes(told[len(Key._fields) - 1 :], provider)
        alike = Alike(Kind(served, provider, tuple(map(plain_name, models))))
        book.remember(told, alike)
    return alike


def choice_of(alike: Alike, version: Version) -> Choice:
    """What of the record such calls have to choose from."""
    known = alike.choices.get(version.key)
    if known is not None:
        return known
    kind = alike.kind._replace(models=(*alike.kind.models, version.model))
    variants = [v for v in version.variants if v.condition.can_hold(kind)]
    adjustments = [a for a in version.adjustments if a.condition.can_hold(kind)]
    conditions = [a.condition for a in adjustments] + [v.condition for v in variants]
    is_open = tuple(condition for condition in conditions if condition.moving)
    choice = Choice(kind, version.base, variants, adjustments, is_open)
    alike.choices[version.key] = choice
    return choice


def choose(choice: Choice, held: tuple[bool, ...]) -> Chosen:
    """The variant with most conditions among those that hold, else the base; the adjustments.

    `held` says which of the open conditions do.
    """
    known = choice.outcomes.get(held)
    if known is not None:
        return known
    rest = iter(held)
    adjustments = [a for a in choice.adjustments if not a.condition.moving or next(rest)]
    variants = [v for v in choice.variants if not v.condition.moving or next(rest)]
    chosen = _best(choice.kind, variants or [choice.base], adjustments), adjustments
    choice.outcomes[held] = chosen
    return chosen


def _best(
    kind: Kind, best: list[CompiledVariant], adjustments: list[CompiledAdjustment]
) -> CompiledVariant | Pending:
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
    """A tier that nothing names has a price of its own that the book does not tell.

    Nor has a deployment whose capacity was bought beforehand a price by the token, and one in a
    data zone costs more than the ordinary one, by its region.
    """
    for name in TIERED:
        value: str = getattr(kind.attributes, name)
        if value and not _names(name, chosen, adjustments):
            return Pending("variant_missing", f"{name}={value}")
    deployment = kind.attributes.deployment
    if not deployment or _names("deployment", chosen, adjustments):
        return None
    is_zone = kind.provider.startswith("azure.") and joined(deployment).startswith(DATA_ZONE)
    is_open = is_zone and not _names("region", chosen, adjustments)
    if is_open or _PROVISIONED.search(deployment):
        return Pending("variant_missing", f"deployment={deployment}")
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
