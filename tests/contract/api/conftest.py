"""One filled database for all tests of the API, and clients with each kind of key."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import httpx
import orjson
import pytest

from schemas.topics import AUDIT
from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from services.runtime.clickhouse import Store
from services.runtime.kafka import Message
from services.runtime.keys import digest
from tests.conftest import run_sql
from tests.contract.api.world import NOW, Event, draw, fill
from tests.engines import ClickHouseEngine

DATABASE = "api_world"
EVENTS = 2_000
KEYS = {
    "reader": {"scopes": ["read"]},
    "admin": {"scopes": ["admin"]},
    "acme": {"scopes": ["read"], "org_id": "acme"},
    "acme-admin": {"scopes": ["admin"], "org_id": "acme"},
    "writer": {"scopes": ["ingest"]},
}


class FakeWriter:
    """Keeps what was published; the position is the number of messages."""

    def __init__(self) -> None:
        self.written: list[Message] = []
        self.audited: list[dict[str, Any]] = []

    async def publish(self, topic: str, messages: Sequence[Message]) -> int:
        self.written.extend(m for m in messages if m.topic != AUDIT.name)
        self.audited += [orjson.loads(m.value or b"") for m in messages if m.topic == AUDIT.name]
        return len(self.written)

    async def ends(self, topic: str) -> int:
        return sum(message.topic == topic for message in self.written)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    rng = random.Random(7)
    return [draw(rng, number) for number in range(EVENTS)]


@pytest.fixture(scope="module")
def settings(clickhouse: ClickHouseEngine, events: list[Event]) -> Iterator[Settings]:
    keys = [{"key_id": n, "sha256": digest(f"{n}-secret")} | key for n, key in KEYS.items()]
    made = Settings(
        keys=orjson.dumps(keys).decode(),
        clickhouse_url=clickhouse.url,
        clickhouse_database=DATABASE,
        query_units_per_minute=10**9,  # the clock stands still, so nothing is ever refilled
    )

    async def prepare() -> None:
        store = await Store.connect(made)
        await fill(store, events)
        await store.close()

    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")
    run_sql(clickhouse.url, f"CREATE DATABASE {DATABASE}")
    asyncio.run(prepare())
    yield made
    run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


@pytest.fixture
async def client_of(
    settings: Settings, writer: FakeWriter
) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
    reader = Reader(settings)
    app = build(settings, reader, writer, lambda: NOW)

    def make(key: str) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {key}-secret"} if key else {}
        transport: Any = httpx.ASGITransport(app)
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    yield make
    await reader.close()
