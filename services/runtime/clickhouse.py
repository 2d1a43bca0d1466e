"""ClickHouse over HTTP: bytes in, rows out, every setting that matters on every insert."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from services.runtime.settings import ClickHouseMixin

INSERT_SETTINGS: dict[str, Any] = {
    "async_insert": 0,
    "insert_deduplicate": 0,
    "date_time_input_format": "best_effort",
    "input_format_skip_unknown_fields": 1,
    "input_format_null_as_default": 1,
    "max_partitions_per_insert_block": 1000,
}
"""An acknowledged insert is on disk; identity, not block hashes, removes duplicates."""

DATA_ERRORS = frozenset({6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 349, 407, 441, 636})
"""Codes that the data causes (cannot parse, out of range, type mismatch): the same bytes fail
again. Every other error is the store's, and waiting may help."""


class DataError(Exception):
    """The store refuses these bytes and always will."""


class StoreAwayError(Exception):
    """The store does not answer or cannot work now: wait and try again."""


def error_code(text: str) -> int:
    """The number in `Code: 117. DB::Exception: ...`, 0 without one."""
    _, found, rest = text.partition("ode: ")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))] if found else ""
    return int(digits) if digits else 0


class Store:
    """One ClickHouse database. Bounded: a statement that takes longer than `timeout` fails."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    @staticmethod
    async def connect(settings: ClickHouseMixin, *, timeout: float = 300.0) -> "Store":
        """Open a pool; raise `StoreAwayError` when nothing answers or the database is missing."""
        try:
            client = await clickhouse_connect.get_async_client(
                dsn=f"{settings.clickhouse_url.rstrip('/')}/{settings.clickhouse_database}",
                username=settings.clickhouse_user,
                password=settings.clickhouse_password.get_secret_value(),
                autogenerate_session_id=False,
                send_receive_timeout=timeout,
                compress="lz4",
            )
        except (DatabaseError, OperationalError, OSError) as error:
            raise StoreAwayError(str(error)) from error
        return Store(client)

    async def insert_bytes(self, table: str, body: bytes, form: str = "JSONEachRow") -> None:
        """Insert encoded rows as they are."""
        await self._guard(
            self._client.raw_insert(table, insert_block=body, fmt=form, settings=INSERT_SETTINGS)
        )

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that returns nothing (DDL, INSERT ... SELECT)."""
        settings = INSERT_SETTINGS if sql.lstrip().startswith("INSERT") else None
        await self._guard(
            self._client.command(sql, parameters=dict(parameters or {}), settings=settings)
        )

    async def rows(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        """Run a query and return its rows, exact types (int, Decimal, datetime)."""
        result = await self._guard(self._client.query(sql, parameters=dict(parameters or {})))
        found: Sequence[Sequence[Any]] = result.result_rows
        return found

    @asynccontextmanager
    async def stream(
        self, sql: str, parameters: Mapping[str, Any], form: str
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Run a query and pass its answer on, bytes in a format of ClickHouse's, as they come."""
        opened = await self._guard(
            self._client.raw_stream(sql, parameters=dict(parameters), fmt=form)
        )
        async with opened as chunks:
            yield self._guarded(chunks)

    async def _guarded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            chunk = await self._guard(anext(chunks, None))
            if chunk is None:
                return
            yield chunk

    async def close(self) -> None:
        """Close the pool."""
        await self._client.close()

    async def _guard(self, awaitable: Any) -> Any:
        try:
            return await awaitable
        except (DatabaseError, OperationalError) as error:
            if error_code(str(error)) in DATA_ERRORS:
                raise DataError(str(error)) from error
            raise StoreAwayError(str(error)) from error
        except (OSError, TimeoutError) as error:
            raise StoreAwayError(repr(error)) from error
