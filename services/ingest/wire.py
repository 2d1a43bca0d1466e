"""The shapes a body can have: one object, an array of objects, or NDJSON. Pure."""

import json
from typing import Literal

import orjson

from schemas.ndjson import split

Shape = Literal["object", "array", "lines"]
_SPACE = b" \t\r\n"


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Only finds where an item ends: numbers stay text, so none is too long or too large."""


class NotJsonError(Exception):
    """The array breaks off or holds something between its items."""


class TooManyError(Exception):
    """The array has more items than allowed."""


def shape(body: bytes) -> Shape:
    """What the body is, by its content: content types are often left at a client's default."""
    text = body.lstrip(_SPACE)
    if text[:1] == b"[":
        return "array"
    first, _, rest = text.partition(b"\n")
    if not rest.strip(_SPACE):
        return "object"
    return "object" if not _is_json(first) and _is_json(text) else "lines"


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def slices(body: bytes, form: Shape, items_max: int) -> list[bytes]:
    """The bytes of each item, exactly as they came."""
    match form:
        case "object":
            return [body.strip(_SPACE)]
        case "lines":
            items = split(body)
            if len(items) > items_max:
                raise TooManyError
            return items
    return _array_slices(body, items_max)


def _array_slices(body: bytes, items_max: int) -> list[bytes]:
    """Bytes that are not UTF-8 survive as surrogates, so that only their own item is refused."""
    text = body.decode("utf-8", "surrogateescape").strip(" \t\r\n")
    items: list[bytes] = []
    at, end = _skip(text, 1), len(text)
    if text[at : at + 1] == "]":
        return _closed(items, text, at)
    while at < end:
        start = at
        try:
            _, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as wrong:
            raise NotJsonError(_sentence(wrong, len(items))) from None
        items.append(text[start:at].encode("utf-8", "surrogateescape"))
        if len(items) > items_max:
            raise TooManyError
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return _closed(items, text, at)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    raise NotJsonError(f"',' or ']' expected after item {len(items) - 1} of the array")


def _sentence(wrong: Exception, index: int) -> str:
    why = wrong.msg if isinstance(wrong, json.JSONDecodeError) else "nested too deeply"
    return f"item {index} of the array is not JSON: {why}"


def _closed(items: list[bytes], text: str, at: int) -> list[bytes]:
    if at != len(text) - 1:
        raise NotJsonError("something follows the end of the array")
    return items


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at
