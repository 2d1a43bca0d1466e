"""Variants of one record that leave open which of them a call falls under. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from schemas.price import Variant
from services.pricing.conditions import TIERED, least, tier
from services.pricing.providers import plain_name


def undecided(variants: Sequence[Variant]) -> Iterator[tuple[Variant, Variant]]:
    """Pairs that can hold for one call, neither more specific, and no third one settles them."""
    given = [_conditions(variant) for variant in variants]
    for (one, ours), (two, theirs) in combinations(zip(variants, given, strict=True), 2):
        if _ties(ours, theirs) and not any(_settles(third, ours, theirs) for third in given):
            yield one, two


def _conditions(variant: Variant) -> dict[str, Any]:
    """The conditions in the one spelling that calls are compared in."""
    given: dict[str, Any] = {}
    for name, value in variant.when.model_dump(exclude_none=True).items():
        if isinstance(value, list):
            given[name] = frozenset(map(tier if name in TIERED else plain_name, value))
        else:
            given[name] = value
    if variant.when.context_tokens is not None:
        given["context_tokens"] = least(variant.when.context_tokens)
    return given


def _ties(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    if len(ours) != len(theirs) or not _can_both_hold(ours, theirs):
        return False
    is_higher = ours.get("context_tokens") != theirs.get("context_tokens")
    return ours.keys() != theirs.keys() or not is_higher


def _can_both_hold(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """A call is served in one special way only: batch, a tier or a speed.

    Two different windows of the week are taken to exclude each other.
    """
    special, other = (frozenset(TIERED) & given.keys() for given in (ours, theirs))
    if special and other and special != other:
        return False
    for name in ours.keys() & theirs.keys():
        one, two = ours[name], theirs[name]
        if isinstance(one, frozenset) and one.isdisjoint(two):
            return False
        if name == "utc_weekly" and one != two:
            return False
    return True


def _settles(third: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """True when the third holds wherever both hold, and is more specific."""
    if not {*ours, *theirs} <= third.keys() or len(third) <= len(ours):
        return False
    for name in third:
        for given in (ours, theirs):
            if isinstance(given.get(name), frozenset) and third[name].isdisjoint(given[name]):
                return False
    fewest = max(ours.get("context_tokens", 0), theirs.get("context_tokens", 0))
    return bool(third.get("context_tokens", 0) <= fewest)
