"""The wire format: a message value is one or more JSON objects, one per line."""

from collections.abc import Iterable

LINE_BYTES_MAX = 1_000_000
"""A longer line is refused, not parsed."""


def split(value: bytes) -> list[bytes]:
    """The non-blank lines of a message."""
    return [line for line in value.split(b"\n") if line and not line.isspace()]


def join(lines: Iterable[bytes]) -> bytes:
    """One message value of many encoded records."""
    return b"\n".join(lines)
