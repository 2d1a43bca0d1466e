"""The application: routes, problem documents, compression, OpenAPI."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import ValidationError
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse

from services.api import audit, keys, orgs, pages, replay, state, welcome
from services.api.asked import RefusedError
from services.api.prices import book, coverage, quotes, repricing, shipped
from services.api.prices.mirror_book import MirrorBook
from services.api.query import changes, explained, exports, form, talks, usage, views
from services.api.query import routes as query
from services.api.query.cache import Answers
from services.api.query.counters import Counters
from services.api.query.engine import Engine
from services.api.query.limits import Budget
from services.api.reader import Reader
from services.api.session import embeds, first
from services.api.session import routes as session
from services.api.session.customers import Customers
from services.api.session.origins import parse_embeds
from services.api.session.tokens import Limits
from services.api.settings import Settings
from services.api.traces import contents, conversations, searches
from services.api.traces import routes as traces
from services.api.writer import Writer
from services.runtime import web
from services.runtime.keys import KeyRing
from services.runtime.problems import ProblemError, encode, openapi, respond

DESCRIPTION = """What AI conversations cost, exactly.

`Authorization: Bearer KEY` (or `x-api-key`). A key bound to an org reads that org alone. Money is
text and always stands under its currency. Every usage answer says how complete it is."""


class Json(JSONResponse):
    """orjson, which refuses floats that are not numbers and knows no Decimal."""

    def render(self, content: Any) -> bytes:
        """Encode."""
        return encode(content)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101 - registered for this class only
    problem = ProblemError(error.status, error.detail, field=error.field, **error.more)
    return respond(request, problem)


async def _too_much(request: Request, error: Exception) -> Response:
    """Parameters that are good one by one but make a question beyond the form's limits."""
    assert isinstance(error, ValidationError)  # noqa: S101 - registered for this class only
    if error.title not in (form.Query.__name__, form.Where.__name__):
        raise error
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return respond(request, ProblemError(400, f"{field}: {first['msg']}", field=field))


def _sign_in(app: FastAPI, settings: Settings) -> None:
    """What sessions and customers' tokens are checked with."""
    secret = settings.session_secret.get_secret_value().encode()
    app.state.session_secret = secret or secrets.token_bytes(32)
    app.state.session_limits = Limits(
        timedelta(minutes=settings.session_idle_minutes),
        timedelta(hours=settings.session_hours_max),
    )
    app.state.customers = Customers(
        settings.jwt_audience,
        settings.jwt_secret.get_secret_value().encode(),
        settings.jwt_jwks_url,
        settings.jwt_org_claim,
        settings.jwt_project,
    )
    app.state.first = first.FirstRun()
    app.state.embeds = parse_embeds(settings.embeds)
    if settings.oidc_issuer:
        from services.api.session import oidc  # its dependency is an extra of its own

        app.state.oidc = oidc.Provider(settings)
        app.include_router(oidc.router)


def _answer_by(app: FastAPI, settings: Settings, reader: Reader) -> None:
    """What the routes share to answer: the book, the engine, what it has answered, limits."""
    state = app.state
    state.book = MirrorBook(reader)
    state.engine = Engine(reader, state.clock, settings.settled_after_hours)
    counters = Counters(reader, state.clock)
    state.answers = Answers(state.engine, counters, settings.answer_cache_mb * 1_000_000)
    state.streams = changes.Streams(counters, settings.streams_per_key_max)
    state.budget = Budget(settings.query_units_per_minute)
    state.exports = exports.Exports(reader)


def build(
    settings: Settings,
    reader: Reader,
    writer: Writer,
    clock: Callable[[], datetime],
    ring: KeyRing | None = None,
) -> FastAPI:
    """The application without its health routes."""
    app = FastAPI(
        title="Tracetally API",
        version="1",
        description=DESCRIPTION,
        dependencies=[web.BEARER],
        docs_url=None,
        redoc_url=None,
        default_response_class=Json,
    )
    app.state.settings, app.state.keys = settings, ring or KeyRing(settings.known_keys())
    _sign_in(app, settings)
    app.state.reader, app.state.writer, app.state.clock = reader, writer, clock
    app.state.dashboard = pages.DIST
    _answer_by(app, settings, reader)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(web.Requests)
    web.equip(app)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(ValidationError, _too_much)
    for part in (
        query, usage, views, explained, talks, changes, exports, state, searches, conversations,
        traces, contents, book, orgs, quotes, coverage, repricing, session, embeds, first, keys,
        audit, replay, shipped, welcome, pages,
    ):  # fmt: skip
        app.include_router(part.router, responses=openapi(400, 422))
    return app
