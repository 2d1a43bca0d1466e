"""The first sign-in of an installation without keys: a code, told once, good for one use.

The code is printed at the start and kept as a hash; a restart makes another. It stops working as
soon as any key may read.
"""

import asyncio
import hmac
import secrets
import sys
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api import examples
from services.api.query.limits import Budget
from services.api.session.routes import begin
from services.api.settings import Settings
from services.runtime.keyring import KeyFeed
from services.runtime.keys import ApiKey, KeyRing, digest
from services.runtime.problems import ProblemError, openapi

router = APIRouter(tags=["sign-in"])
TRIES_PER_MINUTE = 10
WHO = ApiKey(key_id="first-run", sha256="0" * 64, scopes=frozenset({"admin"}))


class FirstRun:
    """Holds the code's hash while it is good."""

    def __init__(self) -> None:
        self._hash = ""
        self.tries = Budget(TRIES_PER_MINUTE)

    def offer(self) -> str:
        """A new code; the one before is void."""
        code = secrets.token_urlsafe(24)
        self._hash = digest(code)
        return code

    def take(self, code: str) -> bool:
        """True once for the right code. Hashes are compared: a guess learns nothing from time."""
        is_right = hmac.compare_digest(self._hash or "-", digest(code))
        if is_right:
            self._hash = ""
        return is_right


def is_locked(settings: Settings, ring: KeyRing) -> bool:
    """True while nobody can sign in: no key that may read, no identity provider."""
    keys = [*ring.configured, *(p.key for p in ring.published if p.revoked_at is None)]
    is_closed = settings.auth == "keys" and not settings.oidc_issuer
    return is_closed and not any(key.allows("read") for key in keys)


async def announce(settings: Settings, feed: KeyFeed, first: FirstRun) -> None:
    """Once all published keys are known: where there is none to sign in with, print the address."""
    await feed.ready.wait()
    if not is_locked(settings, feed.ring):
        return
    host = "localhost" if settings.host in ("0.0.0.0", "::", "127.0.0.1") else settings.host  # noqa: S104 - compared, not bound
    base = settings.public_url.rstrip("/") or f"http://{host}:{settings.port}"
    line = f"Nobody can sign in yet. Open this once: {base}/welcome#code={first.offer()}\n"
    await asyncio.to_thread(_print, line)


def _print(line: str) -> None:
    """To stdout: the log, which is collected, never holds a secret."""
    sys.stdout.write(line)
    sys.stdout.flush()


class Code(BaseModel):
    """The body of `POST /v1/session/first`."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=128, description="As printed by the API's start.")


@router.post(
    "/v1/session/first",
    summary="Sign in to a new installation with the code that the API printed.",
    responses=examples.of(examples.SESSION) | openapi(400, 401, 409, 429),
)
async def sign_in(request: Request, response: Response, asked: Code) -> Any:
    """The session may do everything, so as to make keys. The code works once."""
    state = request.app.state
    first: FirstRun = state.first
    if refused := first.tries.take("", 1, state.clock()):
        wait = {"retry-after": str(refused[1])}
        raise ProblemError(429, "too many codes were tried", headers=wait)
    if not is_locked(state.settings, state.keys):
        raise ProblemError(409, "a key exists already: sign in with that")
    if not first.take(asked.code):
        detail = "not the code of this start, or used before: start the API again for a new one"
        raise ProblemError(401, detail, field="code")
    return begin(request, response, WHO, "")
