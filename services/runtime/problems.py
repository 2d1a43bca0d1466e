"""RFC 9457 problem documents: how every HTTP service of ours says no."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


def encode(value: Any) -> bytes:
    """JSON, also where a name that a client sent is no valid text (half a surrogate pair)."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, allow_nan=False).encode()


class ProblemError(Exception):
    """Raised anywhere in a request; answered as one document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = dict(headers or {})
        self.members = members


def unavailable(detail: str, retry_after_seconds: int = 1) -> ProblemError:
    """Something we need does not answer: the client is to come back soon."""
    return ProblemError(503, detail, headers={"retry-after": str(retry_after_seconds)})


def members(problem: ProblemError, request_id: str) -> dict[str, Any]:
    """The body. `type` stays about:blank: the status says the kind, `detail` says the rest."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.members,
    }


def document(problem: ProblemError, request_id: str) -> bytes:
    """The body as JSON."""
    return encode(members(problem, request_id))


def respond(request: Request, problem: ProblemError) -> Response:
    """The answer to a request that failed."""
    return Response(
        document(problem, getattr(request.state, "request_id", "")),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "field": {"type": "string"},
        "allowed": {"type": "array", "items": {"type": "string"}},
        "hint": {"type": "string"},
    },
}


def openapi(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": SCHEMA}},
        }
        for status in statuses
    }
