"""ClickHouse's HTTP interface over the engine in this process, for machines without a server.

Rows of an INSERT go to a file as they arrive and the engine reads them from there: sent in the
query, all Native blocks but the first would be lost.
"""

import argparse
import asyncio
import os
from base64 import b64decode
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

from deploy.local.clickhouse_codec import ENCODINGS, negotiate
from deploy.local.clickhouse_engine import Answer, Engine, QueryError
from deploy.local.clickhouse_errors import http_status
from deploy.local.clickhouse_intake import Job, read_job
from deploy.local.clickhouse_request import Call, read_call, refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

THREADS = 16
KEEP_ALIVE_S = 30
PASSWORD_SETTING = "TRACETALLY_CLICKHOUSE_PASSWORD"  # noqa: S105 - the name of a setting
ALIVE_PATHS = ("/ping", "/replicas_status")
CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNamesAndTypes": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
}


@dataclass(frozen=True)
class Front:
    """The ASGI application: one engine, a pool of threads for its queries, a place for rows."""

    engine: Engine
    threads: ThreadPoolExecutor
    incoming: Path
    password: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if scope["path"] in ALIVE_PATHS:
            await reply(send, 200, b"Ok.\n", [])
            return
        try:
            self._check_password(dict(pairs), headers)
            if why_not := refusal(pairs):
                raise QueryError(why_not)
            call = read_call(scope["method"], pairs, headers)
            answer = await self._answer(call, headers, receive)
        except QueryError as error:
            await self._refuse(send, error)
            return
        await self._send_answer(send, answer, headers.get("accept-encoding", ""))

    async def _answer(self, call: Call, headers: dict[str, str], receive: Receive) -> Answer:
        job = await read_job(call, headers, receive, self.incoming)
        try:
            if not job.sql.strip():
                return Answer(b"Ok.\n", "TabSeparated", call.query_id, "{}")
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.threads, self._run, job)
        finally:
            job.discard()

    def _run(self, job: Job) -> Answer:
        return self.engine.run(job.call, job.sql, job.tables)

    def _check_password(self, given: dict[str, str], headers: dict[str, str]) -> None:
        if not self.password:
            return
        offered = given.get("password") or headers.get("x-clickhouse-key", "")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            offered = b64decode(token).decode("utf-8", "replace").partition(":")[2]
        if not compare_digest(offered.encode(), self.password.encode()):
            raise QueryError(
                "Code: 516. DB::Exception: default: Authentication failed: password is incorrect, "
                "or there is no user with such name. (AUTHENTICATION_FAILED)"
            )

    async def _refuse(self, send: Send, error: QueryError) -> None:
        text = f"{error} (version {self.engine.version} (official build))\n"
        headers = [
            (b"content-type", b"text/plain; charset=UTF-8"),
            (b"x-clickhouse-exception-code", str(error.code).encode()),
        ]
        await reply(send, http_status(error.code), text.encode(), headers)

    async def _send_answer(self, send: Send, answer: Answer, accepted: str) -> None:
        body = answer.body
        kind = CONTENT_TYPES.get(answer.format, "text/plain; charset=UTF-8")
        headers = [
            (b"content-type", kind.encode()),
            (b"x-clickhouse-query-id", answer.query_id.encode()),
            (b"x-clickhouse-format", answer.format.encode()),
            (b"x-clickhouse-timezone", self.engine.timezone.encode()),
            (b"x-clickhouse-summary", answer.summary.encode()),
            (b"x-clickhouse-server-display-name", b"local"),
        ]
        if encoding := negotiate(accepted, len(body)):
            body = await asyncio.to_thread(ENCODINGS[encoding], body)
            headers.append((b"content-encoding", encoding.encode()))
        await reply(send, 200, body, headers)


async def reply(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send a whole answer."""
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="deploy.local.clickhouse_front", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    incoming = arguments.data / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    for left_over in incoming.iterdir():
        left_over.unlink()
    engine = Engine(arguments.data / "store")
    with ThreadPoolExecutor(THREADS, "query") as threads:
        front = Front(engine, threads, incoming, os.environ.get(PASSWORD_SETTING, ""))
        uvicorn.run(
            front,
            host=arguments.host,
            port=arguments.port,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=10,
        )
    engine.close()


if __name__ == "__main__":
    main()
