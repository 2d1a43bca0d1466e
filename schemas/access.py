"""Who may do what (compacted topic access.v1), and who did what (topic audit.v1)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.base import Instant, Record, RequiredText, Text

KeyScope = Literal["ingest", "read", "admin"]
Lookup = Literal[
    "org_id", "user_id", "conversation_id", "assistant_id", "assistant_version", "feature",
    "environment",
]  # fmt: skip
Place = Annotated[str, StringConstraints(min_length=1)]
"""An attribute's name, or `name|path` for what stands at a path in a JSON text."""
ALL_ORGS = "*"


class ContentRules(BaseModel):
    """What is kept of the content sent with a key, and how. Redacted before anything is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chars_max: int = Field(65_536, ge=1, le=1_000_000)
    """Of one piece; what is cut is told by a marker and by `cut_chars`."""
    redact_paths: tuple[str, ...] = ()
    """JSON paths whose values are replaced, e.g. `$.messages[*].content`, `$..email`."""
    redact_patterns: tuple[str, ...] = ()
    """Regular expressions (RE2) whose matches are replaced."""
    detect_pii: bool = False
    """Replace what looks like an e-mail address, phone, card, bank account, ... (extra `pii`)."""


class ApiKey(Record):
    """One key. `admin` includes `read`; `org_id` "*" is all orgs."""

    key_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[frozenset[KeyScope], Field(min_length=1)]
    project: RequiredText = "default"
    org_id: RequiredText = ALL_ORGS

    lookups: dict[Lookup, tuple[Place, ...]] = {}
    """For spans: attributes that are looked at first, e.g. `{"org_id": ["acme.tenant"]}`."""

    content: ContentRules | None = None
    """Set, even empty (`{}`): content sent with this key is stored. Without it none ever is."""

    def allows(self, scope: KeyScope) -> bool:
        """True when the key may do what needs `scope`."""
        return scope in self.scopes or (scope == "read" and "admin" in self.scopes)


class PublishedKey(Record):
    """A key made over the API. Key of the message: `key|<key_id>`; a tombstone forgets it."""

    kind: Literal["key"] = "key"
    key: ApiKey
    label: Text = ""
    created_at: Instant
    created_by: Text = ""
    revoked_at: Instant | None = None
    revoked_by: Text = ""


class SignOut(Record):
    """Ends every session of a subject that began before. Key: `sign_out|<subject>`."""

    kind: Literal["sign_out"] = "sign_out"
    subject: RequiredText
    """Who was signed in; "*" is everyone."""
    before: Instant


AccessRecord = Annotated[PublishedKey | SignOut, Field(discriminator="kind")]


def access_key(record: PublishedKey | SignOut) -> str:
    """The message key of a record."""
    if isinstance(record, PublishedKey):
        return f"key|{record.key.key_id}"
    return f"sign_out|{record.subject}"


class AuditEntry(Record):
    """One change that a person or a key made."""

    audit_id: RequiredText
    occurred_at: Instant
    actor: RequiredText
    """The key's id, or the subject of the identity provider."""
    action: RequiredText
    """E.g. `price.publish`, `org.put`, `key.create`, `dead.replay`."""
    target: Annotated[str, StringConstraints(max_length=2048)] = ""
    org_id: Text = ""
    """The org that the change concerns, where it is one."""
