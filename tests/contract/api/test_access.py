"""Every route with every kind of key: an org key never sees another org, whatever it asks."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from services.api.scope import LOCATORS, SHARED, TABLES, Scope
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
ACME, FOREIGN = "acme", ("globex", "Ünï'co", "unattributed")
WIDE = "from=2026-01-01T00:00Z&to=2026-12-01T00:00Z"
QUESTION = b'{"measures": ["cost"], "by": [{"dim": "org"}, {"dim": "user"}], "from": "now-300d"}'
ONE, BATCH = (
    base64.urlsafe_b64encode(body).decode().rstrip("=")
    for body in (QUESTION, b'{"queries": [' + QUESTION + b"]}")
)
READS = {
    "/v1/usage": [f"by=org&{WIDE}", f"{WIDE}&interval=day", "by=org,model"],
    "/v1/query": [f"q={ONE}"],
    "/v1/query/batch": [f"q={BATCH}"],
    "/v1/query/schema": [""],
    "/v1/spend": ["", "from=now-300d"],
    "/v1/margins": ["from=now-300d", "by=assistant&from=now-300d"],
    "/v1/budgets": [""],
    "/v1/conversation-costs": ["from=now-300d"],
    "/v1/compare": ["a=support&b=sales&from=now-300d"],
    "/v1/pending": ["", WIDE],
    "/v1/dead": ["limit=1000", "reason=not_json"],
    "/v1/traces": ["", f"{WIDE}&limit=200", f"{WIDE}&order=cost&user=u1"],
    "/v1/traces/{trace_id}": [""],
    "/v1/traces/{trace_id}/steps": [""],
    "/v1/traces/{trace_id}/contents": [""],
    "/v1/conversations": ["", f"{WIDE}&limit=200", f"{WIDE}&order=duration"],
    "/v1/conversations/{conversation_id}": [""],
    "/v1/health/data": [""],
    "/v1/prices": ["", "provider=openai"],
    "/v1/prices/history": ["provider=openai&model=m1"],
    "/v1/orgs": [""],
    "/v1/orgs/{org_id}": [""],
    "/v1/calls/{event_id}/explain": [""],
    "/v1/coverage": ["", "unmatched=true&days=366"],
    "/v1/repricings": [""],
    "/v1/repricings/{position}": [""],
}
ADMIN_READS = {"/v1/keys", "/v1/audit", "/v1/welcome", "/v1/prices/shipped"}
WRITES = [
    ("PUT", "/v1/prices"),
    ("POST", "/v1/prices/shipped"),
    ("DELETE", "/v1/prices/price|*|openai|m1|2026-01-01T00:00:00Z"),
    ("PUT", "/v1/orgs/acme"),
    ("PUT", "/v1/orgs/globex"),
    ("DELETE", "/v1/orgs/acme"),
    ("POST", "/v1/keys"),
    ("POST", "/v1/embeds/preview"),
    ("DELETE", "/v1/keys/k"),
    ("POST", "/v1/dead/d1/replay"),
    ("DELETE", "/v1/contents?user_id=u1"),
    ("GET", "/v1/deletions/none"),
]


def places(trace: str, org: str) -> dict[str, Any]:
    """What stands in the paths: a trace, one of its events, an org, a position of the book."""
    event = f"e{4 * int(trace[1:])}"
    talk = f"c{int(trace[1:]) // 3}"
    return {
        "trace_id": trace,
        "conversation_id": talk,
        "event_id": event,
        "org_id": org,
        "position": 3,
    }


def texts(value: Any) -> Iterator[str]:
    """Every string in an answer, keys included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


async def test_this_table_lists_every_route(client_of: Clients) -> None:
    async with client_of("") as client:
        document = (await client.get("/openapi.json")).json()
    assert "bearer" in document["components"]["securitySchemes"]
    found = {path for path, ways in document["paths"].items() if "get" in ways}
    alone = {
        "/v1/session", "/v1/deletions/{deletion_id}", "/v1/embeds", "/v1/embeds/{embed_id}",
        "/v1/export", "/v1/changes",
    }  # fmt: skip
    assert found == set(READS) | ADMIN_READS | alone
    for ways in document["paths"].values():
        for way in ways.values():
            for code, told in way["responses"].items():
                assert code < "400" or set(told["content"]) == {"application/problem+json"}
            codes = {"200", "201", "202"} & way["responses"].keys()
            answers = [way["responses"][code] for code in codes]
            assert "204" in way["responses"] or any(
                "example" in content for a in answers for content in a["content"].values()
            )


