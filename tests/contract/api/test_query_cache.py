"""Answers are kept by what they depend on: no change is missed, nothing else asks again."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.api.http import build
from services.api.query.cache import recent
from services.api.query.changes import DAYS, _changed
from services.api.query.counters import Counters
from services.api.scope import Scope
from services.api.settings import Settings
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.site import Counted, Site, on
from tests.contract.api.world import NOW, Event, price

pytestmark = pytest.mark.engines
OLD = {"from": "2026-10-20T00:00Z", "to": "2026-10-27T00:00Z"}
QUERY = {"measures": ["cost", "steps"], "by": [{"dim": "model"}], "interval": "day", **OLD}
STATES = {"measures": ["conversations", "latency_ms.p95"], **OLD}


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    reader = Counted(settings)
    yield Site(settings, reader)
    await reader.close()


async def ask(client: httpx.AsyncClient, query: dict[str, Any], tag: str = "") -> httpx.Response:
    headers = {"if-none-match": tag} if tag else {}
    answer = await client.post("/v1/query", json=query, headers=headers)
    assert answer.status_code in (200, 304), answer.text
    return answer


async def test_the_same_question_is_answered_from_memory(site: Site) -> None:
    async with site.client() as client:
        first = await ask(client, QUERY)
        count = len(site.reader.asked)
        again = await ask(client, QUERY)
        held = await ask(client, QUERY, first.headers["etag"])
        listed = await ask(client, QUERY, f'"other", {first.headers["etag"]}')
        usage = await client.get(
            "/v1/usage", params=OLD | {"by": "model", "top": 7, "interval": "day",
                                       "measures": "cost,steps"},
        )  # fmt: skip
    assert first.content == again.content == usage.content
    assert (held.status_code, held.content, held.headers["etag"]) == (
        304,
        b"",
        first.headers["etag"],
    )
    assert listed.status_code == 304
    assert count > 0
    assert len(site.reader.asked) == count
    assert first.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("query", [QUERY, STATES], ids=["sums", "states"])
async def test_a_late_call_and_a_new_price_of_an_old_day_are_seen(
    query: dict[str, Any], site: Site, events: list[Event]
) -> None:
    old = on(events, "2026-10-22")
    number = 900_000 + 100 * len(query)
    late = replace(old, number=number, at=old.at + timedelta(seconds=5), cost=Decimal("7.5"))
    dearer = replace(late, cost=Decimal("9.25"))
    async with site.client() as client:
        told = [await ask(client, query)]
        for lines in ([late.line()], [dearer.line(revision=2)]):
            await site.tell(*lines)
            told.append(await ask(client, query, told[-1].headers["etag"]))
        same = await ask(client, query, told[-1].headers["etag"])
    assert [t.status_code for t in told] == [200, 200, 200]
    assert same.status_code == 304
    totals = [t.json()["total"]["total"] for t in told]
    if query is QUERY:
        costs = [Decimal(t["cost"]) for t in totals]
        assert [costs[1] - costs[0], costs[2] - costs[1]] == [Decimal("7.5"), Decimal("1.75")]
        assert totals[2]["steps"] == totals[1]["steps"] == totals[0]["steps"] + 1
    else:
        assert totals[1]["conversations"] == totals[0]["conversations"] + 1


async def test_a_change_of_another_day_changes_nothing(site: Site, events: list[Event]) -> None:
    other = replace(on(events, "2026-10-29"), number=910_000)
    async with site.client() as client, site.client("acme") as own:
        first, mine = await ask(client, QUERY), await ask(own, QUERY)
        await site.tell(other.line())
        assert (await ask(client, QUERY, first.headers["etag"])).status_code == 304
        foreign = replace(on(events, "2026-10-23", "globex"), number=910_001)
        await site.tell(foreign.line())
        assert (await ask(client, QUERY, first.headers["etag"])).status_code == 200
        held = await ask(own, QUERY, mine.headers["etag"])
    assert held.status_code == 304, "an org's answer depends on its own days alone"


async def test_an_answer_is_never_another_scopes(site: Site) -> None:
    async with site.client() as everyone, site.client("acme") as own:
        all_of_it, mine = await ask(everyone, QUERY), await ask(own, QUERY)
        crossed = await ask(own, QUERY, all_of_it.headers["etag"])
    assert all_of_it.headers["etag"] != mine.headers["etag"]
    assert crossed.status_code == 200
    assert crossed.content == mine.content != all_of_it.content


async def test_what_else_an_answer_depends_on(site: Site) -> None:
    paid = {"measures": ["revenue", "cost"], **OLD}
    rated = {"measures": ["feedback"], **OLD}
    async with site.client() as client:
        tags = [(await ask(client, q)).headers["etag"] for q in (paid, rated, QUERY)]
        site.insert("orgs", {"org_id": "acme", "position": 900, "currency": "USD",
                             "monthly_revenue": {"2026-10": "31"}, "record": "{}"})  # fmt: skip
        assert (await ask(client, paid, tags[0])).json()["total"]["total"]["revenue"] == "7"
        assert (await ask(client, QUERY, tags[2])).status_code == 304
        site.insert("outcomes", {"outcome_id": "o1", "occurred_at": "2026-10-21T00:00:00Z",
                                 "org_id": "acme", "kind": "feedback", "name": "thumb",
                                 "value": "1"})  # fmt: skip
        assert (await ask(client, rated, tags[1])).json()["total"]["total"]["feedback"] == 1
        before = (await ask(client, QUERY)).json()["completeness"]["estimate"]
        site.insert("price_log", json.loads(price("openai", "m7", "900", "900", 77)))
        after = (await ask(client, QUERY, tags[2])).json()["completeness"]["estimate"]
    assert Decimal(after["high"]) > Decimal(before["high"]) * 10


async def test_a_running_range_is_another_question_each_minute(site: Site) -> None:
    query = {"measures": ["cost"], "from": "now-2d/d", "to": "now", "interval": "day"}
    async with site.client() as client:
        first = await ask(client, query)
        site.now = NOW + timedelta(seconds=30)
        half = await ask(client, query)
        site.now = NOW + timedelta(seconds=61)
        later = await ask(client, query)
        assert (await ask(client, query, half.headers["etag"])).status_code == 200
    ends = [datetime.fromisoformat(a.json()["query"]["to"]) for a in (first, half, later)]
    assert [end - NOW for end in ends] == [timedelta(minutes=n) for n in (0, 1, 2)]
    assert [a.json()["buckets"][-1]["partial"] for a in (first, later)] == [True, True]


async def test_those_who_ask_at_once_share_one_answer(site: Site) -> None:
    site.reader.delay = 0.2
    query = QUERY | {"by": [{"dim": "user", "top": 3}]}
    async with site.client() as client:
        answers = await asyncio.gather(*(ask(client, query) for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert len([sql for sql in site.reader.asked if "narrow" in sql or "calls FINAL" in sql]) <= 3


def test_how_often_counters_are_read_follows_what_answers_cost() -> None:
    counters = Counters(None, lambda: NOW, fresh_seconds=1.0)  # type: ignore[arg-type]
    assert counters.fresh_seconds == 1.0
    counters.spent(0.4)
    assert counters.fresh_seconds == 1.0
    counters.spent(3.0)
    assert counters.fresh_seconds == 6.0
    counters.spent(0.1)
    assert 5.0 < counters.fresh_seconds < 6.0, "one cheap answer among dear ones tells little"
    counters.spent(60.0)
    assert counters.fresh_seconds == 10.0
    for _ in range(60):
        counters.spent(0.1)
    assert counters.fresh_seconds == 1.0


async def test_who_hears_of_a_change_and_asks_is_answered_with_it(
    site: Site, settings: Settings, events: list[Event]
) -> None:
    """Answers that took long make counters seconds old: then a change is told as late as it."""
    site.app = build(settings, site.reader, FakeWriter(), lambda: site.now)
    state, everyone = site.app.state, Scope(None)
    request: Any = SimpleNamespace(app=site.app)
    caller: Any = SimpleNamespace(scope=everyone)
    async with site.client() as client:
        known = await state.streams.counters.known(everyone, recent(site.now, DAYS))
        first = await ask(client, QUERY)
        state.answers._counters.spent(1.0)
        await site.tell(replace(on(events, "2026-10-24"), number=940_000).line())
        for _ in range(40):
            known, event = await _changed(request, caller, known)
            asked_again = await ask(client, QUERY, first.headers["etag"])
            assert asked_again.status_code == (200 if event else 304)
            if event:
                break
            await asyncio.sleep(0.1)
    assert told(event) == {"as_of": None, "days": ["2026-10-24"], "also": []}
    site.insert("orgs", {"org_id": "acme", "position": 901, "currency": "USD", "record": "{}"})
    state.answers._counters = state.streams.counters = Counters(
        site.reader, lambda: site.now, fresh_seconds=0
    )
    _, event = await _changed(request, caller, known)
    assert told(event) == {"as_of": None, "days": [], "also": ["orgs"]}


def told(event: bytes) -> Any:
    return json.loads(event.removeprefix(b"event: changed\ndata: "))


async def test_a_batch_is_held_as_a_whole(site: Site, events: list[Event]) -> None:
    body = {"queries": [QUERY, STATES, {"measures": ["cots"]}]}
    async with site.client() as client:
        first = await client.post("/v1/query/batch", json=body)
        headers = {"if-none-match": first.headers["etag"]}
        same = await client.post("/v1/query/batch", json=body, headers=headers)
        await site.tell(replace(on(events, "2026-10-24"), number=920_000).line())
        count = len(site.reader.asked)
        other = await client.post("/v1/query/batch", json=body, headers=headers)
        alone = await ask(client, QUERY)
        q = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
        linked = await client.get("/v1/query/batch", params={"q": q})
        headers = {"if-none-match": other.headers["etag"]}
        held = await client.get("/v1/query/batch", params={"q": q}, headers=headers)
        wrong = await client.get("/v1/query/batch", params={"q": "e30"})
    assert (first.status_code, same.status_code, other.status_code) == (200, 304, 200)
    assert (linked.json()["answers"][:2], held.status_code) == (other.json()["answers"][:2], 304)
    assert linked.headers["cache-control"] == "private, no-cache"
    assert (wrong.status_code, wrong.json()["field"]) == (400, "queries")
    assert other.json()["answers"][0] == alone.json()
    assert [a.get("status") for a in other.json()["answers"]] == [None, None, 400]
    assert len(site.reader.asked) > count


async def test_questions_that_differ_in_measures_are_one_reading(site: Site) -> None:
    by = {"interval": "week", "by": [{"dim": "model", "top": 2, "order": "cost"}], **OLD}
    queries = [by | {"measures": m} for m in (["steps"], ["cost", "errors"], ["tokens", "steps"])]
    async with site.client() as client:
        body = {"queries": queries}
        batch = (await client.post("/v1/query/batch", json=body)).json()["answers"]
        asked = [sql for sql in site.reader.asked if "AS side" in sql]
        site.app.state.answers._shelf._kept.clear()
        alone = [(await ask(client, query)).json() for query in queries]
    assert len(asked) == 1
    assert batch == alone


async def test_memory_is_bounded(site: Site) -> None:
    shelf = site.app.state.answers._shelf
    shelf._bytes_max = 20_000
    async with site.client() as client:
        for day in range(1, 25):
            await ask(client, QUERY | {"from": f"2026-10-{day:02}T00:00Z"})
    assert shelf._bytes == sum(len(kept.body) for kept in shelf._kept.values()) <= 20_000


async def test_closed_months_without_a_pending_call_are_final(site: Site) -> None:
    priced = {"measures": ["cost"], "where": [{"dim": "price_record", "is_null": False}]}
    october = priced | {"from": "2026-10-20T00:00Z", "to": "2026-11-01T00:00Z"}
    reaching = october | {"to": "2026-11-01T00:01Z"}
    is_in = {"topic": "priced.v1", "position": 1, "end_offset": 1,
             "record_at": "2026-11-02T00:00:00Z", "flushed_at": "2026-11-02T00:00:00Z"}  # fmt: skip
    site.insert("progress", is_in)
    async with site.client() as client, site.client("acme") as own:
        before = (await ask(client, october)).json()["completeness"]
        site.insert("closed_months", {"month": "2026-10-01", "is_closed": 1, "reason": "test",
                                      "closed_at": "2026-11-02T00:00:00Z"})  # fmt: skip
        told = [(await ask(c, q)).json()["completeness"]["state"]
                for c, q in ((client, october), (own, october), (client, reaching),
                             (client, october | {"where": []}))]  # fmt: skip
    assert before["state"] == "settled"
    assert told == ["final", "final", "settled", "open"]


async def test_a_closed_month_is_open_while_the_ledger_is_behind_its_end(site: Site) -> None:
    october = {"measures": ["steps"], "from": "2026-10-20T00:00Z", "to": "2026-11-01T00:00Z",
               "where": [{"dim": "price_record", "is_null": False}]}  # fmt: skip
    last = "2026-10-31T23:59:00Z"
    site.insert("progress", {"topic": "priced.v1", "position": 1, "end_offset": 2,
                             "record_at": last, "flushed_at": "2026-11-02T00:00:00Z"})  # fmt: skip
    site.insert("closed_months", {"month": "2026-10-01", "is_closed": 1, "reason": "test",
                                  "closed_at": "2026-11-02T00:00:00Z"})  # fmt: skip
    async with site.client() as client:
        told = (await ask(client, october)).json()["completeness"]
    assert (told["state"], told["as_of"]) == ("open", last)
