"""Percentiles and distinct counts on the real engine against plain Python over the same events."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.contract.api.test_query_engine import is_in
from tests.contract.api.world import NOW, Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]


@pytest.mark.parametrize("dim", ["model", "assistant", "user", None])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_states_merge_to_what_the_calls_tell(
    dim: str | None, zone: str, client_of: Clients, events: list[Event]
) -> None:
    query = {
        "measures": ["conversations", "users", "latency_ms.p95", "ttft_ms.p50", "latency_ms.n",
                     "cost_per_conversation"],
        "by": [{"dim": dim, "top": 3}] if dim else [], "from": "2026-11-01T00:00",
        "to": "2026-11-20T00:00", "tz": zone, "interval": "week",
    }  # fmt: skip
    async with client_of("reader") as client:
        answer = await client.post("/v1/query", json=query)
    assert answer.status_code == 200, answer.text
    got = answer.json()
    since, until = (datetime.fromisoformat(got["query"][name]) for name in ("from", "to"))
    chosen = [e for e in events if since <= e.at < until]
    cells = [(got["total"], chosen)]
    cells += [(g, [e for e in chosen if is_in(e, g["key"])]) for g in got["groups"]]
    for cell, found in cells:
        check_states(cell["total"], found)
        for n, bucket in enumerate(got["buckets"]):
            start, end = (datetime.fromisoformat(bucket[name]) for name in ("start", "end"))
            inside = [e for e in found if start <= e.at < end]
            check_states({m: cell["series"][m][n] for m in query["measures"]}, inside)


def check_states(told: dict[str, Any], events: list[Event]) -> None:
    assert told["conversations"] == len({(e.org, e.conversation) for e in events if e.conversation})
    assert told["users"] == len({(e.org, e.user) for e in events if e.user})
    timed = [e for e in events if e.status == "ok" and e.operation in ("chat", "embeddings")]
    times = sorted(e.duration for e in timed)
    assert told["latency_ms.n"] == len(times)
    if not times:
        assert told["latency_ms.p95"] is None
    else:
        low, high = (times[int(0.95 * (len(times) - 1)) + n] if n + 1 < len(times) else times[-1]
                     for n in (0, 1))  # fmt: skip
        assert low * 0.98 <= told["latency_ms.p95"] <= high * 1.02
    priced = [e for e in events if not e.pending and e.currency == "USD" and e.conversation]
    talks = {(e.org, e.conversation) for e in priced}
    if not talks:
        assert told["cost_per_conversation"] is None
    else:
        each = sum((e.cost for e in priced), Decimal(0)) / len(talks)
        assert abs(Decimal(told["cost_per_conversation"]) - each) < Decimal("1e-17")


async def test_the_hour_that_runs_is_read_whole(client_of: Clients, events: list[Event]) -> None:
    """Until now, in whole hours of UTC, in half ones and in minutes."""
    for zone, interval in (
        ("UTC", "hour"),
        ("Asia/Kolkata", "hour"),
        ("UTC", "15m"),
        ("UTC", None),
    ):
        query = {"measures": ["conversations", "users", "latency_ms.n"], "tz": zone,
                 "from": "now-9h", "to": "now", "interval": interval}  # fmt: skip
        async with client_of("reader") as client:
            got = (await client.post("/v1/query", json=query)).json()
        since = datetime.fromisoformat(got["query"]["from"])
        chosen = [e for e in events if since <= e.at < NOW]
        assert got["total"]["total"]["users"] == len({(e.org, e.user) for e in chosen})
        if interval:
            talks = [len({(e.org, e.conversation) for e in chosen if start <= e.at < end})
                     for start, end in edges(got)]  # fmt: skip
            assert got["total"]["series"]["conversations"] == talks


def edges(got: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromisoformat(b["start"]), datetime.fromisoformat(b["end"]))
        for b in got["buckets"]
    ]
