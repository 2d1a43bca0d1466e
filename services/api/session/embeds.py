"""`/v1/embeds`: which sites may show a customer's page in a frame, and a look at what it shows."""

import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, Field

from schemas.access import ALL_ORGS
from schemas.topics import AUDIT
from services.api import audit, examples
from services.api.access import Reads, Writes, not_found
from services.api.session.origins import PREVIEW, Embeds
from services.runtime.problems import ProblemError, openapi

router = APIRouter(tags=["sign-in"])
PREVIEW_LIFE = timedelta(minutes=15)


def origins_of(embeds: Embeds, name: str) -> tuple[str, ...]:
    """Who may frame an embed; `ProblemError` 404 for one that is not set."""
    if name == PREVIEW:
        return ()
    if name not in embeds:
        raise not_found("embed")
    return embeds[name]


@router.get(
    "/v1/embeds/{embed_id}",
    summary="Which origins may frame this embed. Needs no key.",
    responses=examples.of({"id": "portal", "origins": ["https://portal.acme.example"]})
    | openapi(404),
)
async def embed(request: Request, embed_id: str) -> Any:
    """The page in the frame takes tokens from these alone; the frame's policy says the same."""
    return {"id": embed_id, "origins": origins_of(request.app.state.embeds, embed_id)}


@router.get(
    "/v1/embeds",
    summary="All embeds, and what customers' tokens must hold.",
    responses=examples.of(
        {
            "embeds": [{"id": "portal", "origins": ["https://portal.acme.example"]}],
            "tokens": "HS256", "audience": "tracetally", "org_claim": "org", "jwks_url": None,
            "public_url": None, "may_preview": True,
        }
    )
    | openapi(401, 403),
)  # fmt: skip
async def embeds(request: Request, caller: Reads) -> Any:
    """For keys of all orgs. `tokens` is null where no token is taken; `HS256` or `JWKS`."""
    if caller.scope.org_id is not None:
        raise ProblemError(403, "a key for all orgs is needed")
    settings = request.app.state.settings
    has_secret = bool(settings.jwt_secret.get_secret_value())
    known = request.app.state.embeds
    return {
        "embeds": [{"id": name, "origins": origins} for name, origins in sorted(known.items())],
        "tokens": "HS256" if has_secret else "JWKS" if settings.jwt_jwks_url else None,
        "audience": settings.jwt_audience,
        "org_claim": settings.jwt_org_claim,
        "jwks_url": settings.jwt_jwks_url or None,
        "public_url": settings.public_url or None,
        "may_preview": has_secret and caller.is_admin,
    }


class Preview(BaseModel):
    """The body of `POST /v1/embeds/preview`."""

    model_config = ConfigDict(extra="forbid")

    org_id: str = Field(min_length=1, max_length=256)


@router.post(
    "/v1/embeds/preview",
    status_code=201,
    summary="A token of one org, for 15 minutes: see what this customer sees.",
    responses=examples.of(
        {"token": "eyJhbGciOiJIUzI1NiJ9.…", "expires_at": "2026-11-22T10:15:00+00:00"}, 201
    )
    | openapi(400, 401, 403, 409, 503),
)
async def preview(request: Request, asked: Preview, caller: Writes) -> Any:
    """Signed with `API_JWT_SECRET`, as a customer's backend signs its own; audited."""
    settings, now = request.app.state.settings, request.app.state.clock()
    secret = settings.jwt_secret.get_secret_value()
    if not secret:
        raise ProblemError(409, "no token can be made here: set API_JWT_SECRET")
    if asked.org_id == ALL_ORGS:
        raise ProblemError(400, "one org must be named", field="org_id")
    expires = now + PREVIEW_LIFE
    claims = {
        "aud": settings.jwt_audience, settings.jwt_org_claim: asked.org_id,
        "sub": f"preview:{caller.key.key_id}"[:60], "jti": secrets.token_urlsafe(12),
        "iat": int(now.timestamp()), "exp": int(expires.timestamp()),
    }  # fmt: skip
    note = audit.entry(request, caller, "embed.preview", asked.org_id, asked.org_id)
    await request.app.state.writer.publish(AUDIT.name, [note])
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret), algorithms=["HS256"])
    return {"token": token, "expires_at": expires.isoformat()}
