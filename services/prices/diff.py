"""What another book would change of this one, for a person to read. Pure."""

from collections.abc import Iterable
from typing import Any

import orjson

from schemas.price import PriceRecord
from services.pricing.comparing import Book, Changes


def told(changes: Changes, now: Book, then: Book) -> Iterable[str]:
    """Lines for a person: one for each key, rates that differ beside it."""
    for sign, keys in (("+", changes.new), ("~", changes.changed), ("-", changes.withdrawn)):
        for key in keys:
            flagged = changes.suspicious.get(key, ())
            yield f"{sign} {key}{_rates(now.get(key), then.get(key))}"
            yield from (f"    ! {flaw.field}: {flaw.detail}" for flaw in flagged)
    yield (
        f"{len(changes.new)} new, {len(changes.changed)} changed, {len(changes.withdrawn)} only in "
        f"the first, {len(changes.suspicious)} suspicious"
    )


def _rates(before: Any, after: Any) -> str:
    if not isinstance(before, PriceRecord) or not isinstance(after, PriceRecord):
        return ""
    parts = []
    for name in sorted({*before.rates, *after.rates}):
        one, two = before.rates.get(name), after.rates.get(name)
        if one != two:
            parts.append(f"{name} {_rate(one)} -> {_rate(two)}")
    return f"  {', '.join(parts)}" if parts else "  (variants, dates or other fields)"


def _rate(rate: Any) -> str:
    return f"{rate.price}/{rate.per}" if rate is not None else "none"


def encoded(record: Any) -> bytes:
    """The record as it is published."""
    text: str = record.model_dump_json(by_alias=True, exclude_unset=True)
    return orjson.dumps(orjson.loads(text))
