"""Who asks, and what of: the key of a request and its scope."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.api.scope import Scope
from services.api.settings import ANYONE, Settings
from services.runtime.keys import ALL_ORGS, ApiKey, bearer, find_key
from services.runtime.problems import ProblemError


@dataclass(frozen=True)
class Caller:
    """A key that was found, and whose rows it may read."""

    key: ApiKey
    scope: Scope

    @property
    def is_admin(self) -> bool:
        """True when the key may change prices and orgs and see refused bytes."""
        return self.key.allows("admin") and self.scope.org_id is None


def _key(request: Request) -> ApiKey:
    settings: Settings = request.app.state.settings
    if settings.auth == "off":
        return ANYONE
    secret = bearer(dict(request.headers))
    key = find_key(request.app.state.keys, secret) if secret else None
    if key is None:
        detail = "unknown API key" if secret else "an API key is needed: Authorization: Bearer KEY"
        raise ProblemError(401, detail, headers={"www-authenticate": "Bearer"})
    return key


async def reader(request: Request) -> Caller:
    """The caller of a request that reads."""
    key = _key(request)
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
