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


SPEND: dict[str, Any] = {
    "as_of": ANSWER["as_of"], "currency": "USD", "completeness": _COMPLETE,
    "range": {
        "cost": "44.27", "charge": "53.1", "previous": "40", "previous_charge": "48",
        "change": "4.27", "change_share": 0.10675,
    },
    "month_to_date": {"cost": "130.1", "charge": "156.12", "pending_calls": 412},
    "projection": {"value": "181.3", "low": "170", "high": "192.6", "reason": None},
}  # fmt: skip
BUDGETS: dict[str, Any] = {
    "budgets": [
        {
            "org": "acme", "currency": "USD", "spent": "96", "pending_calls": 0, "budget": "120",
            "used_share": 0.8, "elapsed_share": 0.7, "remaining": "24",
            "runs_out_on": "2026-11-27",
        }
    ]
}  # fmt: skip
EXPLAINED: dict[str, Any] = {
    "before": "9.4125", "after": "11.4446", "difference": "2.0321",
    "parts": {
        "calls": "2.97", "mix": "1.36", "pending": "-0.2", "tokens_per_call": "0.54",
        "price": "-2.6379",
    },
    "pending_calls": {"before": 0, "after": 412},
    "drivers": [
        {
            "model": "gpt-4o", "token_category": "input", "before": "4.5", "after": "6",
            "difference": "1.5", "calls": "1", "mix": "0.4", "pending": "-0.2",
            "tokens_per_call": "0.3", "price": "0",
        }
    ],
    "query": QUERY, "currency": "USD", "as_of": ANSWER["as_of"], "completeness": _COMPLETE,
}  # fmt: skip
TALKS: dict[str, Any] = {
    "as_of": ANSWER["as_of"],
    "currency": "USD", "count": 5527, "half_priced": 12, "mean": "0.0104", "p50": "0.0071",
    "p95": "0.031", "p99": "0.062",
    "histogram": [{"low": "0.0078125", "high": "0.015625", "count": 1720}],
    "outliers": [
        {"conversation_id": "c-1", "org": "acme", "cost": "0.41", "calls": 38, "half_priced": False}
    ],
}  # fmt: skip
_SIDE: dict[str, Any] = {
    "name": "concierge@1", "n": 812, "half_priced": 0, "mean": "0.0104", "p50": "0.0071",
    "p95": "0.031", "cost": "8.4", "resolved": 410, "cost_per_resolved": "0.0205",
    "tokens": 8268.5, "latency_ms": 3120.4,
    "negative_share": {"value": 0.21, "low": 0.17, "high": 0.25, "n": 320},
}  # fmt: skip
VERSUS: dict[str, Any] = {
    "as_of": ANSWER["as_of"],
    "currency": "USD", "a": _SIDE, "b": _SIDE | {"name": "concierge@2", "mean": "0.0089"},
    "difference": {"value": "-0.0015", "low": "-0.0021", "high": "-0.0009"},
    "verdict": "concierge@2 costs less per conversation", "warnings": [],
}  # fmt: skip
PENDING: dict[str, Any] = {
    "completeness": _COMPLETE,
    "pending": [
        {
            "reason": "model_unknown", "provider": "openai", "model": "gpt-6-mini", "org": "acme",
            "calls": 412, "oldest_from": "2026-11-22T20:00:00+00:00",
            "tokens": {
                "input": 900_000, "cache_read": 20_000, "cache_write": 0, "output": 61_000,
                "reasoning": 233,
            },
            "estimate": _COMPLETE["estimate"],
        }
    ],
}  # fmt: skip
