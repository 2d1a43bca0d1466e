"""Takes a request's body in: text into memory up to a limit, rows into a file as they arrive."""

import email.parser
import email.policy
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from deploy.local.clickhouse_codec import inflater
from deploy.local.clickhouse_engine import QueryError
from deploy.local.clickhouse_request import (
    HEAD_BYTES_MAX,
    Call,
    External,
    Insert,
    read_call,
    split_insert,
)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_BYTES_MAX = 4 * 1024**3
TEXT_BYTES_MAX = 64 * 1024**2
INLINE_VALUES_BYTES_MAX = 1024**2
TOO_LARGE = "Code: 223. DB::Exception: The body is larger than {} bytes. (QUERY_IS_TOO_LARGE)"


@dataclass(frozen=True)
class Job:
    """A statement ready for the engine, and the files it reads."""

    call: Call
    sql: str
    tables: tuple[External, ...] = ()
    files: list[str] = field(default_factory=list)

    def discard(self) -> None:
        for path in self.files:
            with suppress(FileNotFoundError):
                os.unlink(path)


async def read_job(call: Call, headers: dict[str, str], receive: Receive, incoming: Path) -> Job:
    """Read the whole body and say what is to be run."""
    content_type = headers.get("content-type", "")
    pieces = body_pieces(headers.get("content-encoding", ""), receive)
    if content_type.startswith("multipart/form-data"):
        return form_job(call, content_type, await gather(pieces, b""), incoming)
    prefix = f"{call.query}\n".encode() if call.query else b""
    head = bytearray(prefix)
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD_BYTES_MAX:
            break
    insert = split_insert(bytes(head))
    if insert is None or (insert.format == "Values" and len(head) < INLINE_VALUES_BYTES_MAX // 4):
        return Job(call, (await gather(pieces, bytes(head))).decode("utf-8", "replace"))
    return await insert_job(call, insert, bytes(head[insert.rows_start :]), pieces, incoming)


async def insert_job(
    call: Call, insert: Insert, first: bytes, rest: AsyncIterator[bytes], incoming: Path
) -> Job:
    """Put the rows into a file; the statement reads them from there."""
    handle, path = tempfile.mkstemp(dir=incoming, prefix="rows-")
    try:
        with os.fdopen(handle, "wb") as rows:
            await write_rows(rows, first, rest)
    except BaseException:
        os.unlink(path)
        raise
    return Job(call, insert.from_file(path), files=[path])


async def write_rows(rows: BinaryIO, first: bytes, rest: AsyncIterator[bytes]) -> None:
    written = rows.write(first)
    async for piece in rest:
        written += rows.write(piece)
        if written > BODY_BYTES_MAX:
            raise QueryError(TOO_LARGE.format(BODY_BYTES_MAX))


async def body_pieces(encoding: str, receive: Receive) -> AsyncIterator[bytes]:
    """The body, inflated, piece by piece."""
    inflate = inflater(encoding)
    if inflate is None:
        raise QueryError(
            f"Code: 48. DB::Exception: Unknown Content-Encoding {encoding}. (NOT_IMPLEMENTED)"
        )
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise QueryError("Code: 210. DB::Exception: The client left. (NETWORK_ERROR)")
        if piece := message.get("body", b""):
            try:
                yield inflate(piece)
            except Exception as error:
                text = f"Code: 354. DB::Exception: The body is not {encoding}: {error}."
                raise QueryError(f"{text} (ZLIB_INFLATE_FAILED)") from error
        if not message.get("more_body", False):
            return


async def gather(pieces: AsyncIterator[bytes], first: bytes) -> bytes:
    """A text body as a whole, within the limit of texts."""
    whole = bytearray(first)
    async for piece in pieces:
        whole += piece
        if len(whole) > TEXT_BYTES_MAX:
            raise QueryError(TOO_LARGE.format(TEXT_BYTES_MAX))
    return bytes(whole)


def form_job(call: Call, content_type: str, body: bytes, incoming: Path) -> Job:
    """A form: values are parameters, files are temporary tables of this query."""
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body
    )
    values: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        if part.get_filename() is None:
            values[name] = data.decode()
        else:
            files[name] = data
    return with_tables(call, values, files, incoming)


def with_tables(call: Call, values: dict[str, str], files: dict[str, bytes], incoming: Path) -> Job:
    described = {**call.settings, **values}
    tables, paths = [], []
    for name, data in files.items():
        structure = described.pop(f"{name}_structure", "")
        types = described.pop(f"{name}_types", "")
        if not structure:
            structure = ", ".join(f"_{i} {t}" for i, t in enumerate(types.split(","), 1))
        form = described.pop(f"{name}_format", "TabSeparated")
        handle, path = tempfile.mkstemp(dir=incoming, prefix="table-")
        with open(handle, "wb") as rows:
            rows.write(data)
        tables.append(External(name, structure, form, path))
        paths.append(path)
    extra = read_call("POST", described.items(), {})
    merged = replace(
        call,
        settings=extra.settings,
        parameters={**call.parameters, **extra.parameters},
        database=call.database or extra.database,
    )
    return Job(merged, call.query or extra.query, tuple(tables), paths)
