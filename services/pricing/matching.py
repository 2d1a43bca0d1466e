"""Which price record a call falls under: the steps of the design's matching section, in order.

Nothing matches by likeness: a reference matches exactly, by an alias, by a declared prefix, or
by one of five closed rewritings. Otherwise the call is pending.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from schemas.priced import PendingReason
from services.pricing.book import Alias, Pattern, PriceBook
from services.pricing.providers import canonical, plain_name, spellings
from services.pricing.rates import Version

_COMPACT_DATE = re.compile(r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=$|[-:@])")
_VERTEX = re.compile(r"^(?:.*/)?publishers/[^/]+/models/([^/]+)$")


class Pending(NamedTuple):
    """Why a call has no price, and the name, dimension or variant it is about."""

    reason: PendingReason
    detail: str = ""


class Step(NamedTuple):
    """One place to look: a series of versions, or aliases that lead to some."""

    via: str
    versions: Sequence[Version]
    aliases: Sequence[tuple[Alias, Sequence[Sequence[Version]]]] = ()
    final: bool = True


class Key(NamedTuple):
    """What decides where a call's price is looked up. Provider and models as they came."""

    org_id: str
    provider: str
    response_model: str
    request_model: str


def candidates(provider: str, reference: str) -> tuple[str, ...]:
    """The spellings under which a reference is looked up, best first.

    >>> candidates("openai", "OpenAI/gpt-4o-20240806")
    ('openai/gpt-4o-20240806', 'gpt-4o-20240806', 'gpt-4o-2024-08-06')
    >>> candidates("openai", "ft:gpt-4o-2024-08-06:acme:bot:id1")
    ('ft:gpt-4o-2024-08-06:acme:bot:id1', 'ft:gpt-4o-2024-08-06')
    >>> candidates("gcp.gemini", "models/gemini-2.5-pro")
    ('models/gemini-2.5-pro', 'gemini-2.5-pro')
    >>> candidates("aws.bedrock", "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/m1")[1:]
    ('us-gov.m1',)
    >>> candidates("gcp.vertex_ai", "google/gemini-2.5-pro")
    ('google/gemini-2.5-pro', 'gemini-2.5-pro')
    """
    name = plain_name(reference)
    found = [name]
    for spelling in spellings(provider):
        if name.startswith(spelling + "/"):
            found.append(name[len(spelling) + 1 :])
    if (own := _provider_rule(provider, found[-1])) != found[-1]:
        found.append(own)
    if found[-1].startswith("ft:") and found[-1].count(":") > 1:
        found.append(":".join(found[-1].split(":")[:2]))
    dated = _COMPACT_DATE.sub(r"-\1-\2-\3", found[-1])
    if dated != found[-1]:
        found.append(dated)
    return tuple(dict.fromkeys(found))


def _provider_rule(provider: str, name: str) -> str:
    """The name in the API's own form: libraries add its route, and leave out the usual account."""
    if provider == "aws.bedrock":
        own = name.removeprefix("converse/").removeprefix("invoke/")
        return _arn(own) if own.startswith("arn:") else own
    if provider == "fireworks" and "/" not in name:
        return f"accounts/fireworks/models/{name}"
    if provider.startswith("gcp."):
        if vertex := _VERTEX.match(name):
            return vertex.group(1)
        return name.removeprefix("models/").removeprefix("google/").removeprefix("anthropic/")
    return name


def _arn(name: str) -> str:
    """The model's id; what AWS runs apart, for governments or in China, has prices of its own."""
    own, place = name.rsplit("/", 1)[-1], name.split(":")[1].removeprefix("aws").strip("-")
    return f"{place}.{own}" if place and not own.startswith(f"{place}.") else own


def in_force(items: Sequence[Any], at: datetime) -> Any | None:
    """The latest item with effective_from <= at < effective_to that is active, else None.

    The latest one decides alone: after a withdrawn version the one before it does not come back.
    """
    for item in reversed(items):
        if item.effective_from <= at:
            ended = item.effective_to is not None and at >= item.effective_to
            return item if item.active and not ended else None
    return None


