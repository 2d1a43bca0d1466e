"""What a raw usage object may hold: bounded depth and size, finite numbers. Pure."""

import math
from typing import Any

from schemas.dead import Refusal

DEPTH_MAX = 16
VALUES_MAX = 2_000


def flaw(payload: dict[str, Any]) -> Refusal | None:
    """Why the payload is refused, or None. NaN and infinity are no JSON, 1e400 is no float."""
    level: list[Any] = [payload]
    seen = 0
    for _ in range(DEPTH_MAX):
        inner: list[Any] = []
        for value in level:
            inner.extend(value.values() if isinstance(value, dict) else value)
        seen += len(inner)
        if seen > VALUES_MAX:
            return _refusal("too_large", f"more than {VALUES_MAX} values")
        if any(isinstance(value, float) and not math.isfinite(value) for value in inner):
            return _refusal("not_json", "a number is not finite")
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return None
    return _refusal("too_deep", f"nested deeper than {DEPTH_MAX} levels")


def _refusal(reason: Any, detail: str) -> Refusal:
    return Refusal(reason=reason, field="usage_payload", detail=detail)
