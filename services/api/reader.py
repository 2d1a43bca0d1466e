"""Runs statements on ClickHouse; tells its absence from a question that is too large."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from services.api.scope import Scope
from services.api.settings import Settings
from services.api.statement import LIMITS, Statement
from services.runtime import logs, telemetry
from services.runtime.clickhouse import DataError, Store, StoreAwayError, error_code
from services.runtime.problems import ProblemError, unavailable

log = logs.get("api")

TOO_LARGE = frozenset({158, 159, 160, 241, 307, 396})
"""Codes of ClickHouse's own limits: rows, time, memory, bytes, result rows."""
PROBE_SECONDS = 2.0

Rows = Sequence[Sequence[Any]]
T = TypeVar("T")


class Reader:
    """A pool of connections. `why` is empty while ClickHouse answers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store: Store | None = None
        self._patient: Store | None = None
        self._lock = asyncio.Lock()
        self.why = "not connected to ClickHouse yet"

    async def run(self, statement: Statement) -> Rows:
        """The rows, or the problem to answer with."""
        with telemetry.STATEMENT_SECONDS.time():
            return await self._asked(lambda store: store.rows(statement.sql, statement.parameters))

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows, durable when this returns; the few that the API itself owns."""
        body = b"\n".join(map(orjson.dumps, rows))
        await self._asked(lambda store: store.insert_bytes(table, body))

    @asynccontextmanager
    async def stream(
        self, statement: Statement, kind: str, seconds: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer in a format of ClickHouse's own, as it comes. It may take `seconds`."""
        try:
            async with self._lock:
                if self._patient is None:
                    self._patient = await Store.connect(self._settings, timeout=seconds)
            async with self._patient.stream(statement.sql, statement.parameters, kind) as chunks:
                yield chunks
        except (DataError, StoreAwayError) as wrong:
            raise _problem(wrong) from wrong

    async def _asked(self, ask: Callable[[Store], Awaitable[T]]) -> T:
        try:
            return await ask(await self._connected())
        except (DataError, StoreAwayError) as wrong:
            raise _problem(wrong) from wrong

    async def query(self, sql: str, scope: Scope, **parameters: Any) -> Rows:
        """A statement whose rows come from `scope.rows`."""
        return await self.run(Statement(sql + LIMITS, scope.parameters() | parameters))

    async def _connected(self) -> Store:
        async with self._lock:
            if self._store is None:
                seconds = self._settings.query_seconds_max
                self._store = await Store.connect(self._settings, timeout=seconds)
            return self._store

    async def probe(self, stop: asyncio.Event) -> None:
        """Keep `why` true until `stop`."""
        while not stop.is_set():
            try:
                store = await self._connected()
                await store.rows("SELECT count() FROM schema_migrations")
                self.why = ""
            except (StoreAwayError, DataError) as wrong:
                self.why = f"ClickHouse: {str(wrong)[:200]}"
            try:
                await asyncio.wait_for(stop.wait(), PROBE_SECONDS)
            except TimeoutError:
                continue

    def check(self) -> str:
        """A `health.Check`."""
        return self.why

    async def close(self) -> None:
        """Close the pools."""
        for store in (self._store, self._patient):
            if store is not None:
                await store.close()
        self._store = self._patient = None


def _problem(wrong: DataError | StoreAwayError) -> ProblemError:
    """What a question that failed is answered with."""
    if isinstance(wrong, DataError):
        return ProblemError(422, "ClickHouse cannot answer this question")
    if error_code(str(wrong)) in TOO_LARGE:
        hint = "a shorter range, a coarser interval, fewer groups"
        return ProblemError(422, "too wide: over the query limits", hint=hint)
    telemetry.UNAVAILABLE.labels("clickhouse").inc()
    log.warning("ClickHouse did not answer", error=str(wrong)[:2000])
    return unavailable("ClickHouse does not answer")


def instant(value: datetime) -> datetime:
    """ClickHouse's times are UTC, whether the driver says so or not."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def text(value: datetime) -> str:
    """ISO 8601 in UTC."""
    return instant(value).isoformat().replace("+00:00", "Z")
