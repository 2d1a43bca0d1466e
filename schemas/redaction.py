"""What a key's rules for content may be: JSON paths, and patterns in RE2. Pure.

Where a rule is made it is refused, and where it is used it is compiled, by the same code.
"""

import re
from typing import Any, NamedTuple

import re2

from schemas.access import ContentRules

_STEP = re.compile(
    r"\.\.(?P<deep>[\w-]+|\*)|\.(?P<name>[\w-]+|\*)|\[(?P<quote>['\"])(?P<quoted>.+?)(?P=quote)\]"
    r"|\[(?P<index>\d+|\*)\]"
)
PATH_HINT = "e.g. $.messages[*].content, or $..email at any depth"
PATTERN_HINT = r"RE2 has neither look-around nor back-references; e.g. \d{16}"


class Step(NamedTuple):
    """One step of a path: a name, an index or `*`; `is_deep` at any depth below."""

    key: str
    is_deep: bool = False


class Flaw(NamedTuple):
    """A rule that cannot be used: its field, e.g. `redact_paths.0`, what is wrong, what to do."""

    field: str
    detail: str
    hint: str


def path(text: str) -> tuple[Step, ...]:
    """A JSON path; ValueError for what is none.

    >>> path("$..email")
    (Step(key='email', is_deep=True),)
    """
    steps, at = [], 1
    if not text.startswith("$"):
        raise ValueError(f"a JSON path begins with $: {text[:80]!r}")
    while at < len(text):
        found = _STEP.match(text, at)
        if not found:
            raise ValueError(f"not a JSON path at character {at}: {text[:80]!r}")
        parts = found.groupdict()
        key = parts["deep"] or parts["name"] or parts["quoted"] or parts["index"]
        steps.append(Step(str(key), is_deep=parts["deep"] is not None))
        at = found.end()
    if not steps:
        raise ValueError("a JSON path must name something below $")
    return tuple(steps)


def pattern(text: str) -> Any:
    """A compiled RE2 expression; ValueError for what is none."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as wrong:
        raise ValueError(f"not an RE2 expression {text[:80]!r}: {_said(wrong)}") from None


def flaw(rules: ContentRules) -> Flaw | None:
    """The first rule that cannot be used."""
    for name, texts, read, hint in (
        ("redact_paths", rules.redact_paths, path, PATH_HINT),
        ("redact_patterns", rules.redact_patterns, pattern, PATTERN_HINT),
    ):
        for number, text in enumerate(texts):
            try:
                read(text)
            except ValueError as wrong:
                return Flaw(f"{name}.{number}", str(wrong), hint)
    return None


def _said(wrong: Exception) -> str:
    """The library tells bytes."""
    told = wrong.args[0] if wrong.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)
