"""Many viewers of the overview at once, while calls come in."""

import asyncio
import time
from multiprocessing import get_context
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.bench.bench_path import load, publish_prices
from tests.system import System

POLL_SECONDS = 5.0
SPLITS = ("model", "provider", "assistant", "org", "feature", "environment")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
TOOLS = ["execute_tool", "retrieval", "rerank", "embeddings", "guardrail"]
BESIDE = (
    "/v1/spend?", "/v1/conversation-costs?", "/v1/margins?", "/v1/budgets", "/v1/health/data",
    "/v1/repricings?limit=20",
)  # fmt: skip
"""What the overview asks for beside its batch."""
STATEMENTS = "tracetally_statement_seconds_count"


def overview(start: str, zone: str, split: str) -> list[dict[str, Any]]:
    """The questions of the dashboard's overview (its `pages/overview/queries.ts`)."""
    whole = {"from": start, "to": "now", "tz": zone, "currency": "USD"}

    def over(*measures: str) -> dict[str, Any]:
        return whole | {"measures": list(measures), "interval": "auto"}

    def cut(dim: str, order: str, *measures: str, top: int = 7) -> dict[str, Any]:
        by = [{"dim": dim, "top": top, "order": order}]
        return whole | {"measures": list(measures), "by": by}

    before = {"compare": "previous"}
    tools = {"where": [{"dim": "operation", "in": TOOLS}]}
    return [
        over("cost", "calls") | before,
        over("cost") | {"from": "now/M", "interval": "day"},
        cut(split, "cost", "cost") | {"interval": "auto"},
        cut("org", "cost", "cost", "calls") | before,
        cut("org", "change", "cost") | before,
        cut("token_category", "cost", "cost", "tokens"),
        over("cache_hit_share", "cache_saved", "tokens.cache_read"),
        over("calls", "conversations", "errors"),
        cut("provider", "steps", "error_share", "errors", "steps") | {"interval": "auto"},
        over("latency_ms.p50", "latency_ms.p95", "latency_ms.p99"),
        over("ttft_ms.p50", "ttft_ms.p95", "ttft_ms.p99"),
        over("tokens_per_call", "calls"),
        over("output_tokens_per_second"),
        cut("operation", "cost", "steps", "errors", "error_share", "latency_ms.p95", "cost", top=12)
        | tools,
        over("feedback_positive", "feedback_negative", "feedback", "negative_share"),
    ]  # fmt: skip


def view(number: int) -> list[dict[str, Any]]:
    """The overview in a range, zone and split that no other number of twenty has."""
    start = f"now-{29 - number // len(ZONES)}d/d"
    return overview(start, ZONES[number % len(ZONES)], SPLITS[number % len(SPLITS)])


def _range(query: dict[str, Any]) -> str:
    """The range of a question as parameters of an address."""
    return urlencode({name: query[name] for name in ("from", "to", "tz", "currency")})


async def _viewer(
    running: System, number: int, queries: list[dict[str, Any]], until: float
) -> tuple[list[float], int]:
    """Milliseconds of each poll's batch, and how many were answered 304."""
    headers = {"authorization": f"Bearer {running.key}"}
    took, held, tag = [], 0, ""
    beside = [path + _range(queries[0]) * path.endswith("?") for path in BESIDE]
    async with httpx.AsyncClient(base_url=running.url("api"), headers=headers, timeout=60) as http:
        await asyncio.sleep(POLL_SECONDS * number / 20)
        while time.monotonic() < until:
            began = time.monotonic()
            told = await http.post(
                "/v1/query/batch", json={"queries": queries}, headers={"if-none-match": tag}
            )
            took.append((time.monotonic() - began) * 1000)
            assert told.status_code in (200, 304), told.text
            held += told.status_code == 304
            tag = told.headers.get("etag", "")
            for other in await asyncio.gather(*map(http.get, beside)):
                assert other.status_code == 200, f"{other.url.path}: {other.text}"
            await asyncio.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - began)))
    return took, held


async def _watch(
    running: System, viewers: int, views: int, seconds: float
) -> tuple[list[float], int]:
    until = time.monotonic() + seconds
    asking = (_viewer(running, n, view(n % views), until) for n in range(viewers))
    each = await asyncio.gather(*asking)
    return [one for took, _ in each for one in took], sum(held for _, held in each)


def watch(running: System, viewers: int, views: int, rate: int, seconds: float) -> str:
    """What viewers waited for who share so many views, in a sentence."""
    asyncio.run(publish_prices(running))
    told = get_context("spawn").Queue()
    arguments = (running.url("ingest"), running.key, rate, seconds, told)
    loader = get_context("spawn").Process(target=load, args=arguments)
    loader.start()
    before = running.metric("api", STATEMENTS)
    took, held = asyncio.run(_watch(running, viewers, views, seconds))
    statements = (running.metric("api", STATEMENTS) - before) / seconds
    sent, refused, sending = told.get()
    loader.join()
    cuts = quantiles(took, n=20, method="inclusive")
    return (
        f"{viewers} viewers of {views}, {sent / sending:,.0f} calls/s in ({refused} answers 503): "
        f"overview p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms of {len(took)} polls, "
        f"{held} answered 304; {statements:.0f} statements/s"
    )
