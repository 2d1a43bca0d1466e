"""OTLP/HTTP: the endpoints, answers and errors as the protocol wants them.

Exporters retry 429, 502, 503 and 504 only, for ten seconds in all; anything else drops the batch.
So what may pass by itself is answered 503 with `Retry-After: 1`, what will not with 4xx, and every
answer comes in the content type of the request, errors as a `google.rpc.Status`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, Request, Response

from schemas.topics import CALLS, CONTENTS, OUTCOMES
from services.ingest import batch, core, openapi
from services.ingest.http import (
    Shell,
    authorised,
    caller_of,
    count,
    limit,
    publish,
    read_body,
)
from services.ingest.kinds import OUTCOME_KIND
from services.ingest.otlp import contents, feedback, receive, wire
from services.ingest.otlp.proto import ExportResponse, RpcStatus
from services.runtime.kafka import Message
from services.runtime.keys import ApiKey
from services.runtime.problems import ProblemError

PROTOBUF, JSON = "application/x-protobuf", "application/json"
THREAD_BYTES = 1_000_000
"""Larger bodies are decoded beside the event loop."""
RETRY_SECONDS_MAX = 2
"""Exporters give up after ten seconds in all: a longer wait would drop the batch at once."""
GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14}
"""HTTP status to google.rpc.Code."""
_REJECTED = {"traces": "rejectedSpans", "logs": "rejectedLogRecords"}


class Answer(NamedTuple):
    """What a signal answers: rejected items, and what is worth saying."""

    rejected: int = 0
    message: str = ""


Take = Callable[[Shell, ApiKey, bytes, bool], Awaitable[Answer]]


async def _traces(shell: Shell, key: ApiKey, body: bytes, is_json: bool) -> Answer:
    caller = caller_of(shell, key)
    table = shell.tables.of(key)
    if len(body) > THREAD_BYTES:
        told = await asyncio.to_thread(receive.traces, body, caller, table, is_json=is_json)
    else:
        told = receive.traces(body, caller, table, is_json=is_json)
    limit(shell, key, len(told.taken))
    letters = batch.letters(((r.refusal, r.original) for r in told.refused), caller)
    await publish(
        shell.gate,
        [
            Message(CALLS.name, e.value, e.key)
            for e in batch.envelopes(caller.project, told.taken)
        ]
        + [
            Message(CONTENTS.name, e.value, e.key)
            for e in batch.envelopes(caller.project, told.contents)
        ]
        + [Message("dead.v1", e.value, e.key) for e in letters],
    )  # fmt: skip
    count(CALLS.name, len(told.taken), told.refused)
    count(CONTENTS.name, len(told.contents), ())
    return Answer(told.rejected, "; ".join(told.warnings)[:4000])


async def _logs(shell: Shell, key: ApiKey, body: bytes, is_json: bool) -> Answer:
    records = wire.logs(body, is_json=is_json)
    caller = caller_of(shell, key)
    if caller.keep is not None:
        said = receive.said(contents.of_logs(records, caller.keep), caller)
        told = batch.envelopes(caller.project, said)
        await publish(shell.gate, [Message(CONTENTS.name, e.value, e.key) for e in told])
        count(CONTENTS.name, len(said), ())
    return Answer(*await outcomes(shell, key, list(feedback.evaluations(records))))


async def _metrics(shell: Shell, key: ApiKey, body: bytes, is_json: bool) -> Answer:  # noqa: ARG001
    """Accepted and dropped: spans tell the same tokens, call by call."""
    return Answer()


async def outcomes(shell: Shell, key: ApiKey, found: list[dict[str, Any]]) -> tuple[int, str]:
    """Publish judgements; how many were refused, and why the first one was."""
    caller = core.Caller(key.project, key.org_id, shell.clock())
    limit(shell, key, len(found))
    body = b"\n".join(orjson.dumps(item) for item in found)
    told = core.decide(OUTCOME_KIND, body, caller, len(found)) if found else core.Decision()
    messages = batch.envelopes(caller.project, told.taken)
    letters = batch.letters(((r.refusal, r.original) for r in told.refused), caller)
    await publish(
        shell.gate,
        [Message(OUTCOMES.name, e.value, e.key) for e in messages]
        + [Message("dead.v1", e.value, e.key) for e in letters],
    )
    count(OUTCOMES.name, len(told.taken), list(told.refused))
    why = told.refused[0].refusal.detail if told.refused else ""
    return len(told.refused), why


SIGNALS: dict[str, Take] = {"traces": _traces, "logs": _logs, "metrics": _metrics}


def add_routes(app: FastAPI, shell: Shell) -> None:
    """`/v1/traces`, `/v1/logs`, `/v1/metrics`, under any prefix, with or without a final slash."""
    for signal, take in SIGNALS.items():
        handler = _endpoint(shell, signal, take)
        app.add_api_route(
            f"/v1/{signal}", handler, methods=["POST"], name=f"otlp_{signal}",
            summary=f"OTLP/HTTP {signal}, protobuf or JSON.", response_class=Response,
            openapi_extra=openapi.otlp_body(signal), responses=openapi.otlp_responses(),
        )  # fmt: skip
        for path in (f"/v1/{signal}/", f"/{{prefix:path}}/v1/{signal}"):
            app.add_api_route(path, handler, methods=["POST"], include_in_schema=False)
    root = _endpoint(shell, "traces", _traces)
    app.add_api_route("/", root, methods=["POST"], include_in_schema=False)


def _endpoint(shell: Shell, signal: str, take: Take) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        told = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_json = told == JSON
        try:
            if told not in (PROTOBUF, JSON):
                raise ProblemError(415, f"content-type {told[:64]!r}: {PROTOBUF} or {JSON}")
            key = authorised(shell, request.headers)
            body = await read_body(shell.settings, request)
            answer = await take(shell, key, body, is_json)
        except wire.MalformedError as wrong:
            return _error(ProblemError(400, str(wrong)), is_json=is_json)
        except ProblemError as problem:
            return _error(problem, is_json=is_json)
        return _success(answer, signal, is_json=is_json)

    return handle


def _success(answer: Answer, signal: str, *, is_json: bool) -> Response:
    """Empty where all went well: `partial_success` is set only to say something."""
    is_partial = bool(answer.rejected or answer.message)
    if is_json:
        partial: dict[str, Any] = {"errorMessage": answer.message}
        if answer.rejected:
            partial[_REJECTED.get(signal, "rejectedDataPoints")] = str(answer.rejected)
        return Response(orjson.dumps({"partialSuccess": partial} if is_partial else {}),
                        media_type=JSON)  # fmt: skip
    return Response(told(answer), media_type=PROTOBUF)


def told(answer: Answer) -> bytes:
    """The answer as a protobuf message: that of any signal."""
    response = ExportResponse()
    if answer.rejected or answer.message:
        response.partial_success.rejected = answer.rejected
        response.partial_success.error_message = answer.message
    return bytes(response.SerializeToString())


def _error(problem: ProblemError, *, is_json: bool) -> Response:
    """A late body is the network's fault: the exporter may send it again."""
    status = 503 if problem.status == 408 else problem.status
    headers = dict(problem.headers)
    if status in (429, 503):
        wait = min(int(headers.get("retry-after", "1")), RETRY_SECONDS_MAX)
        headers["retry-after"] = str(wait)
    code = GRPC_CODES.get(status, 2)
    if is_json:
        body = orjson.dumps({"code": code, "message": problem.detail})
    else:
        body = RpcStatus(code=code, message=problem.detail).SerializeToString()
    kind = JSON if is_json else PROTOBUF
    return Response(body, status_code=status, media_type=kind, headers=headers)
