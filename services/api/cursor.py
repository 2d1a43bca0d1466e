"""Where a page of the newest ended: an instant in milliseconds and an id, as opaque text. Pure."""

import base64
import binascii
from typing import Any

import orjson

from services.api.asked import refuse

MILLISECONDS_MAX = 2**53


def encode(at: int, last_id: str) -> str:
    """The cursor behind this row."""
    return base64.urlsafe_b64encode(orjson.dumps([at, last_id])).decode().rstrip("=")


def decode(cursor: str) -> tuple[int, str]:
    """What `encode` was given."""
    try:
        at, last_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error):
        raise refuse("cursor", "not a cursor of this API") from None
    if not isinstance(at, int) or not 0 <= at < MILLISECONDS_MAX or not isinstance(last_id, str):
        raise refuse("cursor", "not a cursor of this API")
    return at, last_id


def behind(cursor: str, id_column: str) -> tuple[str, dict[str, Any]]:
    """The condition that a row stands behind the cursor, the newest first, and its parameters."""
    if not cursor:
        return "", {}
    at, last_id = decode(cursor)
    place = f"(toUnixTimestamp64Milli(occurred_at), {id_column})"
    return f" AND {place} < ({{at:Int64}}, {{last:String}})", {"at": at, "last": last_id}
