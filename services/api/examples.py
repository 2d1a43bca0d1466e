"""Examples of the OpenAPI document, one for each answer."""

import re
from typing import Any

_FIELD = re.compile(r"[a-z][a-z0-9_]*")

DEAD: dict[str, Any] = {
    "dead": [
        {
            "dead_id": "calls.v1/3/1200/7",
            "occurred_at": "2026-11-22T20:11:42.120000Z",
            "reason": "invalid_field",
            "field": "usage.input",
            "detail": "Input should be greater than or equal to 0",
            "service": "pricer",
            "source": "calls.v1/3/1200/7",
            "project": "default",
            "org_id": "",
            "original_bytes": 412,
            "original_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        }
    ],
    "next": "WzE3OTU0MDAwMDAwMDAsImNhbGxzLnYxLzMvMTIwMC83Il0",
}
HEALTH: dict[str, Any] = {
    "received": 1_000_000,
    "stored": 969_000,
    "duplicates": 30_000,
    "pending": 412,
    "dead": 1_004,
    "dead_lines": 1_000,
    "conflicts": 2,
    "unattributed": 0,
    "as_of": "2026-11-22T21:40:05Z",
    "lag_seconds": 1.2,
    "topics": [{"topic": "priced.v1", "behind": 12, "as_of": "2026-11-22T21:40:05Z"}],
    "last_price": {
        "key": "price|*|openai|gpt-4o|2024-11-20T00:00:00Z",
        "position": 41,
        "published_at": "2026-11-22T09:00:00Z",
    },
}
_RECORD = {
    "schema": 1,
    "kind": "price",
    "scope": "*",
    "provider": "openai",
    "model": "gpt-4o",
    "effective_from": "2024-11-20T00:00:00Z",
    "currency": "USD",
    "rates": {
        "input": {"price": "2.50", "per": 1_000_000},
        "cache_read": {"price": "1.25", "per": 1_000_000},
        "output": {"price": "10.00", "per": 1_000_000},
    },
}
_VERSION = {
    "key": "price|*|openai|gpt-4o|2024-11-20T00:00:00Z",
    "position": 41,
    "published_at": "2026-11-22T09:00:00Z",
    "record": _RECORD,
}
PRICES: dict[str, Any] = {"prices": [_VERSION], "next": None}
HISTORY: dict[str, Any] = {"history": [_VERSION | {"is_deleted": False}]}
PUBLISHED: dict[str, Any] = {"keys": [_VERSION["key"]], "position": 42}
PRICE_BODY: dict[str, Any] = _RECORD
ORG: dict[str, Any] = {
    "org_id": "acme",
    "name": "Acme Inc.",
    "plan": "pro",
    "currency": "USD",
    "timezone": "Europe/Berlin",
    "monthly_revenue": {"2026-11": "490.00"},
    "monthly_budget": "120.00",
}
ORGS: dict[str, Any] = {"orgs": [ORG], "next": None}


SESSION: dict[str, Any] = {
    "subject": "ops", "role": "team", "org": None, "is_admin": True, "csrf": "5q0Xb2…",
    "expires_at": "2026-11-22T21:55:05+00:00", "live": True,
}  # fmt: skip
_KEY: dict[str, Any] = {
    "key_id": "k_4bf92f3577b3", "scopes": ["ingest"], "project": "default", "org_id": "*",
    "lookups": {}, "label": "gateway", "source": "api", "created_at": "2026-11-22T10:00:00Z",
    "created_by": "ops", "revoked_at": None,
}  # fmt: skip
KEYS: dict[str, Any] = {"keys": [_KEY]}
NEW_KEY: dict[str, Any] = {"key": _KEY, "secret": "tt_…"}
KEY_BODY: dict[str, Any] = {"label": "gateway", "scopes": ["ingest"]}
AUDIT: dict[str, Any] = {
    "entries": [
        {
            "audit_id": "0f8b5a", "occurred_at": "2026-11-22T10:00:00Z", "actor": "ops",
            "action": "price.publish", "target": "price|*|openai|gpt-4o|2024-05-13T00:00:00Z",
            "org_id": "",
        }
    ],
    "next": None,
}  # fmt: skip
REPLAYED: dict[str, Any] = {"dead_id": "calls.v1/0/17/2", "topic": "calls.v1"}


def of(
    example: dict[str, Any], status: int = 200, *, is_partial: bool = False
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers like this; `is_partial`: members may be left out."""
    schema = shape(example) | ({} if is_partial else {"required": sorted(example)})
    content = {"application/json": {"schema": schema | {"type": "object"}, "example": example}}
    return {status: {"description": "OK", "content": content}}


def shape(example: Any) -> dict[str, Any]:
    """The schema of values like this one. Any of them may be null: unknown.

    An object whose keys are no field names (currencies, months) may have any keys.
    """
    if isinstance(example, dict):
        inner = {name: shape(value) for name, value in example.items()}
        if all(_FIELD.fullmatch(name) for name in inner):
            return {"type": ["object", "null"], "properties": inner}
        return {"type": ["object", "null"], "additionalProperties": next(iter(inner.values()))}
    if isinstance(example, list):
        return {"type": ["array", "null"]} | ({"items": shape(example[0])} if example else {})
    for kind, name in ((bool, "boolean"), (str, "string"), (int | float, "number")):
        if isinstance(example, kind):
            return {"type": [name, "null"]}
    return {}


def body(example: dict[str, Any]) -> dict[str, Any]:
    """The `openapi_extra` of a route that takes such a body."""
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


_LINE = {"dimension": "input", "quantity": "10000", "price": "2.5", "per": 1_000_000,
         "amount": "0.025"}  # fmt: skip
_QUOTE: dict[str, Any] = {
    "outcome": "priced", "reason": None, "detail": None, "cost_usd": "0.025",
    "charge_usd": "0.025", "currency": "USD", "cost": "0.025", "charge": "0.025",
    "lines": [_LINE], "record": "price|*|openai|gpt-4o|2024-05-13T00:00:00Z", "revision": 1,
    "variant": None, "normaliser": None,
}  # fmt: skip
QUOTES: dict[str, Any] = {"book_position": 4211, "quotes": [{"id": 1} | _QUOTE]}
EXPLAINED: dict[str, Any] = {
    "event_id": "e1", "org_id": "acme", "occurred_at": "2026-11-22T21:40:05Z",
    "provider": "openai", "model": "gpt-4o", "outcome": "priced", "reason": None, "detail": None,
    "currency": "USD", "cost": "0.025", "charge": "0.025", "usage": {"input": 10_000},
    "usage_payload": None, "normaliser": None, "lines": [_LINE],
    "steps": ["input: 10000 x 2.5 / 1000000 = 0.025"], "adds_up": True,
    "record": "price|*|openai|gpt-4o|2024-05-13T00:00:00Z", "revision": 1, "variant": None,
    "book_position": 4211, "price_record": {"kind": "price"}, "today": _QUOTE,
}  # fmt: skip
COVERAGE: dict[str, Any] = {
    "since": "2026-10-23T00:00:00Z", "is_truncated": False,
    "items": [{
        "provider": "openai", "model": "my-prod-chat", "calls": 412, "tokens": 981_233,
        "pending": "model_unknown", "oldest": "2026-11-20T00:00:00Z", "matched_by": None,
        "price_key": None, "estimate": {"low": "1.2", "high": "3.9", "currency": "USD"},
        "candidates": ["gpt-4o"],
        "alias": {"kind": "alias", "provider": "openai", "reference": "my-prod-chat",
                  "model": "gpt-4o", "effective_from": "2026-10-23T00:00:00Z"},
    }],
}  # fmt: skip
REPRICINGS: dict[str, Any] = {
    "repricings": [{
        "position": 4210, "key": "price|*|openai|gpt-4o|2024-05-13T00:00:00Z", "state": "running",
        "pass": 1, "share_done": 0.5, "updated_at": "2026-11-22T21:40:05Z",
        "audit": {"published_by": "ops", "reason": "wrong unit"}, "calls_seen": 1200,
        "calls_changed": 800,
    }],
}  # fmt: skip
REPRICING: dict[str, Any] = {
    "position": 4210,
    "changes": [{
        "org_id": "acme", "day": "2026-11-20", "in_month": "2026-11-01", "is_adjustment": False,
        "currency": "USD", "calls": 12, "cost_before": "1.2", "cost_after": "0.9",
        "charge_before": "1.2", "charge_after": "0.9", "pending_after": 0,
    }],
}  # fmt: skip
_SUMS = {
    "calls": 1200, "cost": "41.2", "cost_then": "20.6", "difference": "-20.6", "charge": "41.2",
    "charge_then": "20.6", "pending": 0, "pending_then": 0,
}  # fmt: skip
WHAT_IF: dict[str, Any] = {
    "calls": 1200, "book_position": 4211, "total": {"USD": _SUMS},
    "changes": [{"org_id": "acme", "day": "2026-11-20", "currency": "USD"} | _SUMS],
}  # fmt: skip
