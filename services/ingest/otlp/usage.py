"""Counts of tokens as a span tells them, brought to one meaning. Pure.

`input_tokens` includes the cached tokens by convention and in nearly every library. Which rule
decided is kept beside the counts. What a span does not tell stays None, never zero.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.ingest.otlp.conventions import Found, langfuse

FLAVOUR = "otel.genai"
OUTSIDE_SCOPES = frozenset({"openlit.instrumentation.anthropic"})
"""Libraries whose count of input leaves the cached tokens out."""
NO_OUTPUT = frozenset({"embeddings", "rerank"})


class Counts(NamedTuple):
    """Tokens of one call: totals include their parts."""

    input_total: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    output_total: int | None = None
    reasoning: int | None = None
    rule: str = ""
    """Why cached tokens were taken as inside or outside of the input."""

    @property
    def is_told(self) -> bool:
        """True when there is anything to price."""
        return self.input_total is not None or self.output_total is not None


def counts(found: Mapping[str, Found], scope: str, operation: str) -> Counts:
    """The counts of a span."""
    told = {name: found[name].value for name in found.keys() & Counts._fields}
    received, sent, total = (_value(found, name) for name in ("input", "output", "total"))
    if received is None and operation in NO_OUTPUT:
        received = total
    read, written = told.get("cache_read"), _written(told)
    cached = (read or 0) + (written or 0)
    rule = _outside(found, scope, (received, sent, total), cached)
    if rule and received is not None:
        received += cached
    if _is_beside_output(found, received, sent, total):
        sent = (sent or 0) + told["reasoning"]
    return Counts(
        received, read, written, told.get("cache_write_5m"), told.get("cache_write_1h"), sent,
        told.get("reasoning"), f"outside: {rule}" if rule else "inside" if cached else "",
    )  # fmt: skip


def _value(found: Mapping[str, Found], name: str) -> int | None:
    return found[name].value if name in found else None


def _written(told: Mapping[str, int]) -> int | None:
    """Lifetimes are parts of what was written; LangChain counts them beside it, as zero."""
    parts = [told[name] for name in ("cache_write_5m", "cache_write_1h") if name in told]
    if "cache_write" not in told:
        return sum(parts) if parts else None
    return max(told["cache_write"], sum(parts))


def _outside(
    found: Mapping[str, Found], scope: str, sums: tuple[int | None, int | None, int | None],
    cached: int,
) -> str:  # fmt: skip
    """The rule by which the input leaves the cached tokens out; empty where it includes them."""
    received, sent, total = sums
    if received is None or not cached:
        return ""
    if scope in OUTSIDE_SCOPES:
        return "library"
    if cached > received:
        return "more cached than input"
    if total is not None and received + cached + (sent or 0) == total:
        return "total"
    if _place(found, "input") in ("input", "input_tokens") and any(
        _place(found, name) in langfuse.BESIDE_INPUT
        for name in ("cache_read", "cache_write", "cache_write_5m", "cache_write_1h")
    ):
        return "keys beside each other"
    return ""


def _place(found: Mapping[str, Found], name: str) -> str:
    """The key inside Langfuse's usage; empty for all else."""
    told = found.get(name)
    attribute, _, key = told.place.partition("|") if told else ("", "", "")
    return key if attribute == langfuse.USAGE else ""


def _is_beside_output(
    found: Mapping[str, Found], received: int | None, sent: int | None, total: int | None
) -> bool:
    if _place(found, "reasoning") not in langfuse.BESIDE_OUTPUT:
        return False
    return total is None or (received or 0) + (sent or 0) != total


def payload(told: Counts, tier: str, operation: str) -> dict[str, Any]:
    """The counts as attributes of the convention, for the reader of `otel.genai`."""
    named = {
        "gen_ai.operation.name": operation if operation in NO_OUTPUT else None,
        "gen_ai.usage.input_tokens": told.input_total,
        "gen_ai.usage.cache_read.input_tokens": told.cache_read,
        "gen_ai.usage.cache_write.input_tokens": told.cache_write,
        "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": told.cache_write_5m,
        "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": told.cache_write_1h,
        "gen_ai.usage.output_tokens": told.output_total,
        "gen_ai.usage.reasoning.output_tokens": told.reasoning,
        "openai.response.service_tier": tier or None,
        "cached_tokens": told.rule or None,
    }
    return {name: value for name, value in named.items() if value is not None}
