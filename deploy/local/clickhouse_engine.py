"""ClickHouse's engine inside this process: one query at a time per connection, many connections.

Every query gets a connection of its own, which costs 0.1 ms: settings, the current database and
temporary tables end with it, and reads never wait behind a long insert.
"""

import json
import re
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chdb import session

from deploy.local.clickhouse_codec import native_header
from deploy.local.clickhouse_request import (
    Call,
    External,
    answer_format,
    first_word,
    quoted,
    set_statement,
)

ERROR_CODE = re.compile(r"Code: (\d+)\.")
DESCRIBABLE = frozenset({"SELECT", "WITH"})


class QueryError(Exception):
    """The engine refused: its own text, which starts with the code."""

    def __init__(self, text: str) -> None:
        found = ERROR_CODE.search(text)
        self.code = int(found[1]) if found else 1001
        super().__init__(text if found else f"Code: 1001. DB::Exception: {text} (STD_EXCEPTION)")


@dataclass(frozen=True)
class Answer:
    """What a query gave: bytes in a format, and what it read and wrote."""

    body: bytes
    format: str
    query_id: str
    summary: str


def connect(path: str) -> Any:
    """A new connection to the engine of this process."""
    return session.Session(path)  # type: ignore[no-untyped-call]


class Engine:
    """The one engine of this process, on the data under `path`."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = str(path)
        self._anchor = connect(self._path)  # the engine lives while one connection does
        self.version, self.timezone = (
            self._anchor.query("SELECT version(), timezone()", "TSV").bytes().decode().split()
        )

    def close(self) -> None:
        self._anchor.close()

    def run(self, call: Call, sql: str, tables: Sequence[External] = ()) -> Answer:
        """Run one statement in a connection of its own."""
        connection = connect(self._path)
        try:
            return self._run(connection, call, sql, tables)
        except QueryError:
            raise
        except Exception as error:
            raise QueryError(str(error)) from error
        finally:
            with suppress(Exception):
                connection.close()

    def _run(self, link: Any, call: Call, sql: str, tables: Sequence[External]) -> Answer:
        if call.database:
            link.query(f"USE {backquoted(call.database)}")
        for table in tables:
            link.query(f"CREATE TEMPORARY TABLE {backquoted(table.name)} ({table.structure})")
            source = f"FROM INFILE {quoted(table.path)} FORMAT {table.format}"
            link.query(f"INSERT INTO {backquoted(table.name)} {source}")
        if settings := set_statement(call.settings):
            link.query(settings)
        if call.read_only:
            link.query("SET readonly = 2")
        parameters = dict(call.parameters) or None
        result = link.query(sql, call.default_format, params=parameters)
        body = result.bytes()
        written = answer_format(sql, call.default_format)
        if not body and written == "Native" and first_word(sql.encode()) in DESCRIBABLE:
            body = self._empty_native(link, sql, parameters)
        return Answer(body, written, call.query_id or str(uuid.uuid4()), summary(result))

    def _empty_native(self, link: Any, sql: str, parameters: dict[str, str] | None) -> bytes:
        bare = re.sub(r"\bFORMAT\s+Native\s*;*\s*$", "", sql, flags=re.IGNORECASE)
        described = link.query(f"DESCRIBE ({bare}\n)", "JSONCompact", params=parameters).bytes()
        return native_header([(row[0], row[1]) for row in json.loads(described)["data"]])


def backquoted(name: str) -> str:
    """A ClickHouse identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def summary(result: Any) -> str:
    """The figures of a query, as the server's summary header writes them."""
    return json.dumps(
        {
            "read_rows": str(result.storage_rows_read()),
            "read_bytes": str(result.storage_bytes_read()),
            "written_rows": str(result.rows_written()),
            "written_bytes": str(result.bytes_written()),
            "total_rows_to_read": "0",
            "result_rows": str(result.rows_read()),
            "result_bytes": str(result.bytes_read()),
            "elapsed_ns": str(int(result.elapsed() * 1e9)),
        },
        separators=(",", ":"),
    )
