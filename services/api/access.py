"""Who asks, and what of: the key, customer token or session of a request, and its scope."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.api.scope import Scope
from services.api.session.tokens import Session, forged, unseal
from services.api.settings import ANYONE, Settings
from services.runtime.keys import ALL_ORGS, ApiKey, bearer
from services.runtime.problems import ProblemError

SECURE_COOKIE, PLAIN_COOKIE = "__Host-tt", "tt_session"
"""Browsers refuse secure cookies from plain http, which is all there is on one's own machine."""


@dataclass(frozen=True)
class Caller:
    """A key that was found, and whose rows it may read."""

    key: ApiKey
    scope: Scope

    @property
    def is_admin(self) -> bool:
        """True when the key may change prices and orgs and see refused bytes."""
        return self.key.allows("admin") and self.scope.org_id is None


async def _key(request: Request) -> ApiKey:
    settings: Settings = request.app.state.settings
    if settings.auth == "off":
        return ANYONE
    if secret := bearer(dict(request.headers)):
        return await _by_secret(request, secret)
    if (session := session_of(request)) is None:
        raise _unknown("an API key is needed: Authorization: Bearer KEY")
    if why := forged(session, request.method, dict(request.headers)):
        raise ProblemError(403, why)
    return key_of(request, session)


async def _by_secret(request: Request, secret: str) -> ApiKey:
    state = request.app.state
    key: ApiKey | None = state.keys.find(secret)
    if key is not None:
        return key
    if state.customers.are_expected and secret.count(".") == 2:
        found: ApiKey = await state.customers.key(secret, state.clock())
        return found
    raise _unknown("unknown API key")


def _unknown(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"www-authenticate": "Bearer"})


def session_of(request: Request) -> Session | None:
    """The session of the request's cookie, while neither it nor its key has ended."""
    state = request.app.state
    for name in (SECURE_COOKIE, PLAIN_COOKIE):
        if not (value := request.cookies.get(name)):
            continue
        session = unseal(value, state.session_limits, state.session_secret, state.clock())
        if session is None or state.keys.ended(session.subject, session.began):
            continue
        if not session.key_id or state.keys.by_id(session.key_id) is not None:
            return session
    return None


def key_of(request: Request, session: Session) -> ApiKey:
    """The rights of a session: those its key has now, else those of its sign-in."""
    known: ApiKey | None = request.app.state.keys.by_id(session.key_id) if session.key_id else None
    return known or ApiKey(
        key_id=session.subject[:64],
        sha256="0" * 64,
        scopes=frozenset({"admin" if session.is_admin else "read"}),
        org_id=session.org_id,
    )


async def reader(request: Request) -> Caller:
    """The caller of a request that reads."""
    key = await _key(request)
    if not key.allows("read"):
        raise ProblemError(403, "this key lacks the scope 'read'")
    return Caller(key, Scope(None if key.org_id == ALL_ORGS else key.org_id))


async def admin(request: Request) -> Caller:
    """The caller of a request that writes: an admin key for all orgs."""
    caller = await reader(request)
    if not caller.is_admin:
        raise ProblemError(403, "an admin key for all orgs is needed")
    return caller


Reads = Annotated[Caller, Depends(reader)]
Writes = Annotated[Caller, Depends(admin)]


def not_found(what: str) -> ProblemError:
    """The same answer for what does not exist and for what belongs to another org."""
    return ProblemError(404, f"no such {what}")
