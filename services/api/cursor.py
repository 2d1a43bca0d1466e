"""Where a page ended: an instant in milliseconds and an id, as opaque text. Pure."""

import base64
import binascii

import orjson

from services.api.asked import refuse


def encode(at: int, last_id: str) -> str:
    """The cursor behind this row."""
    return base64.urlsafe_b64encode(orjson.dumps([at, last_id])).decode().rstrip("=")


def decode(cursor: str) -> tuple[int, str]:
    """What `encode` was given; (0, "") without a cursor."""
    if not cursor:
        return 0, ""
    try:
        at, last_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return int(at), str(last_id)
    except (ValueError, TypeError, binascii.Error):
        raise refuse("cursor", "not a cursor of this API") from None
