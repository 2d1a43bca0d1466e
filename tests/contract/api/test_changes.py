"""`GET /v1/changes` of a real process: who hears of which days, and when a stream ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from deploy.local.process import free_port
from schemas.topics import ACCESS, AUDIT, ORGS, PRICES
from services.runtime.clickhouse import Store
from services.runtime.kafka import ensure_topics
from services.runtime.keys import digest
from services.runtime.settings import ClickHouseMixin, KafkaMixin
from tests.conftest import run_sql
from tests.contract.api.test_process import ready
from tests.contract.api.world import Event, fill, tell
from tests.engines import ClickHouseEngine, KafkaEngine

pytestmark = pytest.mark.engines
DATABASE = "changes_world"
SCOPES = {"admin": {"scopes": ["admin"]}, "acme": {"scopes": ["read"], "org_id": "acme"}}
Lines = AsyncIterator[str]


@pytest.fixture
def store(clickhouse: ClickHouseEngine) -> Iterator[ClickHouseMixin]:
    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")
    run_sql(clickhouse.url, f"CREATE DATABASE {DATABASE}")
    yield ClickHouseMixin(clickhouse_url=clickhouse.url, clickhouse_database=DATABASE)
    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")


def started(port: int, kafka: KafkaMixin, url: str) -> subprocess.Popen[bytes]:
    keys = [{"key_id": n, "sha256": digest(f"{n}-secret")} | key for n, key in SCOPES.items()]
    env = os.environ | {
        "API_PORT": str(port), "API_KEYS": json.dumps(keys), "API_CLICKHOUSE_URL": url,
        "API_CLICKHOUSE_DATABASE": DATABASE, "API_KAFKA_BOOTSTRAP": kafka.kafka_bootstrap,
        "API_TOPIC_PREFIX": kafka.topic_prefix, "API_STREAMS_PER_KEY_MAX": "2",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "services.api.app"], env=env)


async def until(lines: Lines, mark: str) -> str:
    """The next line that begins like this."""
    async with asyncio.timeout(25):
        async for line in lines:
            if line.startswith(mark):
                return line
    raise AssertionError(f"the stream ended before {mark!r}")


async def change(store: ClickHouseMixin, *events: Event) -> None:
    connected = await Store.connect(store)
    await tell(connected, [event.line() for event in events])
    await connected.close()


async def test_changes_are_heard_by_those_they_concern(
    kafka: KafkaEngine, topic_prefix: str, store: ClickHouseMixin, events: list[Event]
) -> None:
    connected = await Store.connect(store)
    await fill(connected, events[:50])
    await connected.close()
    topics = KafkaMixin(kafka_bootstrap=kafka.bootstrap, topic_prefix=topic_prefix)
    await ensure_topics(topics, (PRICES, ORGS, ACCESS, AUDIT), replication=1)
    port = free_port()
    process = started(port, topics, store.clickhouse_url)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as api:
            await ready(api, 200)
            await _listen(api, store, events[0])
            await _is_bounded(api)
            await _ends_with_its_key(api)
            async with api.stream("GET", "/v1/changes", headers=key("admin")) as stream:
                lines = stream.aiter_lines()
                await until(lines, ":")
                began = time.monotonic()
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(20):
                    async for _ in lines:
                        pass
                assert await asyncio.to_thread(process.wait, 30) == 0
                assert time.monotonic() - began < 5
    finally:
        process.kill()
        process.wait()


def key(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}-secret"}


async def _listen(api: httpx.AsyncClient, store: ClickHouseMixin, event: Event) -> None:
    """Bearer and cookie, everyone and one org; then a heartbeat."""
    now = datetime.now(UTC)
    days = [now - timedelta(days=n) for n in (3, 5)]
    mine, other = (
        replace(event, number=9_000 + n, at=at, org=org)
        for n, (at, org) in enumerate(zip(days, ("acme", "globex"), strict=True))
    )
    told = await api.post("/v1/session", json={"key": "admin-secret"})
    cookie = {"cookie": told.headers["set-cookie"].partition(";")[0]}
    async with (
        api.stream("GET", "/v1/changes", headers=cookie) as everyone,
        api.stream("GET", "/v1/changes", headers=key("acme")) as own,
    ):
        assert everyone.headers["content-type"].startswith("text/event-stream")
        all_lines, own_lines = everyone.aiter_lines(), own.aiter_lines()
        await until(all_lines, ":")
        await until(own_lines, ":")
        await change(store, mine, other)
        assert await until(all_lines, "event") == "event: changed"
        heard = set(_days(await until(all_lines, "data")))
        while len(heard) < 2:
            heard |= set(_days(await until(all_lines, "data")))
        assert heard == {at.date().isoformat() for at in days}
        assert _days(await until(own_lines, "data")) == [days[0].date().isoformat()]
        began = time.monotonic()
        assert (await until(own_lines, ": nothing")).startswith(": nothing")
        assert 9 < time.monotonic() - began < 21


def _days(line: str) -> list[str]:
    told: dict[str, Any] = json.loads(line.removeprefix("data: "))
    days: list[str] = told["days"]
    return days


async def _is_bounded(api: httpx.AsyncClient) -> None:
    async with (
        api.stream("GET", "/v1/changes", headers=key("acme")) as one,
        api.stream("GET", "/v1/changes", headers=key("acme")) as two,
    ):
        kept = [stream.aiter_lines() for stream in (one, two)]  # one let go ends its stream
        for lines in kept:
            await until(lines, ":")
        async with api.stream("GET", "/v1/changes", headers=key("acme")) as third:
            assert (third.status_code, third.headers["retry-after"]) == (429, "60")
    async with asyncio.timeout(20):
        while (await _status(api)) != 200:  # noqa: ASYNC110 - the process sees who left
            await asyncio.sleep(0.2)
    await asyncio.sleep(1)
    async with AsyncExitStack() as opened:
        streams = [api.stream("GET", "/v1/changes", headers=key("acme")) for _ in range(5)]
        at_once = await asyncio.gather(*map(opened.enter_async_context, streams))
        assert sorted(stream.status_code for stream in at_once) == [200, 200, 429, 429, 429]


async def _status(api: httpx.AsyncClient) -> int:
    async with api.stream("GET", "/v1/changes", headers=key("acme")) as stream:
        return stream.status_code


async def _ends_with_its_key(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v1/keys", headers=key("admin"),
                           json={"label": "short", "scopes": ["read"]})).json()  # fmt: skip
    headers = {"authorization": f"Bearer {made['secret']}"}
    async with asyncio.timeout(20):
        while (await api.get("/v1/session", headers=headers)).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    async with api.stream("GET", "/v1/changes", headers=headers) as stream:
        lines = stream.aiter_lines()
        await until(lines, ":")
        gone = await api.delete(f"/v1/keys/{made['key']['key_id']}", headers=key("admin"))
        assert gone.status_code in (200, 202, 204), gone.text
        async with asyncio.timeout(15):
            async for _ in lines:
                pass