def plan(book: PriceBook, key: Key) -> tuple[Step, ...] | Pending:
    """Where to look for the call's price, in order; the same until the book changes."""
    cached = book.cache.get(key)
    if cached is None:
        cached = new_plan(book, key)
        book.remember(key, cached)
    result: tuple[Step, ...] | Pending = cached
    return result


def new_plan(book: PriceBook, key: Key) -> tuple[Step, ...] | Pending:
    """The same for who remembers it himself."""
    provider = canonical(key.provider)
    if not provider:
        return Pending("provider_unknown", "the call names no provider")
    scopes = ([f"org:{key.org_id}"] if key.org_id else []) + ["*"]
    if not book.knows_provider(provider, scopes):
        return Pending("provider_unknown", key.provider)
    references = [ref for ref in (key.response_model, key.request_model) if ref.strip()]
    if not references:
        return Pending("model_missing", provider)
    steps: list[Step] = []
    for reference in dict.fromkeys(references):
        for scope in scopes:
            place = Place(book, scope, scopes, provider)
            steps += _scope_steps(place, candidates(provider, reference))
            if scope == "*" and steps and steps[-1].final:
                return tuple(steps)
    return tuple(steps) or Pending("model_unknown", f"{provider} {references[0]}")


class Place(NamedTuple):
    """Where references are looked up: one scope; `scopes` are all that count for the call."""

    book: PriceBook
    scope: str
    scopes: Sequence[str]
    provider: str


def _scope_steps(place: Place, references: tuple[str, ...]) -> list[Step]:
    """Up to the first series or pattern of one scope; aliases on the way may be out of date."""
    book, scope, _, provider = place
    steps: list[Step] = []
    for reference in references:
        if versions := book.prices.get((scope, provider, reference)):
            return [*steps, Step(reference, versions)]
        if aliases := book.aliases.get((scope, provider, reference)):
            targets = [(alias, _series(place, alias.model)) for alias in aliases]
            steps.append(Step(reference, (), targets, final=False))
    if pattern := _pattern(place, references):
        via = f"{references[0]} -> {pattern.model}"
        steps += [Step(via, versions) for versions in _series(place, pattern.model) or [[]]]
    return steps


def _series(place: Place, model: str) -> list[list[Version]]:
    """What an alias or pattern leads to: the org's own price of that model before the list's."""
    found = (place.book.prices.get((scope, place.provider, model)) for scope in place.scopes)
    return [versions for versions in found if versions]


def _pattern(place: Place, references: tuple[str, ...]) -> Pattern | None:
    for pattern in place.book.patterns.get((place.scope, place.provider), ()):
        if pattern.active and any(ref.startswith(pattern.prefix) for ref in references):
            return pattern
    return None


def find_version(book: PriceBook, key: Key, at: datetime) -> Version | Pending:
    """The price record version in force for the call at its own time."""
    return version_at(plan(book, key), key, at)


def version_at(steps: tuple[Step, ...] | Pending, key: Key, at: datetime) -> Version | Pending:
    """The version that a plan leads to at an instant."""
    if isinstance(steps, Pending):
        return steps
    missed = ""
    for step in steps:
        if step.aliases:
            found = _by_alias(step, at)
            if found is not None:
                return found
            continue
        version: Version | None = in_force(step.versions, at)
        if version is not None:
            return version
        if not step.versions:
            return Pending("model_unknown", f"{step.via}: the pattern's model has no price")
        missed = step.via
    if missed:
        return Pending("no_version_at_time", missed)
    return Pending("model_unknown", f"{canonical(key.provider)} {_first(key)}")


def _first(key: Key) -> str:
    return key.response_model or key.request_model


def _by_alias(step: Step, at: datetime) -> Version | Pending | None:
    """None when no alias is valid at that time: the search goes on."""
    alias: Alias | None = in_force([alias for alias, _ in step.aliases], at)
    if alias is None:
        return None
    targets = next(targets for item, targets in step.aliases if item is alias)
    for versions in targets:
        version: Version | None = in_force(versions, at)
        if version is not None:
            return version
    reason: PendingReason = "no_version_at_time" if targets else "model_unknown"
    return Pending(reason, f"{step.via} -> {alias.model}")
