"""Examples of the OpenAPI document for the query form."""

from typing import Any

from pydantic import BaseModel

_COMPLETE: dict[str, Any] = {
    "state": "open", "as_of": "2026-11-22T21:40:05Z", "lag_seconds": 1.2, "pending_calls": 412,
    "pending_tokens": 981_233, "oldest_pending_at": "2026-11-22T20:11:42.120000Z",
    "estimate": {"low": "1.2", "high": "3.9", "currency": "USD"}, "unattributed_calls": 0,
    "other_currencies": [],
}  # fmt: skip
QUERY: dict[str, Any] = {
    "measures": ["cost"],
    "by": [{"dim": "model", "top": 7, "order": "cost"}],
    "where": [{"dim": "org", "in": ["acme"]}],
    "from": "2026-11-21T00:00:00+01:00", "to": "2026-11-22T00:00:00+01:00",
    "tz": "Europe/Berlin", "interval": "day", "compare": None, "currency": "USD",
}  # fmt: skip


def _values(cost: str, pending: int) -> dict[str, Any]:
    return {"total": {"cost": cost}, "series": {"cost": [cost]}, "pending_calls": [pending]}


ANSWER: dict[str, Any] = {
    "query": QUERY,
    "as_of": "2026-11-22T21:40:05Z",
    "completeness": _COMPLETE,
    "columns": [
        {"name": "cost", "kind": "money", "unit": "USD", "additive": True, "exact": True}
    ],
    "buckets": [
        {
            "start": "2026-11-21T00:00:00+01:00", "end": "2026-11-22T00:00:00+01:00",
            "partial": False,
        }
    ],
    "groups": [{"key": {"model": "gpt-4o"}, "slot": 3, **_values("41.2", 400)}],
    "other": {"members": 33, **_values("3.07", 12)},
    "total": _values("44.27", 412),
    "previous": None,
    "units": 2,
}  # fmt: skip
ANSWERS: dict[str, Any] = {"as_of": ANSWER["as_of"], "answers": [ANSWER]}
SCHEMA: dict[str, Any] = {
    "scope": "all",
    "measures": [
        {
            "name": "cost", "kind": "money", "unit": "", "additive": True, "exact": True,
            "dims": ["model", "org"],
        }
    ],
    "dimensions": [{"name": "model", "measures": ["cost", "calls"]}],
}  # fmt: skip


def of(model: type[BaseModel] | None, example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers like this."""
    content = {"application/json": {"example": example}}
    told: dict[str, Any] = {"description": "OK", "content": content}
    return {200: told | ({"model": model} if model else {})}
