"""Exports on the real engine: every row, in key order, resumable anywhere, within the scope."""

import csv
import io
import random
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest

from services.api.settings import Settings
from services.runtime.clickhouse import Store
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
WIDE = {"from": "2026-01-01T00:00Z", "to": "2026-12-01T00:00Z"}


async def rows(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    told = await client.get("/v1/export", params=WIDE | {"format": "ndjson"} | asked)
    assert told.status_code == 200, told.text
    return [orjson.loads(line) for line in told.content.splitlines()]


def costs(events: list[Event], key: Callable[[Event], Any]) -> dict[Any, Decimal]:
    found: dict[Any, Decimal] = {}
    for event in events:
        cost = Decimal(0) if event.pending or event.currency != "USD" else event.cost
        found[key(event)] = found.get(key(event), Decimal(0)) + cost
    return found


async def test_groups_are_all_there_and_exact(client_of: Clients, events: list[Event]) -> None:
    async with client_of("reader") as client:
        told = await rows(client, by=["org", "model"], measures=["cost", "steps"])
        days = await rows(client, by=["org"], interval="day", tz="Asia/Kathmandu")
    expected = costs(events, lambda e: (e.org, e.model))
    assert {(r["org"], r["model"]) for r in told} == set(expected)
    for row in told:
        whole = expected[row["org"], row["model"]]
        assert row["cost"] is None or isinstance(row["cost"], str)
        assert Decimal(row["cost"] or 0) == whole
        mine = [e for e in events if (e.org, e.model) == (row["org"], row["model"])]
        assert row["other_currency_calls"] == sum(
            e.currency == "EUR" and not e.pending for e in mine
        )
    assert sum(r["steps"] for r in told) == len(events)
    assert sum(r["pending_calls"] for r in told) == sum(bool(e.pending) for e in events)
    assert [(r["org"], r["model"]) for r in told] == sorted(
        ((r["org"], r["model"]) for r in told), key=lambda k: tuple(p.encode() for p in k)
    )
    async with client_of("reader") as client:
        yen = await rows(client, by=["org"], measures=["cost", "steps"], currency="JPY")
    assert [r["cost"] for r in yen] == [None] * len(yen), "priced, but not in yen"
    assert sum(Decimal(r["cost"] or 0) for r in days) == sum(expected.values())
    assert all(r["start"].endswith("T00:00:00+05:45") for r in days[1:] if "T" in r["start"])


@pytest.mark.parametrize(
    "asked",
    [
        {"by": ["org", "model"], "interval": "day"},
        {"by": ["user"]},
        {"what": "calls"},
        {"what": "calls", "org": "acme", "model": "m1"},
    ],
)
async def test_an_export_goes_on_behind_any_row(client_of: Clients, asked: dict[str, Any]) -> None:
    async with client_of("reader") as client:
        whole = await rows(client, **asked)
        told = await client.get("/v1/export", params=WIDE | asked)
        key = told.headers["x-export-key"].split(",")
        assert len(whole) > 3
        for at in (0, len(whole) // 2, len(whole) - 1):
            after = orjson.dumps([whole[at][name] for name in key]).decode()
            assert await rows(client, **asked, after=after) == whole[at + 1 :]


async def test_calls_are_those_that_count(client_of: Clients, events: list[Event]) -> None:
    async with client_of("reader") as client:
        told = await rows(client, what="calls")
    assert {r["event_id"] for r in told} == {f"e{e.number}" for e in events}
    of = {f"e{e.number}": e for e in events}
    for row in random.Random(1).sample(told, 200):
        event = of[row["event_id"]]
        assert (row["org"], row["user"], row["tok_in"]) == (event.org, event.user, event.tokens)
        assert row["cost"] is None if event.pending else Decimal(row["cost"]) == event.cost


async def test_an_org_exports_itself_alone(client_of: Clients, events: list[Event]) -> None:
    async with client_of("acme") as client:
        told = await rows(client, what="calls")
        assert {r["event_id"] for r in told} == {f"e{e.number}" for e in events if e.org == "acme"}
        assert not {"cost", "cost_input", "cache_saved", "price_record"} & told[0].keys()
        assert "charge" in told[0]
        assert {r["org"] for r in await rows(client, by=["org"])} == {"acme"}
        foreign = await client.get("/v1/export", params=WIDE | {"org": "globex"})
        assert foreign.status_code == 404
        behind = await rows(client, what="calls", after='["", "2026-01-01T00:00:00Z", "0"]')
        assert behind == told
    async with client_of("") as client:
        assert (await client.get("/v1/export")).status_code == 401


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"measures": ["latency_ms.p95"]}, 422, "measures"),
        ({"measures": ["costs"]}, 400, "measures"),
        ({"by": ["org"], "after": "acme"}, 400, "after"),
        ({"by": ["org"], "after": '["a", "b"]'}, 400, "after"),
        ({"by": ["org"], "after": "[1]"}, 400, "after"),
        ({"what": "calls", "after": '["a", "yesterday", "1"]'}, 400, "after"),
        ({"what": "calls", "after": '["a", "2026-01-01T00:00:00Z", "x"]'}, 400, "after"),
        ({"format": "xlsx"}, 400, "format"),
        ({"interval": "1m"}, 422, "interval"),
        ({"q": "?"}, 400, "q"),
    ],
)
async def test_what_cannot_be_exported_is_named(
    client_of: Clients, asked: dict[str, Any], status: int, field: str
) -> None:
    async with client_of("reader") as client:
        told = await client.get("/v1/export", params=WIDE | asked)
    assert (told.status_code, told.json()["field"]) == (status, field)


