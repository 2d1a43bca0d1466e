"""How content sent with a key is kept: the key's rules, compiled once."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from schemas.access import ApiKey, ContentRules
from services.ingest import pii, redact
from services.ingest.redact import Kept
from services.runtime import logs

WITHHELD = "[withheld: the key's content rules cannot be used]"


def keeper(key: ApiKey) -> Callable[[Any], Kept] | None:
    """What makes of something said what is stored; None where the key keeps no content.

    Rules that cannot be used keep the content back, not the calls: a key made while this runs
    must neither stop its sender nor store what its rules were to redact.
    """
    if key.content is None:
        return None
    try:
        return _compiled(key.content)
    except ValueError as wrong:
        _tell(key.key_id, str(wrong)[:500])
        return _withhold


def check(key: ApiKey) -> None:
    """ValueError for content rules that cannot be used."""
    if key.content is not None:
        _compiled(key.content)


def _withhold(_: Any) -> Kept:
    return Kept(WITHHELD, "text/plain", 0)


@lru_cache(maxsize=256)
def _tell(key_id: str, why: str) -> None:
    """Once for each key."""
    logs.get("ingest").error("content rules cannot be used", key_id=key_id, why=why)


@lru_cache(maxsize=256)
def _compiled(rules: ContentRules) -> Callable[[Any], Kept]:
    detect = pii.detector() if rules.detect_pii else None
    how = redact.rules(rules.chars_max, rules.redact_paths, rules.redact_patterns, detect)
    return partial(redact.keep, how=how)
