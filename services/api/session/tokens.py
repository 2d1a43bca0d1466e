"""What a session cookie says, signed (HS256). Pure: the clock and the secret come in."""

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

AUDIENCE = "tracetally-session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Limits:
    """A session ends `idle` after it was last renewed, and `whole` after sign-in."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True)
class Session:
    """Who is signed in. With a `key_id` it has the rights of that key, and ends with it."""

    subject: str
    key_id: str
    is_admin: bool
    org_id: str
    csrf: str
    began: datetime
    renewed: datetime

    def expires(self, limits: Limits) -> datetime:
        """The instant from which it is over unless renewed."""
        return min(self.renewed + limits.idle, self.began + limits.whole)

    def renew(self, now: datetime) -> "Session":
        """The same session, seen alive."""
        return replace(self, renewed=now)


def seal(session: Session, limits: Limits, secret: bytes) -> str:
    """The cookie's value."""
    claims = {
        "aud": AUDIENCE,
        "sub": session.subject,
        "key": session.key_id,
        "adm": session.is_admin,
        "org": session.org_id,
        "csrf": session.csrf,
        "began": _milliseconds(session.began),
        "renewed": _milliseconds(session.renewed),
        "exp": int(session.expires(limits).timestamp()),
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret), algorithms=["HS256"])


def unseal(value: str, limits: Limits, secret: bytes, now: datetime) -> Session | None:
    """The session, or None when it was not made here or is over."""
    try:
        claims = jwt.decode(value, OctKey.import_key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError):
        return None
    session = _session(claims)
    if session is None or now >= session.expires(limits):
        return None
    return session


def _session(claims: dict[str, Any]) -> Session | None:
    if claims.get("aud") != AUDIENCE:
        return None
    return Session(
        subject=str(claims["sub"]),
        key_id=str(claims["key"]),
        is_admin=bool(claims["adm"]),
        org_id=str(claims["org"]),
        csrf=str(claims["csrf"]),
        began=_instant(claims["began"]),
        renewed=_instant(claims["renewed"]),
    )


def forged(session: Session, method: str, headers: dict[str, str]) -> str:
    """Why a request with this session's cookie may not change anything, or nothing.

    Browsers send the cookie along from any page: only our own page knows the session's token.
    Header names in lower case.
    """
    if method in SAFE_METHODS:
        return ""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return "the request comes from another site"
    if not hmac.compare_digest(headers.get("x-csrf-token", "").encode(), session.csrf.encode()):
        return "the header x-csrf-token must be the session's token: GET /v1/session tells it"
    return ""


def _milliseconds(value: datetime) -> int:
    return int(value.timestamp() * 1000)


def _instant(value: Any) -> datetime:
    return datetime.fromtimestamp(int(value) / 1000, UTC)
