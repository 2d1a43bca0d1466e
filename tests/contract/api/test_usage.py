"""`GET /v1/usage` and `GET /v1/pending`: the query form, asked by parameters."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api.query.usage import MEASURES
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({}, {}),
        ({"from": "2026-10-20T00:00Z", "by": "model", "interval": "week", "top": "3"},
         {"from": "2026-10-20T00:00Z", "by": [{"dim": "model", "top": 3}], "interval": "week"}),
        ({"measures": "steps,errors", "by": ["org", "model"], "order": "tokens", "top": "2"},
         {"measures": ["steps", "errors"],
          "by": [{"dim": d, "top": 2, "order": "tokens"} for d in ("org", "model")]}),
        ({"by": "org,model,feature", "currency": "EUR", "tz": "Asia/Kolkata"},
         {"by": [{"dim": d, "top": 10} for d in ("org", "model", "feature")],
          "currency": "EUR", "tz": "Asia/Kolkata"}),
        ({"status": ["error"], "org": ["acme", "globex"], "from": "now-2h", "interval": "1m"},
         {"where": [{"dim": "org", "in": ["acme", "globex"]}, {"dim": "status", "in": ["error"]}],
          "from": "now-2h", "interval": "1m"}),
        ({"where": ['{"dim": "model", "not_in": ["m1", "m2"]}', '{"dim":"org","is_null":false}'],
          "status": "ok"},
         {"where": [{"dim": "model", "not_in": ["m1", "m2"]}, {"dim": "org", "is_null": False},
                    {"dim": "status", "in": ["ok"]}]}),
        ({"by": "org", "top": "1000", "from": "now-30d"},
         {"by": [{"dim": "org", "top": 1_000}], "from": "now-30d"}),
    ],
)  # fmt: skip
async def test_an_address_asks_what_a_body_asks(
    params: dict[str, Any], query: dict[str, Any], client_of: Clients
) -> None:
    async with client_of("reader") as client:
        got = await client.get("/v1/usage", params=params)
        wanted = await client.post("/v1/query", json={"measures": MEASURES} | query)
    assert (got.status_code, wanted.status_code) == (200, 200), (got.text, wanted.text)
    assert got.json() == wanted.json()
    assert got.headers["etag"] == wanted.headers["etag"]


@pytest.mark.parametrize(
    ("params", "status", "field"),
    [
        ({"by": "customer"}, 400, "by"),
        ({"by": "org,model,feature,assistant"}, 400, "by"),
        ({"by": "org", "order": "error_share"}, 400, "order"),
        ({"measures": "cots"}, 400, "measures"),
        ({"where": "model"}, 400, "where.0"),
        ({"where": ['{"dim": "model", "not_in": []}', '{"not_in": []}']}, 400, "where.1.dim"),
        ({"where": '{"dim": "modle", "not_in": ["a"]}', "org": "acme"}, 400, "where.0.dim"),
        ({"where": '{"dim": "model"}'}, 400, "where.0"),
        ({"measures": [str(n) for n in range(21)]}, 400, "measures"),
        ({"tz": "Mars/Olympus"}, 422, "tz"),
        ({"tz": "../../etc/passwd"}, 422, "tz"),
        ({"from": "yesterday"}, 400, "from"),
        ({"from": "2026-11-22T00:00Z", "to": "2026-11-21T00:00Z"}, 400, "from"),
        ({"from": "2024-01-01T00:00Z", "interval": "1m"}, 422, "interval"),
        ({"from": "2026-10-01T00:00Z", "interval": "hour", "by": "org", "top": "1000"}, 422, "by"),
        ({"interval": "fortnight"}, 400, "interval"),
        ({"top": "1001"}, 400, "top"),
        ({"colour": "red"}, 400, "colour"),
        ({"currency": "usd"}, 400, "currency"),
        ({"model": [str(n) for n in range(101)]}, 400, "model"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client_of: Clients, params: dict[str, Any], status: int, field: str
) -> None:
    async with client_of("reader") as client:
        answer = await client.get("/v1/usage", params=params)
    told = answer.json()
    assert answer.status_code == status, answer.text
    assert told["field"].startswith(field)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_estimate_bounds_pending_calls(client_of: Clients, events: list[Event]) -> None:
    async with client_of("reader") as client:
        answer = (await client.get("/v1/pending", params={"by": "x"})).status_code
        got = (await client.get("/v1/pending")).json()
        some = (await client.get("/v1/pending", params={"provider": "openai", "top": 3})).json()
    assert answer == 400
    pending = [e for e in events if e.pending]
    assert sum(group["calls"] for group in got["pending"]) == len(pending)
    assert sum(group["tokens"]["input"] for group in got["pending"]) == sum(
        e.tokens for e in pending
    )
    low = sum(e.tokens * (Decimal("0.5") if e.provider == "openai" else 3) for e in pending)
    estimate = got["completeness"]["estimate"]
    assert Decimal(estimate["low"]) <= low / Decimal(1_000_000) <= Decimal(estimate["high"])
    assert len(some["pending"]) == 3
    assert some["completeness"]["pending_calls"] == sum(e.provider == "openai" for e in pending)
