"""Sign-in through an identity provider (OpenID Connect, code flow with PKCE): an extra, `oidc`.

What leads back from the provider is checked against a short-lived signed cookie; the roles come
from a claim of the ID token.
"""

import hmac
import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from fastapi import APIRouter, Query, Request, Response
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from starlette.responses import RedirectResponse

from schemas.access import ApiKey, KeyScope
from services.api.session.routes import begin
from services.api.settings import Settings
from services.runtime.problems import ProblemError, unavailable

router = APIRouter(tags=["sign-in"], include_in_schema=False)
COOKIE, PATH = "tt_oidc", "/v1/oidc"
WAIT_SECONDS = 600
HTTP_SECONDS = 10.0
CLOCK_SECONDS = 60
AUDIENCE = "tracetally-oidc"
Word = Annotated[str, Query(max_length=4_096)]


@dataclass
class Provider:
    """The identity provider and what its claims mean."""

    settings: Settings
    _metadata: dict[str, Any] = field(default_factory=dict)

    def client(self, redirect_uri: str) -> AsyncOAuth2Client:
        """Talks to the provider for one sign-in."""
        return AsyncOAuth2Client(
            self.settings.oidc_client_id,
            self.settings.oidc_client_secret.get_secret_value(),
            scope=self.settings.oidc_scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=HTTP_SECONDS,
        )

    async def metadata(self) -> dict[str, Any]:
        """The discovery document; kept once read."""
        if not self._metadata:
            issuer = self.settings.oidc_issuer.rstrip("/")
            self._metadata = await _json(f"{issuer}/.well-known/openid-configuration")
        return self._metadata

    async def claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token made for us, now, for this sign-in."""
        told = await self.metadata()
        keys = KeySet.import_key_set(await _json(told["jwks_uri"]))  # type: ignore[arg-type]
        try:
            decoded = jwt.decode(id_token, keys, algorithms=["RS256", "ES256"])
            registry = jwt.JWTClaimsRegistry(
                leeway=CLOCK_SECONDS,
                iss={"essential": True, "value": told["issuer"]},
                aud={"essential": True, "value": self.settings.oidc_client_id},
                exp={"essential": True},
                nonce={"essential": True, "value": nonce},
                sub={"essential": True},
            )
            registry.validate(decoded.claims)
        except (JoseError, ValueError) as wrong:
            raise ProblemError(401, f"the ID token is refused: {wrong}"[:300]) from None
        claims: dict[str, Any] = decoded.claims
        return claims


async def _json(url: str) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=HTTP_SECONDS) as client:
            told = await client.get(url)
            told.raise_for_status()
            document: dict[str, Any] = told.json()
            return document
    except (httpx.HTTPError, ValueError) as wrong:
        raise unavailable(
            f"the identity provider does not answer: {type(wrong).__name__}"
        ) from None


def rights(claims: dict[str, Any], settings: Settings) -> ApiKey:
    """What the roles allow; 403 where they allow nothing."""
    told = claims.get(settings.oidc_role_claim, [])
    roles = set(told if isinstance(told, list) else str(told).split())
    is_admin = settings.oidc_admin_role in roles
    if not is_admin and settings.oidc_reader_role and settings.oidc_reader_role not in roles:
        detail = f"the claim {settings.oidc_role_claim!r} lacks {settings.oidc_reader_role!r}"
        raise ProblemError(403, detail)
    subject = str(claims.get("email") or claims["sub"])
    scope: KeyScope = "admin" if is_admin else "read"
    return ApiKey(key_id=f"oidc:{subject}"[:64], sha256="0" * 64, scopes=frozenset({scope}))


@router.get(f"{PATH}/login")
async def login(request: Request, to: Word = "/") -> Response:
    """Send the browser to the provider."""
    provider: Provider = request.app.state.oidc
    told = await provider.metadata()
    waiting = {"state": _secret(), "nonce": _secret(), "verifier": _secret(48), "to": _local(to)}
    client = provider.client(_back(request))
    url, _ = client.create_authorization_url(
        told["authorization_endpoint"],
        state=waiting["state"],
        nonce=waiting["nonce"],
        code_verifier=waiting["verifier"],
    )
    claims = waiting | {"aud": AUDIENCE, "exp": int(time.time()) + WAIT_SECONDS}
    sealed = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(_signing(request)))
    answer = RedirectResponse(url, 302)
    answer.set_cookie(
        COOKIE, sealed, max_age=WAIT_SECONDS, path=PATH, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.get(f"{PATH}/callback")
async def callback(
    request: Request, code: Word = "", state: Word = "", error: Word = ""
) -> Response:
    """The browser comes back: check, exchange the code, begin a session."""
    provider: Provider = request.app.state.oidc
    waiting = _waiting(request)
    if not hmac.compare_digest(state.encode(), str(waiting["state"]).encode()):
        raise ProblemError(401, "this sign-in was not begun here: start again")
    if error or not code:
        raise ProblemError(401, f"the identity provider refused: {error or 'no code'}"[:300])
    told = await provider.metadata()
    try:
        async with provider.client(_back(request)) as client:
            token = await client.fetch_token(
                told["token_endpoint"], code=code, code_verifier=waiting["verifier"]
            )
    except (OAuthError, httpx.HTTPError) as wrong:
        raise ProblemError(401, f"the code was not exchanged: {wrong}"[:300]) from None
    claims = await provider.claims(str(token.get("id_token", "")), str(waiting["nonce"]))
    answer = RedirectResponse(str(waiting["to"]), 303)
    begin(request, answer, rights(claims, provider.settings), "")
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _waiting(request: Request) -> dict[str, Any]:
    try:
        key = OctKey.import_key(_signing(request))
        sealed = jwt.decode(request.cookies.get(COOKIE, ""), key, algorithms=["HS256"])
    except (JoseError, ValueError):
        raise ProblemError(401, "this sign-in was not begun here: start again") from None
    claims: dict[str, Any] = sealed.claims
    if claims.get("aud") != AUDIENCE or time.time() > claims.get("exp", 0):
        raise ProblemError(401, "this sign-in took too long: start again")
    return claims


def _signing(request: Request) -> bytes:
    secret: bytes = request.app.state.session_secret
    return secret


def _back(request: Request) -> str:
    settings: Settings = request.app.state.oidc.settings
    base = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{base}{PATH}/callback"


def _local(to: str) -> str:
    """A path of ours: a sign-in must not lead elsewhere."""
    is_ours = to.startswith("/") and not to.startswith(("//", "/\\"))
    return to if is_ours else "/"


def _secret(size: int = 24) -> str:
    return secrets.token_urlsafe(size)
