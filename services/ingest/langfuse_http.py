"""What Langfuse's SDKs send besides spans: scores, one by one or in their ingestion batches."""

import asyncio
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from schemas.access import ApiKey
from services.ingest import openapi
from services.ingest.http import Shell, authorised, read_body
from services.ingest.otlp import feedback
from services.ingest.otlp_http import JSON, outcomes
from services.runtime.problems import ProblemError

SCORE_EVENT = "score-create"
WITHOUT_FIGURES = frozenset({"sdk-log"})
NOT_READ = (
    "only scores are read here: send spans by OpenTelemetry (as Langfuse's Python SDK does from 3, "
    "its JS SDK from 4), or calls to /v1/calls"
)


def add_routes(app: FastAPI, shell: Shell) -> None:
    """`/api/public/scores` and `/api/public/ingestion`."""

    async def scores(request: Request) -> Response:
        key = authorised(shell, request.headers)
        listed = _json(await read_body(shell.settings, request))
        found = [
            _outcome(shell, item) for item in (listed if isinstance(listed, list) else [listed])
        ]
        refused, why = await outcomes(shell, key, found)
        if refused:
            raise ProblemError(422, f"{refused} of {len(found)} scores were refused: {why}")
        first = found[0]["outcome_id"] if found else ""
        return Response(orjson.dumps({"id": first}), media_type=JSON)

    async def ingestion(request: Request) -> Response:
        key = authorised(shell, request.headers)
        told = _json(await read_body(shell.settings, request))
        events = told.get("batch") if isinstance(told, dict) else None
        listed = [event for event in events or () if isinstance(event, dict)]
        flaws = await asyncio.gather(*(_taken(shell, key, event) for event in listed))
        done: dict[str, list[dict[str, Any]]] = {"successes": [], "errors": []}
        for event, flaw in zip(listed, flaws, strict=True):
            told_of = {"id": str(event.get("id", "")), "status": 400 if flaw else 201}
            if flaw:
                done["errors"].append(told_of | {"message": flaw})
            else:
                done["successes"].append(told_of)
        return Response(orjson.dumps(done), status_code=207, media_type=JSON)

    app.add_api_route("/api/public/scores", scores, methods=["POST"], response_class=Response,
                      summary="Scores as Langfuse sends them; become feedback.",
                      responses=openapi.responses())  # fmt: skip
    app.add_api_route("/api/public/ingestion", ingestion, methods=["POST"],
                      include_in_schema=False)  # fmt: skip


async def _taken(shell: Shell, key: ApiKey, event: dict[str, Any]) -> str:
    """Why an event of a batch is not taken, which the others do not suffer from; else empty."""
    kind = event.get("type")
    if kind != SCORE_EVENT:
        return "" if kind in WITHOUT_FIGURES else NOT_READ
    try:
        refused, why = await outcomes(shell, key, [_outcome(shell, event.get("body"))])
    except ProblemError as problem:
        if problem.status >= 429:
            raise
        return problem.detail
    return why if refused else ""


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError as wrong:
        raise ProblemError(400, f"the body is not JSON: {wrong}") from None


def _outcome(shell: Shell, item: Any) -> dict[str, Any]:
    told = feedback.score(item, shell.clock()) if isinstance(item, dict) else None
    if told is None:
        raise ProblemError(422, "a score needs traceId or sessionId", field="traceId")
    return told
