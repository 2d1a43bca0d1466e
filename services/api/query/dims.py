"""The dimensions as data: their columns, and which tables know them. Pure."""

from typing import Literal

Level = Literal["total", "narrow", "wide", "ledger"]
"""Aggregates of all orgs as one, of an org by model, of an org by everything, the calls themselves.
"""

COLUMNS: dict[str, str] = {
    "org": "org_id",
    "user": "user_id",
    "provider": "provider",
    "model": "model",
    "operation": "operation",
    "feature": "feature",
    "assistant": "assistant_id",
    "assistant_version": "assistant_version",
    "environment": "environment",
    "status": "status",
    "token_category": "token_category",
    "price_record": "price_key",
    "conversation": "conversation_id",
    "currency": "currency",
}
"""Names of the API and their columns."""
NARROW = frozenset({"org", "provider", "model", "operation", "status", "currency"})
WIDE = NARROW | {"feature", "assistant", "assistant_version", "environment"}
CATEGORY = "token_category"
CATEGORIES = ("input", "cache_read", "cache_write", "output", "other")
"""Disjoint. `output` holds reasoning; `other` is what is paid for but is no token."""
CATEGORY_MEASURES = frozenset({"cost", "tokens", "tokens.priced"})
OUTCOME_DIMS = frozenset({"org", "assistant", "assistant_version", "conversation"})
"""What an outcome can be told by: its own org, and who spoke in its conversation."""
REVENUE_DIMS = frozenset({"org"})


def level_of(names: frozenset[str], *, is_one_org: bool) -> Level:
    """The smallest tables that know these dimensions."""
    names = names - {CATEGORY}
    if names <= NARROW:
        return "narrow" if is_one_org or "org" in names else "total"
    return "wide" if names <= WIDE else "ledger"
