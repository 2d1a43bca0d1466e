"""How content sent with a key is kept: the key's rules, compiled once."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from schemas.access import ApiKey, ContentRules
from services.ingest import pii, redact
from services.ingest.redact import Kept


def keeper(key: ApiKey) -> Callable[[Any], Kept] | None:
    """What makes of something said what is stored; None where the key keeps no content.

    ValueError for rules that cannot be used.
    """
    return None if key.content is None else _compiled(key.content)


@lru_cache(maxsize=256)
def _compiled(rules: ContentRules) -> Callable[[Any], Kept]:
    detect = pii.detector() if rules.detect_pii else None
    how = redact.rules(rules.chars_max, rules.redact_paths, rules.redact_patterns, detect)
    return partial(redact.keep, how=how)
