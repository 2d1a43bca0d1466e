"""Tokens that a customer's own backend makes for its users: a JWT bound to one org.

HS256 with a shared secret, or RS256/ES256 with the keys at a JWKS address. The algorithm is set by
the settings, never by the token.
"""

import asyncio
import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from schemas.access import ALL_ORGS, ApiKey
from services.runtime.problems import ProblemError, unavailable

LIFE_SECONDS_MAX = 3_600
CLOCK_SECONDS = 30
"""How far the customer's clock may be off."""
JWKS_SECONDS = 300.0
JWKS_RETRY_SECONDS = 10.0
HTTP_SECONDS = 5.0
KEY_ID_MAX = 64


@dataclass
class Customers:
    """Reads such tokens. With neither `secret` nor `jwks_url` there are none."""

    audience: str
    secret: bytes = b""
    jwks_url: str = ""
    org_claim: str = "org"
    project: str = "default"
    _keys: KeySet | None = None
    _asked: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def are_expected(self) -> bool:
        """True when tokens are taken at all."""
        return bool(self.secret or self.jwks_url)

    async def key(self, token: str, now: datetime) -> ApiKey:
        """The rights of the token's bearer: reading one org. `ProblemError` 401 with the reason."""
        try:
            decoded = await self._decode(token)
        except (JoseError, ValueError) as wrong:
            raise _refused(f"the token cannot be read: {type(wrong).__name__}") from None
        org = self._checked(decoded, now)
        return ApiKey(
            key_id=_key_id(org, str(decoded.get("sub", "")) or "anonymous"),
            sha256="0" * 64,
            scopes=frozenset({"read"}),
            project=self.project,
            org_id=org,
        )

    def _checked(self, claims: dict[str, Any], now: datetime) -> str:
        expires, issued = claims.get("exp"), claims.get("iat", now.timestamp())
        if not isinstance(expires, int | float) or not isinstance(issued, int | float):
            raise _refused("exp (and iat) must be seconds since 1970")
        if now.timestamp() > expires + CLOCK_SECONDS:
            raise _refused("the token has expired")
        if expires - min(issued, now.timestamp()) > LIFE_SECONDS_MAX + CLOCK_SECONDS:
            raise _refused(f"the token lives longer than {LIFE_SECONDS_MAX} s")
        if issued > now.timestamp() + CLOCK_SECONDS or _after(claims.get("nbf"), now):
            raise _refused("the token is not valid yet")
        audience = claims.get("aud")
        if self.audience not in (audience if isinstance(audience, list) else [audience]):
            raise _refused(f"aud must be {self.audience!r}")
        org = claims.get(self.org_claim)
        if not isinstance(org, str) or not 0 < len(org) <= 256 or org == ALL_ORGS:
            raise _refused(f"the claim {self.org_claim!r} must name one org")
        return org

    async def _decode(self, token: str) -> dict[str, Any]:
        if self.secret:
            secret = OctKey.import_key(self.secret)
            return jwt.decode(token, secret, algorithms=["HS256"]).claims
        keys = await self._fetched(JWKS_SECONDS)
        try:
            return jwt.decode(token, keys, algorithms=["RS256", "ES256"]).claims
        except (JoseError, ValueError):
            again = await self._fetched(JWKS_RETRY_SECONDS)
            return jwt.decode(token, again, algorithms=["RS256", "ES256"]).claims

    async def _fetched(self, age_seconds: float) -> KeySet:
        """The customer's keys, not older than this; old ones serve while the address is away."""
        async with self._lock:
            if self._keys is None or time.monotonic() - self._asked > age_seconds:
                self._asked = time.monotonic()
                self._keys = await _download(self.jwks_url) or self._keys
            if self._keys is None:
                raise unavailable("the customer's JWKS cannot be fetched", 5)
            return self._keys


async def _download(url: str) -> KeySet | None:
    try:
        async with httpx.AsyncClient(timeout=HTTP_SECONDS) as client:
            told = await client.get(url)
            told.raise_for_status()
            return KeySet.import_key_set(told.json())
    except (httpx.HTTPError, JoseError, ValueError, KeyError):
        return None


def _key_id(org: str, subject: str) -> str:
    """Whose budget and audit it is: one subject of two orgs is two, however long the names are."""
    named = f"jwt:{org}/{subject}"
    if len(named) <= KEY_ID_MAX and "/" not in org:
        return named
    return f"jwt:{hashlib.sha256(f'{len(org)}:{org}{subject}'.encode()).hexdigest()[:40]}"


def _after(value: Any, now: datetime) -> bool:
    return isinstance(value, int | float) and value > now.timestamp() + CLOCK_SECONDS


def _refused(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"www-authenticate": "Bearer"})
