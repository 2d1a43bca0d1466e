"""What surrounds every HTTP request: its id, its time, and an answer whatever happens."""

import re
import time
import uuid
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import logs
from services.runtime.problems import MEDIA_TYPE, ProblemError, document, respond
from services.runtime.telemetry import HTTP_SECONDS

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
"""Others are replaced: a request id stands in logs and headers."""


BEARER = Depends(HTTPBearer(scheme_name="bearer", auto_error=False))
"""Names the scheme in the OpenAPI document; the services check keys themselves."""


class Requests:
    """ASGI middleware: request id in and out, time measured, unexpected errors as 503.

    503 and not 500, because exporters drop a batch that was answered with 500.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = logs.get("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        try:
            await self._app(scope, receive, tagged)
        except ClientDisconnect:
            status = 499
        except Exception as error:
            self._log.exception("request failed", request_id=request_id, error=type(error).__name__)
            if status:
                raise
            await _send_problem(tagged, request_id)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            HTTP_SECONDS.labels(route, str(status)).observe(time.perf_counter() - started)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        text: str = value.decode("latin-1")
        if name == b"x-request-id" and REQUEST_ID.fullmatch(text):
            return text
    return uuid.uuid4().hex


async def _send_problem(send: Send, request_id: str) -> None:
    body = document(ProblemError(503, "something failed here: resend"), request_id)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for this class only
    return respond(request, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    detail = str(error.detail)
    if error.status_code == 404:
        detail = f"no such path: {request.url.path}"
    return respond(request, ProblemError(error.status_code, detail, headers=error.headers))


async def _invalid(request: Request, error: Exception) -> Response:
    """A parameter that does not parse. The value itself is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    more: dict[str, Any] = {"field": field}
    if expected := first.get("ctx", {}).get("expected"):
        more["hint"] = f"expected {expected}"
    return respond(request, ProblemError(400, f"{field}: {first['msg']}", **more))


def equip(app: FastAPI) -> None:
    """Give an application our problem documents."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
