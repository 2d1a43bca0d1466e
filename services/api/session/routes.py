"""`/v1/session`: a key in, a cookie out; who is signed in; out again, here or everywhere."""

import ipaddress
import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.access import ALL_ORGS, SignOut, access_key
from schemas.topics import ACCESS
from services.api import audit, examples
from services.api.access import PLAIN_COOKIE, SECURE_COOKIE, Reads, reader, session_of
from services.api.session.tokens import Session, seal
from services.runtime.kafka import Message
from services.runtime.keys import ApiKey, bearer
from services.runtime.problems import ProblemError, openapi

router = APIRouter(tags=["sign-in"])


class SignIn(BaseModel):
    """The body of `POST /v1/session`."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=512, description="An API key that may read.")


@router.post(
    "/v1/session",
    summary="Sign in with an API key.",
    responses=examples.of(examples.SESSION) | openapi(400, 401, 403),
)
async def sign_in(request: Request, response: Response, asked: SignIn) -> Any:
    """Sets an HttpOnly cookie. Requests that change something need `csrf` in `x-csrf-token`."""
    key: ApiKey | None = request.app.state.keys.find(asked.key.strip())
    if key is None:
        raise ProblemError(401, "unknown API key", field="key")
    if not key.allows("read"):
        raise ProblemError(403, "this key may only send events: sign in with one that may read")
    return begin(request, response, key, key.key_id)


def begin(request: Request, response: Response, rights: ApiKey, key_id: str) -> dict[str, Any]:
    """Start a session and set its cookie; with a `key_id` it ends when that key does."""
    now = request.app.state.clock()
    is_admin = rights.allows("admin") and rights.org_id == ALL_ORGS
    csrf = secrets.token_urlsafe(24)
    session = Session(rights.key_id, key_id, is_admin, rights.org_id, csrf, now, now)
    _set(request, response, session)
    return _told(request, session)


@router.get(
    "/v1/session",
    summary="Who is signed in; keeps the session alive.",
    responses=examples.of(examples.SESSION) | openapi(401, 403),
)
async def who(request: Request, response: Response) -> Any:
    """Ask every few minutes while somebody looks at the page.

    Asked with `Authorization: Bearer`, it tells whose that is, and sets no cookie.
    """
    if request.app.state.settings.auth == "off":
        return examples.SESSION | {
            "subject": "anyone", "csrf": "", "expires_at": None,
        }  # fmt: skip
    if bearer(dict(request.headers)):
        return _rights((await reader(request)).key)
    session = session_of(request)
    if session is None:
        ways = ["key", "oidc"] if request.app.state.settings.oidc_issuer else ["key"]
        raise ProblemError(401, "nobody is signed in: POST /v1/session with an API key", ways=ways)
    renewed = session.renew(request.app.state.clock())
    _set(request, response, renewed)
    return _told(request, renewed)


@router.delete("/v1/session", summary="Sign out here.", status_code=204)
async def sign_out(response: Response) -> None:
    """Forgets the cookie; harmless when nobody is signed in."""
    for name in (SECURE_COOKIE, PLAIN_COOKIE):
        response.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True)


@router.delete(
    "/v1/sessions",
    summary="Sign out everywhere.",
    status_code=202,
    responses=examples.of({"subject": "ops", "before": "2026-11-22T10:00:00Z"}, 202)
    | openapi(401, 403, 503),
)
async def sign_out_everywhere(request: Request, caller: Reads, everyone: bool = False) -> Any:
    """All sessions of the caller, or with `everyone` (admin) of all. In effect within seconds."""
    if everyone and not caller.is_admin:
        raise ProblemError(403, "an admin key for all orgs is needed")
    subject = "*" if everyone else caller.key.key_id
    record = SignOut(subject=subject, before=request.app.state.clock())
    key, value = access_key(record).encode(), record.model_dump_json().encode()
    note = audit.entry(request, caller, "session.end", subject)
    await request.app.state.writer.publish(ACCESS.name, [Message(ACCESS.name, value, key), note])
    request.app.state.keys.apply(key, value)
    return {"subject": subject, "before": record.model_dump(mode="json")["before"]}


def _set(request: Request, response: Response, session: Session) -> None:
    state = request.app.state
    name = cookie_name(request)
    response.set_cookie(
        name,
        seal(session, state.session_limits, state.session_secret),
        max_age=int(state.session_limits.whole.total_seconds()),
        path="/",
        secure=name == SECURE_COOKIE,
        httponly=True,
        samesite="lax",
    )


def cookie_name(request: Request) -> str:
    """Plain over http on this machine, where browsers refuse secure cookies."""
    host = request.url.hostname or ""
    return PLAIN_COOKIE if request.url.scheme == "http" and _is_here(host) else SECURE_COOKIE


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _told(request: Request, session: Session) -> dict[str, Any]:
    told = _who(session.subject, session.org_id, session.is_admin)
    expires = session.expires(request.app.state.session_limits)
    return told | {"csrf": session.csrf, "expires_at": expires.isoformat()}


def _rights(key: ApiKey) -> dict[str, Any]:
    is_admin = key.allows("admin") and key.org_id == ALL_ORGS
    return _who(key.key_id, key.org_id, is_admin) | {"csrf": "", "expires_at": None}


def _who(subject: str, org_id: str, is_admin: bool) -> dict[str, Any]:
    everyone = org_id == ALL_ORGS
    return {
        "subject": subject,
        "role": "team" if everyone else "org",
        "org": None if everyone else org_id,
        "is_admin": is_admin,
        "live": True,
    }
