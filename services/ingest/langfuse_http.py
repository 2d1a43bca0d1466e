"""What Langfuse's SDKs send besides spans: scores, one by one or in their ingestion batches."""

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from services.ingest import openapi
from services.ingest.http import Shell, authorised, read_body
from services.ingest.otlp import feedback
from services.ingest.otlp_http import JSON, outcomes
from services.runtime.problems import ProblemError

SCORE_EVENT = "score-create"


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
        bodies = [e.get("body") for e in listed if e.get("type") == SCORE_EVENT]
        found = [_outcome(shell, body) for body in bodies if isinstance(body, dict)]
        await outcomes(shell, key, found)
        done = [{"id": str(event.get("id", "")), "status": 201} for event in listed]
        body = orjson.dumps({"successes": done, "errors": []})
        return Response(body, status_code=207, media_type=JSON)

    app.add_api_route("/api/public/scores", scores, methods=["POST"], response_class=Response,
                      summary="Scores as Langfuse sends them; become feedback.",
                      responses=openapi.responses())  # fmt: skip
    app.add_api_route("/api/public/ingestion", ingestion, methods=["POST"],
                      include_in_schema=False)  # fmt: skip


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
