"""Embeds: an id, and the origins that may show a customer's page in a frame. Pure.

`API_EMBEDS` lists them: `{"portal": ["https://portal.acme.example"]}`.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

PREVIEW = "preview"
"""The embed that no site may frame: for a look in a window of its own."""
ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EMBEDS = TypeAdapter(dict[str, tuple[str, ...]])

Embeds = Mapping[str, tuple[str, ...]]


def parse_embeds(text: str) -> dict[str, tuple[str, ...]]:
    """Origins by embed, from JSON; ValueError says which entry is wrong and why."""
    try:
        told = _EMBEDS.validate_json(text or "{}")
    except ValidationError:
        raise ValueError('not JSON of the form {"id": ["https://host"]}') from None
    for name, origins in told.items():
        if name == PREVIEW or not ID.fullmatch(name):
            raise ValueError(f"embed id {name!r}: lower-case letters, digits, '-'; not {PREVIEW!r}")
        if not origins:
            raise ValueError(f"embed {name!r} names no origin")
        for origin in origins:
            if why := _flaw(origin):
                raise ValueError(f"embed {name!r}, origin {origin!r}: {why}")
    return told


def _flaw(origin: str) -> str:
    """Why this is no single origin that may be trusted, or nothing."""
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "not an origin"
    if not ORIGIN.fullmatch(origin) or not host:
        return "must be https://host or https://host:port in lower case, without path or '*'"
    if parts.scheme == "http" and host not in LOOPBACK:
        return "http is for this machine only: use https"
    return ""
