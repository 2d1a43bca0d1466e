"""Whose rows a question may read, and how much a key may ask for."""

import json
from collections.abc import Callable

import httpx
import pytest

from services.api.http import build
from services.api.query.dims import COLUMNS
from services.api.reader import Reader
from services.api.settings import Settings
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]


async def test_another_org_is_answered_as_an_unknown_one(client_of: Clients) -> None:
    async with client_of("acme") as client:
        for name in ("globex", "nobody"):
            query = {"measures": ["cost"], "where": [{"dim": "org", "in": [name]}]}
            answer = await client.post("/v1/query", json=query)
            assert (answer.status_code, answer.json()["detail"]) == (404, "no such org")


@pytest.mark.parametrize("dim", sorted(COLUMNS))
async def test_an_org_learns_nothing_of_another(dim: str, client_of: Clients) -> None:
    """By every dimension, with every kind of measure: bodies, headers, error texts."""
    asked = {"from": "2026-10-01T00:00", "by": [{"dim": dim, "top": 50}], "compare": "previous"}
    queries = [
        asked | {"measures": [measure]}
        for measure in ("cost", "conversations", "latency_ms.p95", "outcomes", "margin")
    ]
    async with client_of("acme") as client:
        batch = await client.post("/v1/query/batch", json={"queries": queries})
        explained = await client.post("/v1/explain-change", json={"from": "2026-11-01T00:00"})
    async with client_of("reader") as client:
        own = {"measures": ["steps"], "from": "2026-10-01T00:00",
               "where": [{"dim": "org", "in": ["acme"]}]}  # fmt: skip
        steps = (await client.post("/v1/query", json=own)).json()["total"]["total"]["steps"]
    async with client_of("acme") as client:
        del own["where"]
        mine = (await client.post("/v1/query", json=own)).json()["total"]["total"]["steps"]
    assert mine == steps
    for answer in (batch, explained):
        assert answer.status_code == 200, answer.text
        seen = json.dumps(answer.json(), ensure_ascii=False) + str(answer.headers)
        assert not [name for name in ("globex", "Ünï'co") if name in seen]


async def test_a_key_that_asks_too_much_is_told_to_wait(
    client_of: Clients, settings: Settings
) -> None:
    app = build(settings.model_copy(update={"query_units_per_minute": 50}), Reader(settings),
                FakeWriter(), lambda: NOW)  # fmt: skip
    headers = {"authorization": "Bearer reader-secret"}
    dear = {"measures": ["cost"], "by": [{"dim": "user"}], "from": "now-10d/d", "to": "now/d"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers=headers
    ) as client:
        first = await client.post("/v1/query", json=dear)
        again = await client.post("/v1/query", json=dear)
        second = await client.post("/v1/query", json=dear | {"by": [{"dim": "conversation"}]})
        span = {"from": dear["from"], "to": dear["to"], "by": "user"}
        export = await client.get("/v1/export", params=span)  # type: ignore[arg-type]
    assert (first.status_code, first.json()["units"]) == (200, 40)
    assert again.json() == first.json(), "what is kept costs nothing"
    assert second.status_code == 429
    assert int(second.headers["retry-after"]) == 37
    assert second.json()["units_left"] == 10
    assert export.status_code == 429, "all rows cost as much as some"
    await app.state.reader.close()
