"""Traces, dead letters, health, prices and orgs on the real engine."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from schemas.price import BOOK_RECORD, book_key
from schemas.topics import ORGS
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]


@pytest.mark.parametrize("number", range(0, 40, 4))
async def test_a_trace_is_a_tree_with_exact_sums(
    number: int, client_of: Clients, events: list[Event]
) -> None:
    own = [e for e in events if e.trace == f"t{number // 4}"]
    async with client_of("reader") as client:
        got = (await client.get(f"/v1/traces/t{number // 4}")).json()
    steps = {step["event_id"]: step for step in got["steps"]}
    assert set(steps) == {f"e{e.number}" for e in own}
    sums: dict[str, Decimal] = {}
    for event in own:
        step = steps[f"e{event.number}"]
        assert step["is_counted"]
        assert step["is_orphan"] is False
        if event.parent:
            assert step["parent_event_id"] == f"e{event.parent[1:]}"
        if event.pending:
            assert (step["cost"], step["pending"]) == (None, "model_unknown")
        else:
            assert Decimal(step["cost"]) == event.cost
            sums[event.currency] = sums.get(event.currency, Decimal(0)) + event.cost
    assert {c: Decimal(v) for c, v in got["total"]["cost"].items()} == sums
    assert got["total"] == steps[f"e{own[0].number}"]["subtree"]


async def test_dead_letters_page_without_gaps(client_of: Clients) -> None:
    for key, has_bytes in (("reader", False), ("admin", True)):
        seen: list[dict[str, Any]] = []
        async with client_of(key) as client:
            cursor = ""
            while cursor is not None:
                page = await client.get("/v1/dead", params={"limit": 7, "cursor": cursor})
                seen += page.json()["dead"]
                cursor = page.json()["next"]
            odd = (await client.get("/v1/dead?reason=not_json")).json()["dead"]
        assert len({letter["dead_id"] for letter in seen}) == len(seen) == 25
        assert [d["occurred_at"] for d in seen] == sorted(d["occurred_at"] for d in seen)[::-1]
        assert len(odd) == 12
        assert ("original" in seen[0]) is has_bytes
    async with client_of("reader") as client:
        assert (await client.get("/v1/dead?cursor=xx")).status_code == 400


async def test_data_health_accounts_for_everything(client_of: Clients, events: list[Event]) -> None:
    async with client_of("reader") as client:
        got = (await client.get("/v1/health/data")).json()
    assert got["stored"] == len(events)
    assert got["pending"] == sum(bool(e.pending) for e in events)
    assert (got["dead"], got["conflicts"]) == (25, 0)
    assert got["unattributed"] == sum(e.org == "unattributed" for e in events)
    assert got["last_price"]["position"] == 4


async def test_prices_are_listed_and_paged(client_of: Clients) -> None:
    async with client_of("reader") as client:
        whole = (await client.get("/v1/prices")).json()["prices"]
        page = (await client.get("/v1/prices?limit=3")).json()
        rest = (await client.get("/v1/prices", params={"limit": 3, "after": page["next"]})).json()
        one = (await client.get("/v1/prices?provider=OpenAI&model=M1")).json()["prices"]
        history = (await client.get("/v1/prices/history?provider=openai&model=m1")).json()
    assert page["prices"] + rest["prices"] == whole
    assert (len(whole), rest["next"], len(one), len(history["history"])) == (4, None, 2, 2)
    assert one[0]["record"]["rates"]["input"]["price"] == "2.5"


def record(**fields: Any) -> dict[str, Any]:
    rates = {
        "input": {"price": "2.0", "per": 1_000_000},
        "output": {"price": "8.0", "per": 1_000_000},
    }
    return {
        "kind": "price",
        "provider": "openai",
        "model": "m1",
        "effective_from": "2026-11-22T00:00:00Z",
        "rates": rates,
    } | fields


async def test_a_price_is_published_under_its_key(client_of: Clients, writer: FakeWriter) -> None:
    async with client_of("admin") as client:
        told = await client.put("/v1/prices", json=[record(), record(model="new")])
    assert told.status_code == 202
    assert told.json()["position"] == 2
    for message in writer.written:
        parsed = BOOK_RECORD.validate_json(message.value or b"")
        assert book_key(parsed).encode() == message.key
        assert parsed.audit.published_by == "admin"


RATE = {"price": "2", "per": 1_000_000}
WRONG = {
    "too dear": ({"rates": {"input": {"price": "2", "per": 100}}}, "rates.input"),
    "cached over fresh": (
        {"rates": {"input": RATE, "cache_read": {"price": "3", "per": 1_000_000}}},
        "rates.cache_read",
    ),
    "five times more": (
        {"rates": {"input": {"price": "12.6", "per": 1_000_000}}},
        "rates.input",
    ),
    "other currency": ({"currency": "EUR"}, "currency"),
    "ends before it starts": ({"effective_to": "2026-01-01T00:00:00Z"}, "effective_to"),
    "money as a number": (
        {"rates": {"input": {"price": 2.0, "per": 1}}},
        "price.rates.input.price",
    ),
    "unknown field": ({"colour": "red"}, "price.colour"),
    "a zone that the pricer refuses": (
        {
            "variants": [
                {
                    "id": "night",
                    "rates": {},
                    "when": {
                        "utc_weekly": {
                            "days": [1],
                            "minutes": [[0, 60]],
                            "timezone": "Nowhere/Town",
                        }
                    },
                }
            ]
        },
        "",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_price_is_not_published(
    name: str, client_of: Clients, writer: FakeWriter
) -> None:
    fields, field = WRONG[name]
    async with client_of("admin") as client:
        told = await client.put("/v1/prices", json=[record(model="m9"), record(**fields)])
        forced = record(**fields, audit={"force": True, "reason": "checked"})
        again = await client.put("/v1/prices", json=forced)
    assert (told.status_code, told.json()["field"], told.json()["index"]) == (422, field, 1)
    is_change = name in ("five times more", "other currency")
    assert again.status_code == (202 if is_change else 422)
    assert len(writer.written) == is_change


async def test_tombstones_and_orgs(client_of: Clients, writer: FakeWriter) -> None:
    key = "price|org:globex|openai|m1|2026-01-01T00:00:00Z"
    async with client_of("admin") as client:
        assert (await client.delete(f"/v1/prices/{key}")).status_code == 202
        assert (await client.delete("/v1/prices/price|*|x|y|z")).status_code == 404
        assert (await client.put("/v1/orgs/acme", json={"name": "Acme"})).status_code == 202
        wrong = await client.put("/v1/orgs/acme", json={"org_id": "globex"})
        assert (wrong.status_code, wrong.json()["field"]) == (422, "org_id")
        assert (await client.put("/v1/orgs/acme", content=b"oops")).status_code == 400
        assert (await client.get("/v1/orgs/acme")).json() == {"org_id": "acme"}
        assert len((await client.get("/v1/orgs?limit=2")).json()["orgs"]) == 2
        assert (await client.delete("/v1/orgs/acme")).status_code == 202
        assert (await client.delete("/v1/orgs/nobody")).status_code == 404
    tombstone, org, gone = writer.written
    assert (tombstone.key, tombstone.value) == (key.encode(), None)
    assert (gone.topic, gone.key, gone.value) == (ORGS.name, b"acme", None)
    assert json.loads(org.value or b"") == {"org_id": "acme", "name": "Acme"}


async def test_parameters_beyond_a_questions_limits_are_refused(client_of: Clients) -> None:
    """Each is good by itself; they were answered 503."""
    many = [{"dim": "model", "in": ["m1"]}] * 20
    async with client_of("reader") as client:
        for answer in (
            await client.get("/v1/spend", params={"org": [f"o{n}" for n in range(101)]}),
            await client.post("/v1/explain-change", json={"where": many, "org": ["acme"]}),
        ):
            assert (answer.status_code, answer.json()["field"]) in ((400, "org"), (400, "where"))


@pytest.mark.parametrize("position", ["-1", "9223372036854775808", "x"])
async def test_what_is_no_position_is_refused(position: str, client_of: Clients) -> None:
    async with client_of("reader") as client:
        assert (await client.get(f"/v1/repricings/{position}")).status_code == 400


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00+01:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)
async def test_what_if_refuses_ranges_that_cannot_be(
    start: str, end: str, client_of: Clients
) -> None:
    async with client_of("reader") as client:
        answer = await client.post("/v1/what-if", json={"from": start, "to": end})
        assert answer.status_code == 400


async def test_the_shipped_book_is_loaded_once_by_a_person_who_may(
    client_of: Clients, writer: FakeWriter
) -> None:
    async with client_of("reader") as client:
        assert (await client.get("/v1/prices/shipped")).status_code == 403
        assert (await client.post("/v1/prices/shipped")).status_code == 403
    async with client_of("admin") as client:
        offered = (await client.get("/v1/prices/shipped")).json()
        standing = (await client.get("/v1/prices?limit=10000")).json()["prices"]
        loaded = await client.post("/v1/prices/shipped")
    assert loaded.status_code == 202
    told = loaded.json()
    assert (told["published"], len(told["held_back"])) == (offered["missing"], offered["held_back"])
    assert told["position"] == len(writer.written) == told["published"]
    keys = {(message.key or b"").decode() for message in writer.written}
    assert not keys & {version["key"] for version in standing}
    assert all(BOOK_RECORD.validate_json(m.value or b"").audit.published_at for m in writer.written)
    [note] = writer.audited
    assert (note["actor"], note["action"]) == ("admin", "price.publish_shipped")
    assert note["target"] == f"{told['published']} records"
