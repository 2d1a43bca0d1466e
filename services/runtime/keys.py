"""API keys: stored as SHA-256, scoped, bound to a project and to one org or to all."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

Scope = Literal["ingest", "read", "admin"]
Lookup = Literal[
    "org_id", "user_id", "conversation_id", "assistant_id", "assistant_version", "feature",
    "environment",
]  # fmt: skip
ALL_ORGS = "*"


class ApiKey(BaseModel):
    """One key. `admin` includes `read`; `org_id` "*" is all orgs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: frozenset[Scope] = Field(min_length=1)
    project: Annotated[str, StringConstraints(min_length=1, max_length=256)] = "default"
    org_id: Annotated[str, StringConstraints(min_length=1, max_length=256)] = ALL_ORGS

    lookups: dict[Lookup, tuple[Annotated[str, StringConstraints(min_length=1)], ...]] = {}
    """For spans: attributes that are looked at first, e.g. `{"org_id": ["acme.tenant"]}`.
    `name|path` is what stands at a path in a JSON text."""

    def allows(self, scope: Scope) -> bool:
        """True when the key may do what needs `scope`."""
        return scope in self.scopes or (scope == "read" and "admin" in self.scopes)


KEYS = TypeAdapter(tuple[ApiKey, ...])


def parse_keys(text: str, file: Path | None = None) -> tuple[ApiKey, ...]:
    """Keys from a JSON array in the environment, and from a file that holds one."""
    keys = KEYS.validate_json(text or "[]")
    return keys + (KEYS.validate_json(file.read_bytes()) if file else ())


def digest(secret: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_key(keys: tuple[ApiKey, ...], secret: str) -> ApiKey | None:
    """The key with this secret. Every stored key is compared, each in constant time."""
    wanted = digest(secret)
    found = None
    for key in keys:
        if hmac.compare_digest(key.sha256, wanted):
            found = key
    return found


def bearer(headers: dict[str, str]) -> str:
    """The secret of `Authorization: Bearer`, `x-api-key` or, as its password, of `Basic`.

    Names in lower case. Values may be percent-encoded, as `OTEL_EXPORTER_OTLP_HEADERS` wants them.
    Empty where there is none.
    """
    scheme, _, value = unquote(headers.get("authorization", "")).partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        return _password(value.strip())
    return unquote(headers.get("x-api-key", "")).strip()


def _password(encoded: str) -> str:
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2].strip()
