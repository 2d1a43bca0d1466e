"""What is kept of a piece of content: redacted, then cut. Pure.

Paths name values inside JSON, also JSON that stands in text inside JSON. Patterns are RE2, whose
time is linear in the text: what a stranger writes cannot make them slow.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from schemas.redaction import Step, path, pattern

REDACTED = "[redacted]"
DEPTH_MAX = 64
EDGE = 256
"""What stands before a cut that was made before redaction may be half a secret: it goes, too."""
Detector = Callable[[str], Sequence[tuple[int, int, str]]]
"""Of a text the places (start, end, what) that must not be kept."""


class Kept(NamedTuple):
    """A piece as it is stored."""

    content: str
    mime_type: str
    cut_chars: int


class Rules(NamedTuple):
    """How content is redacted and cut."""

    chars_max: int
    paths: tuple[tuple[Step, ...], ...] = ()
    patterns: tuple[Any, ...] = ()
    detect: Detector | None = None


def rules(
    chars_max: int,
    paths: Sequence[str] = (),
    patterns: Sequence[str] = (),
    detect: Detector | None = None,
) -> Rules:
    """Compiled; ValueError names what cannot be."""
    return Rules(chars_max, tuple(map(path, paths)), tuple(map(pattern, patterns)), detect)


def keep(said: Any, how: Rules) -> Kept:
    """A text, or a structure that becomes JSON, as it may be stored."""
    text, mime_type = _text(said, how)
    told, bound = len(text), 2 * how.chars_max
    text = text[:bound]
    for compiled in how.patterns:
        text = compiled.sub(REDACTED, text)
    if how.detect is not None:
        text = _without(text, how.detect(text))
    text = text.replace("\x00", "")
    shown = how.chars_max if told <= bound else min(how.chars_max, len(text) - EDGE)
    cut = max(0, told - bound) + max(0, len(text) - max(0, shown))
    if cut:
        return Kept(f"{text[: max(0, shown)]} …[{cut} characters cut]", "text/plain", cut)
    return Kept(text, mime_type, 0)


def _text(said: Any, how: Rules) -> tuple[str, str]:
    """The text with the paths redacted, and its media type."""
    structure = _parsed(said) if isinstance(said, str) else said
    if not isinstance(structure, dict | list):
        return said if isinstance(said, str) else _dump(said), "text/plain"
    if how.paths:
        for steps in how.paths:
            structure = _redacted(structure, steps, DEPTH_MAX)
        return _dump(structure), "application/json"
    return said if isinstance(said, str) else _dump(structure), "application/json"


def _dump(value: Any) -> str:
    return orjson.dumps(value, default=str).decode(errors="replace")


def _parsed(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except ValueError:
        return None


def _redacted(value: Any, steps: tuple[Step, ...], depth: int) -> Any:
    """The value with what stands at the path replaced."""
    if not steps:
        return REDACTED
    if isinstance(value, str) and isinstance(inner := _parsed(value), dict | list):
        return _dump(_redacted(inner, steps, depth))
    if depth == 0 or not isinstance(value, dict | list):
        return REDACTED if depth == 0 else value
    items = value.items() if isinstance(value, dict) else enumerate(value)
    step, rest = steps[0], steps[1:]
    told = {}
    for key, inner in items:
        if step.key in ("*", str(key)):
            inner = _redacted(inner, rest, depth - 1)
        if step.is_deep and inner is not REDACTED:
            inner = _redacted(inner, steps, depth - 1)
        told[key] = inner
    return told if isinstance(value, dict) else list(told.values())


def _without(text: str, places: Sequence[tuple[int, int, str]]) -> str:
    """Places that overlap are one; the first one's name stands there."""
    parts, at = [], 0
    for start, end, what in sorted(places):
        if start >= at:
            parts += [text[at:start], f"[{what}]"]
        at = max(at, end)
    return "".join([*parts, text[at:]])
