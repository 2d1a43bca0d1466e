"""How a model string is matched by the book, and what of the book it resembles. Pure."""

from datetime import datetime
from difflib import get_close_matches
from typing import Any, NamedTuple

from services.pricing.book import PriceBook
from services.pricing.matching import Key, Pending, Step, find_version, plan
from services.pricing.providers import canonical, plain_name

CANDIDATES_MAX = 5
LIKENESS_MIN = 0.5


class Match(NamedTuple):
    """`matched_by` is exact, rewritten, alias, pattern, or empty; `price_key` the record's."""

    matched_by: str | None
    price_key: str | None


def matched_by(book: PriceBook, org_id: str, provider: str, model: str, at: datetime) -> Match:
    """Which rule leads from a model string to its price at an instant."""
    key = Key(org_id, provider, model, "")
    version = find_version(book, key, at)
    steps = plan(book, key)
    if isinstance(version, Pending) or isinstance(steps, Pending):
        return Match(None, None)
    for step in steps:
        if any(found is version for found in step.versions):
            return Match(_how(step, model), version.key)
    return Match("alias", version.key)


def _how(step: Step, model: str) -> str:
    if " -> " in step.via:
        return "pattern"
    return "exact" if step.via == plain_name(model) else "rewritten"


def candidates_for(book: PriceBook, org_id: str, provider: str, model: str) -> list[str]:
    """Models of the same provider whose names resemble it, the likest first.

    For a person to choose from: likeness never prices a call.
    """
    scopes = ("*", f"org:{org_id}") if org_id else ("*",)
    wanted: Any = canonical(provider)
    known = sorted({name for scope, own, name in book.prices if own == wanted and scope in scopes})
    return get_close_matches(plain_name(model), known, CANDIDATES_MAX, LIKENESS_MIN)
