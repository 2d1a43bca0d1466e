"""`DeadLetter`: what could not be taken, with its original bytes and where it stood (dead.v1)."""

import base64
import hashlib
from typing import Literal

from schemas.base import Instant, LongText, Record, RequiredText, Text

Reason = Literal[
    "not_utf8",
    "not_json",
    "not_an_object",
    "invalid_field",
    "unknown_field",
    "too_large",
    "too_many_lines",
    "too_deep",
    "time_out_of_bounds",
    "usage_invalid",
    "cost_out_of_range",
    "price_record_invalid",
    "rejected_by_ledger",
    "bug",
]
"""Every reason there is, once. `bug` is ours: it means a core raised where it must not."""

ORIGINAL_BYTES_MAX = 1_000_000


class DeadLetter(Record):
    """One refused line. `dead_id` is derived from the position, so a redelivery repeats it."""

    dead_id: RequiredText
    reason: Reason
    detail: LongText
    field: Text = ""
    service: Text
    source: Text
    """topic/partition/offset/line of the refused line, or http/<project>."""
    occurred_at: Instant
    """When the broker took the message, or when HTTP refused it."""
    project: Text = ""
    org_id: Text = ""
    original: str
    """Base64 of the refused bytes (of the first megabyte, when longer)."""
    original_bytes: int
    original_sha256: Text


class Refusal(Record):
    """Why a line was refused: the value a core returns instead of raising."""

    reason: Reason
    detail: LongText
    field: Text = ""


def original_fields(original: bytes) -> dict[str, str | int]:
    """The three fields of a `DeadLetter` that keep the refused bytes."""
    return {
        "original": base64.b64encode(original[:ORIGINAL_BYTES_MAX]).decode(),
        "original_bytes": len(original),
        "original_sha256": hashlib.sha256(original).hexdigest(),
    }
