"""Who may do what (compacted topic access.v1), and who did what (topic audit.v1)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.base import Instant, Record, RequiredText, Text

KeyScope = Literal["ingest", "read", "admin"]
Lookup = Literal[
    "org_id", "user_id", "conversation_id", "assistant_id", "assistant_version", "feature",
    "environment",
]  # fmt: skip
ALL_ORGS = "*"


class ApiKey(Record):
    """One key. `admin` includes `read`; `org_id` "*" is all orgs."""

    key_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[frozenset[KeyScope], Field(min_length=1)]
    project: RequiredText = "default"
    org_id: RequiredText = ALL_ORGS

    lookups: dict[Lookup, tuple[Annotated[str, StringConstraints(min_length=1)], ...]] = {}
    """For spans: attributes that are looked at first, e.g. `{"org_id": ["acme.tenant"]}`.
    `name|path` is what stands at a path in a JSON text."""

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
