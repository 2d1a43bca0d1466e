"""OTLP/gRPC, the default protocol of several SDKs: the same keys, limits and code as OTLP/HTTP.

Needs the extra `grpc`. What may pass by itself is answered UNAVAILABLE, an empty budget
RESOURCE_EXHAUSTED, both with RetryInfo: without it exporters take the latter for good.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from services.ingest.http import Shell, authorised
from services.ingest.otlp import wire
from services.ingest.otlp.proto import RetryInfo, RpcStatus
from services.ingest.otlp_http import GRPC_CODES, RETRY_SECONDS_MAX, SIGNALS, Take, told
from services.runtime import logs
from services.runtime.problems import ProblemError

if TYPE_CHECKING:
    from grpc import aio

log = logs.get("grpc")
SERVICES = {"traces": "trace.v1.TraceService", "logs": "logs.v1.LogsService",
            "metrics": "metrics.v1.MetricsService"}  # fmt: skip
UNAVAILABLE, RESOURCE_EXHAUSTED, INVALID = 14, 8, 3
HINT = "INGEST_GRPC_PORT needs the extra 'grpc': pip install 'tracetally[grpc]'"
_RETRY_TYPE = "type.googleapis.com/google.rpc.RetryInfo"
Handler = Callable[[bytes, Any], Awaitable[bytes]]


@asynccontextmanager
async def serving(shell: Shell) -> AsyncIterator[None]:
    """The gRPC server for the length of a block, where a port is set."""
    if not shell.settings.grpc_port:
        yield
        return
    if importlib.util.find_spec("grpc") is None:
        raise RuntimeError(HINT)
    server = _server(shell)
    await server.start()
    log.info("OTLP/gRPC", port=shell.settings.grpc_port)
    try:
        yield
    finally:
        await server.stop(shell.settings.drain_seconds)


def _server(shell: Shell) -> aio.Server:
    import grpc
    from grpc import aio

    settings = shell.settings
    limit = ("grpc.max_receive_message_length", settings.body_bytes_max)
    server = aio.server(options=[limit, ("grpc.so_reuseport", 0)])
    for signal, name in SERVICES.items():
        full = f"opentelemetry.proto.collector.{name}"
        method: Any = grpc.unary_unary_rpc_method_handler(_handler(shell, SIGNALS[signal]))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(full, {"Export": method}),)
        )
    where = f"{settings.host}:{settings.grpc_port}"
    try:
        server.add_insecure_port(where)
    except RuntimeError as wrong:
        raise RuntimeError(f"cannot listen on {where}: is the port in use?") from wrong
    return server


def _handler(shell: Shell, take: Take) -> Handler:
    async def export(body: bytes, context: Any) -> bytes:
        try:
            key = authorised(shell, _headers(context.invocation_metadata()))
            if len(body) > shell.settings.body_bytes_max:
                raise ProblemError(413, "the message is too large: send several")
            return told(await take(shell, key, body, False))
        except wire.MalformedError as wrong:
            code, detail, retry = INVALID, str(wrong), 0
        except ProblemError as problem:
            code, detail, retry = _refused(problem)
        except Exception as wrong:
            log.exception("request failed", error=type(wrong).__name__)
            code, detail, retry = UNAVAILABLE, "failed: send it again", 1
        await context.abort(*_status(code, detail, retry))
        raise AssertionError("abort raises")

    return export


def _headers(metadata: Sequence[tuple[str, Any]] | None) -> dict[str, str]:
    return {name: value for name, value in metadata or () if isinstance(value, str)}


def _refused(problem: ProblemError) -> tuple[int, str, int]:
    """Code, sentence, and after how many seconds it may be tried again; 0 is never."""
    may_pass = problem.status in (408, 429, 503)
    wait = min(int(problem.headers.get("retry-after", "1")), RETRY_SECONDS_MAX)
    code = UNAVAILABLE if problem.status == 408 else GRPC_CODES.get(problem.status, 2)
    return code, problem.detail, wait if may_pass else 0


def _status(code: int, detail: str, retry: int) -> tuple[Any, str, tuple[tuple[str, bytes], ...]]:
    """What `abort` takes: with RetryInfo in the details where a retry makes sense."""
    import grpc

    status = RpcStatus(code=code, message=detail)
    if retry:
        info = RetryInfo()
        info.retry_delay.seconds = retry
        status.details.add(type_url=_RETRY_TYPE, value=info.SerializeToString())
    named = next(c for c in grpc.StatusCode if c.value[0] == code)
    return named, detail, (("grpc-status-details-bin", status.SerializeToString()),)
