"""Attribute values: looked up one by one, converted only when wanted.

Both wire formats give the same interface. Libraries put JSON into text, Python's repr into text,
JSON strings into JSON strings, numbers into text; reading them is forgiving, but a value that is
not there is None, never zero.
"""

import ast
import base64
import binascii
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

import orjson

from schemas.money import plain

TEXT_MAX = 256
"""Longer values are no name or id."""
LITERAL_MAX = 64_000
COUNT_MAX = 10**15


class Attributes(Protocol):
    """Attributes of a span, an event or a resource."""

    def get(self, key: str) -> Any:
        """The value in Python's types, None when missing."""

    def __contains__(self, key: str) -> bool:
        """True when there is a value."""

    def __iter__(self) -> Iterator[str]:
        """The names."""


class ProtoAttributes:
    """Over a protobuf map of AnyValue."""

    __slots__ = ("_map",)

    def __init__(self, values: Any) -> None:
        self._map = values

    def __contains__(self, key: str) -> bool:
        return key in self._map

    def __iter__(self) -> Iterator[str]:
        return iter(self._map)

    def get(self, key: str) -> Any:
        """See `Attributes`."""
        value = self._map.get(key)
        return None if value is None else from_proto(value)


class JsonAttributes:
    """Over an OTLP/JSON list of key and value; of a repeated key the last one counts."""

    __slots__ = ("_map",)

    def __init__(self, values: Any) -> None:
        listed = values if isinstance(values, list) else []
        self._map = {
            item["key"]: item.get("value")
            for item in listed
            if isinstance(item, dict) and isinstance(item.get("key"), str)
        }

    def __contains__(self, key: str) -> bool:
        return key in self._map

    def __iter__(self) -> Iterator[str]:
        return iter(self._map)

    def get(self, key: str) -> Any:
        """See `Attributes`."""
        return from_json(self._map.get(key))


def from_proto(value: Any) -> Any:
    """An AnyValue message in Python's types; bytes as base64 text."""
    if told := value.string_value or value.int_value:
        return told  # nearly always: it has one value, and all others are empty
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind is None:
        return None
    if kind == "array_value":
        return [from_proto(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {key: from_proto(item) for key, item in value.kvlist_value.values.items()}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def from_json(value: Any) -> Any:
    """An AnyValue of OTLP/JSON in Python's types; 64-bit integers may be text."""
    if not isinstance(value, dict):
        return None
    for kind, told in value.items():
        if kind == "intValue":
            return _whole(told)
        if kind in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
            return told
        if kind == "arrayValue":
            listed = told.get("values") if isinstance(told, dict) else None
            return [from_json(item) for item in listed or () if isinstance(item, dict)]
        if kind == "kvlistValue":
            held = JsonAttributes(told.get("values") if isinstance(told, dict) else None)
            return {key: held.get(key) for key in held._map}
    return None


def _whole(told: Any) -> int | None:
    try:
        return int(told)
    except (TypeError, ValueError, OverflowError):
        return None


def parsed(value: Any) -> Any:
    """The structure that a text holds: JSON, or Python's repr where a library sends that."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        pass
    if not value.startswith(("{", "[")) or len(value) > LITERAL_MAX:
        return None
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def inner(value: Any, path: str) -> Any:
    """What stands at a path of names, parts divided by dots; None where there is nothing."""
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            value = value[int(name)] if name.isdecimal() and int(name) < len(value) else None
        elif isinstance(value, str):
            value = _of_object(value, name)
        else:
            return None
    return value


def _of_object(told: str, name: str) -> Any:
    """The last of an object's parts, where it was told as Python's repr of it has it."""
    _, found, rest = told.partition(f"{name}={{")
    return parsed("{" + rest[:-1]) if found and rest.endswith("})") else None


def text(value: Any) -> str:
    """A name or an id: trimmed, unquoted once where it is a JSON string; empty for all else."""
    if not isinstance(value, str):
        value = _as_text(value)
    value = value.strip()
    if value[:1] == '"' and len(value) > 1 and value[-1] == '"':
        unquoted = parsed(value)
        value = unquoted.strip() if isinstance(unquoted, str) else value
    if "\x00" in value:
        value = value.replace("\x00", "")
    return value if len(value) <= TEXT_MAX else ""


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str)), "")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """A number of tokens; None for what is none, also for a negative one."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = value.strip()
        if not (value.isascii() and value.isdecimal() and len(value) <= len(str(COUNT_MAX))):
            return None
        value = int(value)
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and 0 <= value <= COUNT_MAX else None


def seconds(value: Any) -> float | None:
    """A duration; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 10**6 else None


def amount(value: Any) -> str | None:
    """Money as a library computed it, as plain text. Libraries say 0 for what they do not know."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        told = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not told.is_finite() or not 0 < told < 10**9:
        return None
    return plain(round(told, 18))


def identifier(value: Any, length: int) -> str:
    """A trace or span id as lower-case hex; empty where it is not `length` bytes, or all zero.

    In text it is hex; base64, as protobuf's own JSON has it, is told apart by its length.
    """
    if isinstance(value, str):
        is_hex = len(value) == 2 * length
        try:
            value = binascii.unhexlify(value) if is_hex else base64.b64decode(value, validate=True)
        except ValueError:
            return ""
    if not isinstance(value, bytes):
        return ""
    return value.hex() if len(value) == length and any(value) else ""
