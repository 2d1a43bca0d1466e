"""What conversations cost is read from the whole ledger of a range: once for each change."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from services.api.http import build
from services.api.query.counters import DEAR_SECONDS
from services.api.settings import Settings
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.site import Counted, Site, on
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
OLD = {"from": "2026-10-20T00:00Z", "to": "2026-10-27T00:00Z"}


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    reader = Counted(settings)
    yield Site(settings, reader)
    await reader.close()


async def talks(client: httpx.AsyncClient, tag: str = "") -> httpx.Response:
    headers = {"if-none-match": tag} if tag else {}
    return await client.get("/v1/conversation-costs", params=OLD, headers=headers)


async def test_what_conversations_cost_is_kept_until_a_day_around_them_changes(
    site: Site, events: list[Event]
) -> None:
    inside = on(events, "2026-10-22")
    late = replace(inside, number=930_000, trace="talk-late", cost=Decimal("7.5"))
    before = replace(late, number=930_001, at=late.at - timedelta(days=5))
    afar = replace(late, number=930_002, at=late.at - timedelta(days=12))
    async with site.client() as client:
        site.reader.delay = 0.2
        first, *others = await asyncio.gather(*(talks(client) for _ in range(5)))
        count = len(site.reader.asked)
        held = await talks(client, first.headers["etag"])
        assert {other.content for other in others} == {first.content}
        assert (count, len(site.reader.asked), held.status_code) == (1, 1, 304)
        found = [first.json()["count"]]
        for event, change in ((late, 1), (before, -1), (afar, 0)):
            await site.tell(event.line())
            later = await talks(client, first.headers["etag"])
            found.append(later.json()["count"])
            assert found[-1] - found[-2] == change, event.at
    assert later.json()["as_of"] is None, "no progress is known here"


async def test_where_it_takes_long_the_answer_before_is_given_while_the_next_is_made(
    settings: Settings, site: Site, events: list[Event]
) -> None:
    inside = on(events, "2026-10-22")
    late = replace(inside, number=960_000, trace="talk-dear", cost=Decimal("7.5"))
    site.app = build(settings, site.reader, FakeWriter(), lambda: site.now)
    answers = site.app.state.answers

    def pass_by(seconds: float) -> None:
        """So long after an answer that took 0.3 s."""
        answers._counters._held[None].read_at = float("-inf")
        for name, made in answers.dear._last.items():
            answers.dear._last[name] = made._replace(at=time.monotonic() - seconds, cost=0.3)

    async with site.client() as client:
        site.reader.delay = DEAR_SECONDS + 0.05
        first = await talks(client)
        count = first.json()["count"]
        for change in range(3):
            await site.tell(
                replace(late, number=late.number + 12 * change, trace=f"d{change}").line()
            )
            pass_by(1.5)
            asked = len(site.reader.asked)
            soon = await talks(client, first.headers["etag"])
            assert (soon.status_code, len(site.reader.asked)) == (304, asked), "not due yet"
            pass_by(10.0 if change < 2 else 60.0)
            older = await talks(client)
            if change < 2:
                assert older.content == first.content, "the one before, with its own tag"
                assert older.headers["etag"] == first.headers["etag"]
                await answers._shelf.wait(list(answers._shelf._coming))
            first = await talks(client)
            assert len(site.reader.asked) == asked + 1, "made once, and by nobody who waits"
            assert first.json()["count"] == count + change + 1
        assert older.content == first.content, "long after, who asks waits"


async def test_a_comparison_is_kept_until_calls_or_outcomes_change(
    site: Site, events: list[Event]
) -> None:
    sides = OLD | {"a": "support", "b": "sales"}
    spoken = replace(on(events, "2026-10-22"), number=940_000, trace="compared", assistant="sales")
    outcome = {
        "outcome_id": "o-compared", "occurred_at": "2026-10-22T10:00:00Z", "org_id": "acme",
        "kind": "outcome", "name": "resolved", "conversation_id": spoken.conversation,
    }  # fmt: skip

    async with site.client() as client:
        first = await client.get("/v1/compare", params=sides)
        count = len(site.reader.asked)
        headers = {"if-none-match": first.headers["etag"]}
        held = await client.get("/v1/compare", params=sides, headers=headers)
        assert (held.status_code, len(site.reader.asked)) == (304, count)
        other = await client.get("/v1/compare", params=sides | {"b": "support"})
        assert other.json()["a"] == other.json()["b"] == first.json()["a"]
        await site.tell(spoken.line())
        second = (await client.get("/v1/compare", params=sides, headers=headers)).json()
        site.insert("outcomes", outcome)
        third = (await client.get("/v1/compare", params=sides, headers=headers)).json()
    assert second["b"]["n"] == first.json()["b"]["n"] + 1
    assert second["a"] == first.json()["a"]
    assert third["b"]["resolved"] == second["b"]["resolved"] + 1