@pytest.mark.parametrize(
    ("measure", "why"),
    [
        ("latency_ms.p95", "merged from states"), ("conversations", "merged from states"),
        ("cost_per_conversation", "merged from states"), ("error_share", "divide the sums"),
        ("margin", "revenue is an org's"), ("resolved", "joined by conversation"),
    ],
)  # fmt: skip
async def test_what_is_not_exported_says_why(client_of: Clients, measure: str, why: str) -> None:
    async with client_of("reader") as client:
        told = await client.get("/v1/export", params={"measures": ["cost", measure]})
    assert why in told.json()["detail"]
    assert "/v1/query" in told.json()["hint"]
    assert "cost" in told.json()["allowed"]


RISKY = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1+1"]


@pytest.fixture
async def defused(settings: Settings) -> AsyncIterator[list[str]]:
    """Calls of users whose names a spreadsheet would take for formulas, and of others."""
    store = await Store.connect(settings)
    names = [*RISKY, 'quo"te', "plain", "né, ü\n", "'plain"]
    lines = [
        {"org_id": "defused", "bucket": 1795000000 // 60 * 60, "call_key": str(n + 1), "ver": "1",
         "occurred_at": "2026-11-18 10:00:00.000", "event_id": f"d{n}", "user_id": name}
        for n, name in enumerate(names)
    ]  # fmt: skip
    await store.insert_bytes("calls", b"\n".join(map(orjson.dumps, lines)))
    yield names
    await store.command("DELETE FROM calls WHERE org_id = 'defused'")
    await store.close()


def users(told: httpx.Response) -> list[str]:
    assert told.status_code == 200, told.text
    return [row["user"] for row in csv.DictReader(io.StringIO(told.content.decode(), newline=""))]


async def test_spreadsheets_get_no_formulas(client_of: Clients, defused: list[str]) -> None:
    async with client_of("reader") as client:
        asked = WIDE | {"what": "calls", "org": "defused"}
        told = await client.get("/v1/export", params=asked)
        parquet = await client.get("/v1/export", params=asked | {"format": "parquet"})
    assert users(told) == [*(f"'{name}" for name in RISKY), *defused[len(RISKY) :]]
    assert parquet.content[:4] == parquet.content[-4:] == b"PAR1"
    assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
    assert "attachment" in parquet.headers["content-disposition"]


async def test_a_table_for_spreadsheets_goes_on_behind_any_row(
    client_of: Clients, defused: list[str]
) -> None:
    """Its rows tell the key defused: going on behind one must not bring it again."""
    async with client_of("reader") as client:
        asked = WIDE | {"by": "user", "org": "defused"}
        whole = users(await client.get("/v1/export", params=asked))
        assert len(whole) == len(defused)
        for at, name in enumerate(whole):
            after = orjson.dumps([name]).decode()
            rest = users(await client.get("/v1/export", params=asked | {"after": after}))
            assert rest == whole[at + 1 :]
