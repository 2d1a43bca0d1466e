"""The real ClickHouse engine inside the test process: `Store` without HTTP, for laws at speed."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chdb import session

from services.runtime.clickhouse import (
    DATA_ERRORS,
    INSERT_SETTINGS,
    DataError,
    StoreAwayError,
    error_code,
)

_engine: session.Session | None = None


def engine() -> session.Session:
    """One engine per process: chdb allows one path."""
    global _engine
    if _engine is None:
        _engine = session.Session(tempfile.mkdtemp(prefix="tracetally-chdb-"))
    return _engine


def _literal(value: Any) -> str:
    if isinstance(value, datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, (list, tuple, set)):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "\\'") + "'"


def bind(sql: str, parameters: Mapping[str, Any] | None) -> str:
    """Put `{name:Type}` parameters into the text (test data only)."""
    for name, value in (parameters or {}).items():
        while (start := sql.find("{" + name + ":")) >= 0:
            depth, end = 0, start
            for end in range(start, len(sql)):
                depth += {"{": 1, "}": -1}.get(sql[end], 0)
                if depth == 0:
                    break
            kind = sql[start + len(name) + 2 : end]
            sql = sql[:start] + f"CAST({_literal(value)} AS {kind})" + sql[end + 1 :]
    return sql


class ChdbStore:
    """`services.runtime.clickhouse.Store`'s interface over the in-process engine."""

    def __init__(self, database: str) -> None:
        self._database = database
        engine().query(f"CREATE DATABASE IF NOT EXISTS {database}")

    def _query(self, sql: str, form: str = "JSONCompactEachRow") -> str:
        engine().query(f"USE {self._database}")
        try:
            return str(engine().query(sql, form))
        except Exception as error:
            if error_code(str(error)) in DATA_ERRORS:
                raise DataError(str(error)) from error
            raise StoreAwayError(str(error)) from error

    async def insert_bytes(self, table: str, body: bytes, form: str = "JSONEachRow") -> None:
        """See `Store`."""
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.write(body)
            file.flush()
            settings = ", ".join(
                f"{k} = '{v}'" if isinstance(v, str) else f"{k} = {v}"
                for k, v in INSERT_SETTINGS.items()
            )
            self._query(
                f"INSERT INTO {table} FROM INFILE '{file.name}' SETTINGS {settings} FORMAT {form}"
            )

    async def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """See `Store`."""
        self._query(bind(sql, parameters))

    async def rows(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        """See `Store`; 64-bit and wider integers come as int, decimals as text."""
        text = self._query(
            bind(sql, parameters) + " SETTINGS output_format_json_quote_decimals = 1, "
            "output_format_json_quote_64bit_integers = 0"
        )
        return [json.loads(line) for line in text.splitlines() if line]

    async def close(self) -> None:
        """Drop the database."""
        engine().query(f"DROP DATABASE IF EXISTS {self._database}")
