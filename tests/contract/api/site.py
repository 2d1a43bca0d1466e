"""The application over one ledger that tests change, and what it asks of the ledger."""

import asyncio
import json
from typing import Any

import httpx

from services.api.http import build
from services.api.query.cache import Answers
from services.api.query.counters import Counters
from services.api.reader import Reader, Rows
from services.api.settings import Settings
from services.api.statement import Statement
from services.runtime.clickhouse import Store
from tests.conftest import run_sql
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW, Event, tell


class Counted(Reader):
    """Keeps the statements that ask for figures."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.asked: list[str] = []
        self.delay = 0.0

    async def run(self, statement: Statement) -> Rows:
        if "AS what" not in statement.sql and "progress" not in statement.sql:
            self.asked.append(statement.sql)
            await asyncio.sleep(self.delay)
        return await super().run(statement)


class Site:
    """The application over one ledger that tests change."""

    def __init__(self, settings: Settings, reader: Counted) -> None:
        self.settings, self.reader, self.now = settings, reader, NOW
        self.app = build(settings, reader, FakeWriter(), lambda: self.now)
        engine = self.app.state.engine
        counters = Counters(reader, lambda: self.now, fresh_seconds=0)
        self.app.state.answers = Answers(engine, counters, 1_000_000)

    def client(self, key: str = "reader") -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {key}-secret"}
        transport: Any = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    async def tell(self, *lines: bytes) -> None:
        store = await Store.connect(self.settings)
        await tell(store, lines)
        await store.close()

    def insert(self, table: str, row: dict[str, Any]) -> None:
        into = f"INSERT INTO {self.settings.clickhouse_database}.{table} "
        into += "SETTINGS date_time_input_format='best_effort' FORMAT JSONEachRow\n"
        run_sql(self.settings.clickhouse_url, into + json.dumps(row))


def on(events: list[Event], day: str, org: str = "acme") -> Event:
    return next(
        e for e in events
        if e.at.date().isoformat() == day and e.org == org and not e.pending
        and e.currency == "USD" and e.operation == "chat"
    )  # fmt: skip
