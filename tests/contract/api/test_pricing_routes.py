"""Quotes, explanations, coverage, repricings and what-if on the real engine."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest

from schemas.call import CallEvent
from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from services.pricer.encode import priced_line
from services.pricing.book import PriceBook
from services.pricing.core import Priced
from services.pricing.told import decide
from services.rollup import mirrors
from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger
from services.rollup.repricing import Repricer, Speed
from services.runtime.clickhouse import Store
from services.runtime.fakes import FakeBroker, FakePublisher
from services.runtime.keys import digest
from services.runtime.migrate import migrate
from tests.conftest import run_sql
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW
from tests.engines import ClickHouseEngine
from tests.unit.pricing.make import key_of, price_record, rates

pytestmark = pytest.mark.engines
DATABASE = "api_pricing"
Clients = Callable[[str], httpx.AsyncClient]
RECORDS = [
    price_record("gpt-a", rates=rates(input="2", output="10")),
    price_record("gpt-b", rates=rates(input="4", output="20")),
    {
        "kind": "markup", "scope": "org:acme", "rule_id": "fee", "multiply": "1.5",
        "effective_from": "2026-01-01T00:00:00Z",
    },
    price_record("gpt-b", rates=rates(input="1", output="5"), revision=2, reprice="retroactive"),
]  # fmt: skip


def draw(rng: random.Random, number: int) -> CallEvent:
    at = NOW - timedelta(days=rng.randrange(3), minutes=rng.randrange(600))
    return CallEvent.model_validate(
        {
            "event_id": f"c{number}", "occurred_at": at, "org_id": rng.choice(["acme", "globex"]),
            "provider": "openai", "response_model": rng.choice(["gpt-a", "gpt-b", "gpt-ab"]),
            "usage": {"input": rng.randrange(5000), "output": rng.randrange(500)},
            "trace_id": f"t{number // 3}",
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def calls() -> list[CallEvent]:
    rng = random.Random(5)
    return [draw(rng, number) for number in range(120)]


async def fill(settings: Settings, calls: list[CallEvent]) -> None:
    """Two records and the calls, then the markup and the correction, which a repricer sees."""
    store = await Store.connect(settings)
    await migrate(store, "schemas.clickhouse")
    book, ledger = PriceBook(), Ledger(store, "pricing")
    await ledger.prepare()
    for at, record in enumerate(RECORDS):
        value, key = orjson.dumps(record), key_of(record)
        book.apply(key, value, at)
        source = mirrors.Source("prices.v1", 0, at, datetime(2026, 11, 1, tzinfo=UTC), key)
        [entry] = mirrors.prices(source, value)
        await store.insert_bytes(entry.table, mirrors.encode([entry.row or {}]))
        if at == 2:
            lines = [priced_line(event, decide(event, book), book.position) for event in calls]
            cascade = Cascade(store, ledger.scratch)
            cascade.touch((await ledger.flush(lines)).hours)
            while cascade.hours.dirty or cascade.days.dirty or cascade.subjects.dirty:
                await cascade.refresh(everything=True)
    publisher = FakePublisher(FakeBroker())
    await Repricer(store, publisher, Speed(10**9), lambda: True).once(asyncio.Event())
    await store.close()


@pytest.fixture(scope="module")
def settings(clickhouse: ClickHouseEngine, calls: list[CallEvent]) -> Iterator[Settings]:
    keys = [
        {"key_id": "reader", "sha256": digest("reader-secret"), "scopes": ["read"]},
        {"key_id": "acme", "sha256": digest("acme-secret"), "scopes": ["read"], "org_id": "acme"},
    ]
    made = Settings(
        keys=orjson.dumps(keys).decode(),
        clickhouse_url=clickhouse.url,
        clickhouse_database=DATABASE,
    )
    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")
    run_sql(clickhouse.url, f"CREATE DATABASE {DATABASE}")
    asyncio.run(fill(made, calls))
    yield made
    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")


@pytest.fixture
async def client_of(settings: Settings) -> AsyncIterator[Clients]:
    reader = Reader(settings)
    app = build(settings, reader, FakeWriter(), lambda: NOW)

    def make(key: str) -> httpx.AsyncClient:
        transport: Any = httpx.ASGITransport(app)
        headers = {"authorization": f"Bearer {key}-secret"}
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    yield make
    await reader.close()


def money(event: CallEvent, model: str, revised: bool = True) -> Decimal:
    price = {"gpt-a": (2, 10), "gpt-b": (1, 5) if revised else (4, 20)}[model]
    used = event.usage or {}
    return (Decimal(used["input"]) * price[0] + Decimal(used["output"]) * price[1]) / 10**6


QUOTE = {
    "id": 1, "provider": "openai", "model": "gpt-a", "time": "2026-11-20T00:00:00Z",
    "usage": {"input": 1000, "output": 100},
}  # fmt: skip


async def test_quote_prices_supposes_and_names_what_is_wrong(client_of: Clients) -> None:
    dearer = price_record("gpt-a", rates=rates(input="200", output="10"))
    wrong = QUOTE | {"id": 2, "usage": {"input": -1}}
    async with client_of("reader") as client:
        got = (await client.post("/v1/quote", json={"calls": [QUOTE, wrong]})).json()
        body = {"calls": [QUOTE], "records": [dearer]}
        supposed = (await client.post("/v1/quote", json=body)).json()
        again = (await client.post("/v1/quote", json={"calls": [QUOTE]})).json()
        bad = await client.post("/v1/quote", json={"calls": [QUOTE], "records": [{"kind": "x"}]})
        worse = {"calls": [QUOTE], "records": [price_record(effective_to="2020-01-01T00:00:00Z")]}
        refused = await client.post("/v1/quote", json=worse)
    first, second = got["quotes"]
    assert (first["cost_usd"], first["record"]) == ("0.003", key_of(RECORDS[0]).decode())
    assert second["id"] == 2
    assert second["error"].startswith("usage.input")
    assert supposed["quotes"][0]["cost_usd"] == "0.201"
    assert again["quotes"][0]["cost_usd"] == "0.003"
    assert (bad.status_code, refused.status_code) == (422, 422)
    assert "records.0" in bad.json()["field"]


async def test_a_key_of_one_org_quotes_as_that_org(client_of: Clients) -> None:
    async with client_of("acme") as client:
        call = QUOTE | {"org_id": "globex"}
        got = (await client.post("/v1/quote", json={"calls": [call]})).json()["quotes"][0]
    assert (got["cost_usd"], got["charge_usd"]) == ("0.003", "0.0045")


async def test_explain_recomputes_every_kind_of_call(
    client_of: Clients, calls: list[CallEvent]
) -> None:
    async with client_of("reader") as client:
        for event in calls[:12]:
            got = (await client.get(f"/v1/calls/{event.event_id}/explain")).json()
            if event.response_model == "gpt-ab":
                assert (got["outcome"], got["reason"]) == ("pending", "model_unknown")
                continue
            cost = money(event, event.response_model, revised=False)
            assert Decimal(got["cost"]) == cost
            assert got["adds_up"] is True
            charge = cost * (Decimal("1.5") if event.org_id == "acme" else 1)
            assert Decimal(got["charge"]) == charge
            assert (
                got["price_record"]["rates"]
                == RECORDS[int(event.response_model == "gpt-b")]["rates"]
            )
            assert Decimal(got["today"]["cost_usd"]) == money(event, event.response_model)
        assert (await client.get("/v1/calls/nothing/explain")).status_code == 404
    other = next(e for e in calls if e.org_id == "globex")
    async with client_of("acme") as client:
        assert (await client.get(f"/v1/calls/{other.event_id}/explain")).status_code == 404


async def test_coverage_names_rule_money_and_candidates(
    client_of: Clients, calls: list[CallEvent]
) -> None:
    async with client_of("reader") as client:
        got = (await client.get("/v1/coverage")).json()["items"]
    found = {item["model"]: item for item in got}
    assert got[0]["model"] == "gpt-ab"
    unmatched = found["gpt-ab"]
    assert unmatched["calls"] == sum(e.response_model == "gpt-ab" for e in calls)
    assert unmatched["matched_by"] is None
    assert set(unmatched["candidates"]) == {"gpt-a", "gpt-b"}
    assert unmatched["alias"]["reference"] == "gpt-ab"
    assert Decimal(unmatched["estimate"]["high"]) > Decimal(unmatched["estimate"]["low"]) > 0
    assert (found["gpt-a"]["matched_by"], found["gpt-a"]["pending"]) == ("exact", None)


async def test_repricings_tell_progress_and_old_and_new_cost(
    client_of: Clients, calls: list[CallEvent]
) -> None:
    async with client_of("reader") as client:
        [job] = (await client.get("/v1/repricings")).json()["repricings"]
        changes = (await client.get(f"/v1/repricings/{job['position']}")).json()["changes"]
    touched = [e for e in calls if e.response_model == "gpt-b"]
    assert (job["position"], job["share_done"], job["calls_changed"]) == (3, 1.0, len(touched))
    for org in ("acme", "globex"):
        own = [e for e in touched if e.org_id == org]
        rows = [row for row in changes if row["org_id"] == org]
        assert sum(row["calls"] for row in rows) == len(own)
        before = sum(Decimal(row["cost_before"]) for row in rows)
        assert before == sum(money(e, "gpt-b", revised=False) for e in own)
        assert sum(Decimal(row["cost_after"]) for row in rows) == sum(
            money(e, "gpt-b") for e in own
        )
    async with client_of("acme") as client:
        own_rows = (await client.get("/v1/repricings/3")).json()["changes"]
    assert {row["org_id"] for row in own_rows} == {"acme"}


RANGE = {"from": "2026-11-15T00:00:00Z", "to": "2026-11-23T00:00:00Z"}


async def test_what_if_prices_the_range_again(client_of: Clients, calls: list[CallEvent]) -> None:
    free = price_record("gpt-a", rates=rates(input="0", output="0"))
    async with client_of("reader") as client:
        same = (await client.post("/v1/what-if", json=RANGE)).json()
        body = RANGE | {"records": [free], "model": "gpt-a"}
        got = (await client.post("/v1/what-if", json=body)).json()
        other = RANGE | {"instead": {"model": "gpt-a"}}
        instead = (await client.post("/v1/what-if", json=other)).json()
        wrong = await client.post("/v1/what-if", json={"from": RANGE["to"], "to": RANGE["from"]})
    priced = [e for e in calls if e.response_model != "gpt-ab"]
    assert same["calls"] == len(calls)
    assert Decimal(same["total"]["USD"]["cost"]) == sum(
        money(e, e.response_model, revised=False) for e in priced
    )
    assert Decimal(same["total"]["USD"]["cost_then"]) == sum(
        money(e, e.response_model) for e in priced
    )
    of_a = [e for e in calls if e.response_model == "gpt-a"]
    assert (got["calls"], got["total"]["USD"]["cost_then"]) == (len(of_a), "0")
    assert Decimal(instead["total"]["USD"]["cost_then"]) == sum(money(e, "gpt-a") for e in calls)
    assert wrong.status_code == 400
    async with client_of("acme") as client:
        own = (await client.post("/v1/what-if", json=RANGE | {"org": "globex"})).json()
        mine = (await client.post("/v1/what-if", json=RANGE)).json()
    assert own["calls"] == 0
    assert {row["org_id"] for row in mine["changes"]} == {"acme"}


def test_priced_is_what_the_tests_expect(calls: list[CallEvent]) -> None:
    book = PriceBook()
    for at, record in enumerate(RECORDS[:2]):
        book.apply(key_of(record), orjson.dumps(record), at)
    for event in calls:
        result = decide(event, book).result
        assert isinstance(result, Priced) is (event.response_model != "gpt-ab")


async def test_half_a_surrogate_pair_is_the_client_s_fault(client_of: Clients) -> None:
    async with client_of("reader") as client:
        for body in (b'{"calls": [{"\\ud800": "\\udfff"}]}', b'{"\\ud800": 1}'):
            told = await client.post("/v1/quote", content=body)
            assert told.status_code < 500, told.text
