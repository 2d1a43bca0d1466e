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
    """A call is served in one special way only: batch, a tier or a speed."""
    special, other = _special(ours), _special(theirs)
    if special and other and special != other:
        return False
    for name in ours.keys() & theirs.keys():
        one, two = ours[name], theirs[name]
        if isinstance(one, frozenset) and one.isdisjoint(two):
            return False
        if name == "utc_weekly" and not _overlap(one, two):
            return False
    return True


def _special(given: Mapping[str, Any]) -> set[str]:
    """The attribute by which a variant asks for a special way of being served."""
    return {name for name in TIERED if "" not in given.get(name, ("",))}


def _overlap(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    """Windows of the week; those of two time zones may."""
    if one["timezone"] != two["timezone"]:
        return True
    return not set(one["days"]).isdisjoint(two["days"]) and not _minutes(one).isdisjoint(
        _minutes(two)
    )


def _minutes(window: Mapping[str, Any]) -> set[int]:
    """The minutes of each of the window's days."""
    return {minute for start, end in window["minutes"] for minute in range(start, end)}


def _settles(third: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """True when the third holds wherever both hold, and is more specific."""
    if len(third) <= len(ours):
        return False
    return all(_covers(name, third[name], ours, theirs) for name in third)


def _covers(name: str, value: Any, *given: Mapping[str, Any]) -> bool:
    """True when a condition holds wherever all of the others do.

    A call that is served in a special way is ordinary in every other way.
    """
    if name in TIERED and "" in value and any(_special(one) - {name} for one in given):
        return True
    told = [one[name] for one in given if name in one]
    if not told:
        return False
    if name == "context_tokens":
        return bool(value <= max(told))
    if isinstance(value, frozenset):
        return frozenset.intersection(*told) <= value
    return value in told or (name == "utc_weekly" and _spans(value, told))


def _spans(window: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> bool:
    """True when a window holds every minute that all of the others share."""
    if any(one["timezone"] != window["timezone"] for one in told):
        return False
    excepted = window["except_calendar"]
    if excepted and all(one["except_calendar"] != excepted for one in told):
        return False
    days = set.intersection(*(set(one["days"]) for one in told))
    minutes = set.intersection(*map(_minutes, told))
    return days <= set(window["days"]) and minutes <= _minutes(window)
