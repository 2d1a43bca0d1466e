"""Where answers are dear they are made before anyone is told that they changed."""

import asyncio
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
from services.api.scope import Scope
from services.api.settings import Settings
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.site import Counted, Site, on
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
QUERY = {"measures": ["cost"], "from": "2026-10-20T00:00Z", "to": "2026-10-27T00:00Z"}
EVERYONE = Scope(None)


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    """Counters as they are in service: taken as new for a second."""
    reader = Counted(settings)
    made = Site(settings, reader)
    made.app = build(settings, reader, FakeWriter(), lambda: made.now)
    yield made
    await reader.close()


async def cost(client: httpx.AsyncClient) -> Decimal:
    answer = await client.post("/v1/query", json=QUERY)
    assert answer.status_code == 200, answer.text
    return Decimal(answer.json()["total"]["total"]["cost"])


@pytest.mark.parametrize(("seconds", "number"), [(0.4, 950_000), (9.0, 950_010)])
async def test_nobody_waits_for_what_is_dear(
    site: Site, events: list[Event], seconds: float, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the pace is the slowest there is."""
    monkeypatch.setattr("services.api.query.counters.LATE_SECONDS", 60.0)  # of a busy machine
    late = replace(on(events, "2026-10-24"), number=number, cost=Decimal("7.5"))
    async with site.client() as client:
        before = await cost(client)
        counters = site.app.state.answers._counters
        counters.spent(seconds)
        await site.tell(late.line())
        counters._held[None].read_at -= counters.fresh_seconds
        site.reader.delay = 0.3
        assert await cost(client) == before, "what was told last, while the new one is made"
        for _ in range(50):
            asked = len(site.reader.asked)
            if (after := await cost(client)) != before:
                break
            await asyncio.sleep(0.1)
    assert after - before == Decimal("7.5")
    assert len(site.reader.asked) == asked, "not made by who asked"
    assert len([sql for sql in site.reader.asked if "AS side" in sql]) == 2, "made once"


async def test_who_is_told_of_a_change_is_answered_from_memory(
    site: Site, events: list[Event]
) -> None:
    late = replace(on(events, "2026-10-25"), number=950_001, cost=Decimal("3.25"))
    request: Any = SimpleNamespace(app=site.app)
    caller: Any = SimpleNamespace(scope=EVERYONE)
    counters = site.app.state.answers._counters
    async with site.client() as client:
        known = await counters.renewed(EVERYONE, recent(site.now, DAYS))
        before = await cost(client)
        counters.spent(0.4)
        await site.tell(late.line())
        event = b""
        while not event:
            known, event = await _changed(request, caller, known)
        asked = len(site.reader.asked)
        assert await cost(client) - before == Decimal("3.25")
    assert len(site.reader.asked) == asked


async def test_nobody_waits_when_a_minute_begins(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until now is until the counters were read: the next minute is prepared like a change."""
    monkeypatch.setattr("services.api.query.counters.LATE_SECONDS", 60.0)
    running = QUERY | {"from": "now-7d/d", "to": "now"}
    counters = site.app.state.answers._counters

    async def until(client: httpx.AsyncClient) -> str:
        answer = await client.post("/v1/query", json=running)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["query"]["to"])

    async with site.client() as client:
        before = await until(client)
        counters.spent(0.4)
        site.now += timedelta(minutes=1)
        asked = len(site.reader.asked)
        assert (await until(client), len(site.reader.asked)) == (before, asked)
        counters._held[None].read_at -= counters.fresh_seconds
        site.reader.delay = 0.3
        for _ in range(50):
            asked = len(site.reader.asked)
            if (after := await until(client)) != before:
                break
            await asyncio.sleep(0.1)
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) == timedelta(minutes=1)
    assert len(site.reader.asked) == asked, "not made by who asked"


async def test_who_asks_long_after_is_not_answered_from_before(
    site: Site, events: list[Event]
) -> None:
    counters = site.app.state.answers._counters
    async with site.client() as client:
        before = await cost(client)
        counters.spent(0.4)
        await site.tell(replace(on(events, "2026-10-23"), number=950_003).line())
        counters._held[None].read_at -= 5
        assert await cost(client) != before


async def test_what_cannot_be_prepared_holds_nobody_up(site: Site, events: list[Event]) -> None:
    counters = site.app.state.answers._counters

    async def broken(scope: Scope, known: object) -> None:
        raise RuntimeError("a bug")

    async with site.client() as client:
        before = await cost(client)
        counters.spent(0.4)
        counters.prepare = broken
        await site.tell(replace(on(events, "2026-10-26"), number=950_002).line())
        await asyncio.sleep(1.1)
        for _ in range(50):
            if await cost(client) != before:
                return
            await asyncio.sleep(0.1)
    raise AssertionError("the change was never told")
