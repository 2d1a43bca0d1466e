"""Every route of ingest: native events, OTLP, what Langfuse's SDKs send."""

from fastapi import FastAPI

from services.ingest import http, langfuse_http, openapi, otlp_http
from services.ingest.http import Shell
from services.runtime import web


def build(shell: Shell) -> FastAPI:
    """The application without its health routes."""
    app = FastAPI(
        title="Tracetally ingest",
        version="1",
        description=openapi.DESCRIPTION,
        dependencies=[web.BEARER],
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(web.Requests)
    web.equip(app)
    http.add_routes(app, shell)
    langfuse_http.add_routes(app, shell)
    otlp_http.add_routes(app, shell)
    return app
