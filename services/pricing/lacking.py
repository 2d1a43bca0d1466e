"""What a price book lacks of another, and what of that would pass over a record of its own. Pure.

A price stands before an alias, an alias before a pattern (`matching`), and the later version before
the earlier: so a record that is only added may take calls from one that stands.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.price import AliasRecord, PatternRecord, PriceRecord
from services.pricing.providers import canonical, plain_name

Named = PriceRecord | AliasRecord | PatternRecord


class Lacking(NamedTuple):
    """Records to add, by key, and those held back, each with the key of the one it passes over."""

    records: dict[str, Any]
    held_back: dict[str, str]


def lacking(own: Mapping[str, Any], other: Mapping[str, Any]) -> Lacking:
    """`own` are records that are not the other book's, `other` those of it that could be added."""
    by_provider: dict[tuple[str, str], list[tuple[str, Named]]] = defaultdict(list)
    for key, record in own.items():
        if isinstance(record, Named):
            by_provider[_place(record)].append((key, record))
    found = Lacking({}, {})
    for key, record in other.items():
        if passed := _passed_over(by_provider, record):
            found.held_back[key] = passed
        else:
            found.records[key] = record
    return found


def _place(record: Named) -> tuple[str, str]:
    return record.scope, canonical(record.provider)


def _passed_over(own: Mapping[tuple[str, str], list[tuple[str, Named]]], record: Any) -> str:
    if not isinstance(record, Named):
        return ""
    standing = own.get(_place(record), ())
    return next((key for key, mine in standing if _takes_from(record, mine)), "")


def _takes_from(record: Named, mine: Named) -> bool:
    """True when calls that `mine` prices may be priced by the record instead."""
    name = _name(record)
    if isinstance(mine, PatternRecord):
        return name.startswith(_name(mine))
    if name != _name(mine) or isinstance(record, PatternRecord):
        return False
    if isinstance(mine, AliasRecord):
        return True
    return isinstance(record, PriceRecord) and mine.effective_from <= record.effective_from


def _name(record: Named) -> str:
    """What a call must be named, or begin with, to be priced by the record."""
    if isinstance(record, PatternRecord):
        return plain_name(record.match.prefix)
    return plain_name(record.reference if isinstance(record, AliasRecord) else record.model)
