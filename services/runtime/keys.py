"""API keys: stored as SHA-256, scoped, bound to a project and to one org or to all."""

import base64
import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from schemas.access import ALL_ORGS, AccessRecord, ApiKey, PublishedKey, SignOut

KEYS = TypeAdapter(tuple[ApiKey, ...])
ACCESS_RECORD: TypeAdapter[PublishedKey | SignOut] = TypeAdapter(AccessRecord)


def parse_keys(text: str, file: Path | None = None) -> tuple[ApiKey, ...]:
    """Keys from a JSON array in the environment, and from a file that holds one."""
    keys = KEYS.validate_json(text or "[]")
    return keys + (KEYS.validate_json(file.read_bytes()) if file else ())


def digest(secret: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """The configured keys, and those published to access.v1. Revoking takes a second or two."""

    def __init__(self, configured: tuple[ApiKey, ...]) -> None:
        self._configured = {key.sha256: key for key in configured}
        self._published: dict[str, PublishedKey] = {}
        self._by_hash: dict[str, ApiKey] = {}
        self._signed_out: dict[str, datetime] = {}
        self._named = {key.key_id for key in configured}

    def find(self, secret: str) -> ApiKey | None:
        """The key with this secret. Looked up by its hash: a guess learns nothing from the time."""
        wanted = digest(secret)
        key = self._configured.get(wanted) or self._by_hash.get(wanted)
        return key if key is not None and hmac.compare_digest(key.sha256, wanted) else None

    def by_id(self, key_id: str) -> ApiKey | None:
        """The key of this id while it may be used: a session ends with its key."""
        known = {key.key_id: key for key in self._configured.values()}
        published = self._published.get(key_id)
        alive = published.key if published and published.revoked_at is None else None
        return known.get(key_id) or alive

    def is_known(self, key_id: str) -> bool:
        """True when a key of this id is or was there."""
        return key_id in self._named or key_id in self._published

    @property
    def configured(self) -> list[ApiKey]:
        """Keys of the settings: only the settings can revoke them."""
        return list(self._configured.values())

    @property
    def published(self) -> list[PublishedKey]:
        """Keys made over the API, revoked ones included, oldest first."""
        return sorted(self._published.values(), key=lambda p: (p.created_at, p.key.key_id))

    def ended(self, subject: str, since: datetime) -> bool:
        """True when a session that began at `since` was signed out from elsewhere."""
        instants = [self._signed_out[who] for who in (subject, "*") if who in self._signed_out]
        return any(since <= instant for instant in instants)

    def apply(self, key: bytes | None, value: bytes | None) -> str:
        """Take one message of access.v1; why it cannot be used, or nothing."""
        if not value:
            self._published.pop((key or b"").decode(errors="replace").removeprefix("key|"), None)
        else:
            try:
                record = ACCESS_RECORD.validate_json(value)
            except ValidationError as wrong:
                return str(wrong)[:500]
            if isinstance(record, SignOut):
                self._signed_out[record.subject] = record.before
            else:
                self._published[record.key.key_id] = record
        self._by_hash = {
            known.key.sha256: known.key
            for known in self._published.values()
            if known.revoked_at is None
        }
        return ""


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


__all__ = ["ALL_ORGS", "ApiKey", "KeyRing", "bearer", "digest", "parse_keys"]