@pytest.mark.parametrize("path", sorted(ADMIN_READS))
async def test_only_an_admin_of_all_orgs_reads_it(path: str, client_of: Clients) -> None:
    for key, status in (("", 401), ("reader", 403), ("acme-admin", 403), ("admin", 200)):
        async with client_of(key) as client:
            assert (await client.get(path)).status_code == status


@pytest.mark.parametrize("path", READS)
async def test_an_org_key_reads_its_org_alone(
    path: str, client_of: Clients, events: list[Event]
) -> None:
    traces = {e.trace for e in events if e.org == ACME}
    foreign = sorted({e.trace for e in events} - traces)[:3]
    for key in ("acme", "acme-admin"):
        async with client_of(key) as client:
            for query in READS[path]:
                for trace in (*sorted(traces)[:10], *foreign):
                    for org in (ACME, *FOREIGN):
                        if "{" not in path and (trace, org) != (foreign[0], ACME):
                            continue
                        place = path.format(**places(trace, org))
                        answer = await client.get(f"{place}?{query}")
                        assert answer.status_code in (200, 400, 404), answer.text
                        if answer.status_code == 200:
                            seen = set(texts(answer.json())) - {"unattributed_calls"}
                            assert not [t for t in seen if any(name in t for name in FOREIGN)]


async def test_a_foreign_id_answers_as_an_unknown_one(client_of: Clients) -> None:
    async with client_of("acme") as client:
        for known, unknown in (
            ("/v1/orgs/globex", "/v1/orgs/nobody"),
            ("/v1/usage?org=globex", "/v1/usage?org=nobody"),
            ("/v1/pending?org=globex", "/v1/pending?org=nobody"),
        ):
            one, two = await client.get(known), await client.get(unknown)
            assert one.status_code == two.status_code == 404
            assert one.json() | {"request_id": ""} == two.json() | {"request_id": ""}
        mixed = await client.get("/v1/usage", params={"org": ["acme", "globex"]})
        assert mixed.status_code == 404


@pytest.mark.parametrize("path", READS)
async def test_a_key_is_needed(path: str, client_of: Clients) -> None:
    place = path.format(**places("t1", "acme"))
    for key, status in (("", 401), ("nobody", 401), ("writer", 403)):
        async with client_of(key) as client:
            answer = await client.get(place)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_only_an_admin_of_all_orgs_writes(
    method: str, path: str, client_of: Clients, writer: FakeWriter
) -> None:
    for key, status in (("", 401), ("writer", 403), ("reader", 403), ("acme-admin", 403)):
        async with client_of(key) as client:
            answer = await client.request(method, path, json={"name": "x"})
        assert answer.status_code == status
    assert writer.written == []


async def test_the_sum_of_orgs_is_all(client_of: Clients, events: list[Event]) -> None:
    own = sum(e.org == ACME for e in events)
    async with client_of("acme") as client:
        mine = (await client.get(f"/v1/usage?{WIDE}")).json()["total"]["total"]["steps"]
        health = (await client.get("/v1/health/data")).json()
    async with client_of("reader") as client:
        groups = (await client.get(f"/v1/usage?{WIDE}&by=org")).json()["groups"]
    assert mine == own == health["stored"]
    assert "received" not in health
    assert sum(group["total"]["steps"] for group in groups) == len(events)


def test_the_scope_is_in_every_statement() -> None:
    scope = Scope("acme")
    for table in TABLES:
        assert "org_id = {scope_org:String}" in scope.rows(table)
    for table in SHARED:
        assert scope.rows(table).endswith("WHERE 0")
    assert set(LOCATORS) == {"links", "subject_hours"}
    for own in (scope.tellings("SELECT 1"), scope.outcomes()):
        assert "{scope_org:String}" in own
    with pytest.raises(ValueError, match="not a table"):
        scope.rows("system.tables")
