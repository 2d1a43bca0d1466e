"""Counts of tokens as a span tells them, brought to one meaning. Pure.

`input_tokens` includes the cached tokens by convention and in nearly every library. Which rule
decided is kept beside the counts. What a span does not tell stays None, never zero.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.ingest.otlp.conventions import (
    claude_code,
    haystack,
    judgment,
    laminar,
    langfuse,
    monocle,
    spring_ai,
    strands,
    vercel,
)
from services.ingest.otlp.table import Found

FLAVOUR = "otel.genai"
OUTSIDE_SCOPES: dict[str, frozenset[str]] = {
    "openlit.instrumentation.anthropic": frozenset(),
    "openlit.instrumentation.bedrock": frozenset(),
    "opentelemetry.instrumentation.bedrock": frozenset(),
    "opentelemetry.instrumentation.botocore.bedrock-runtime": frozenset(),
    "opentelemetry.instrumentation.genai.bedrock": frozenset(),
    "openinference.instrumentation.agno": frozenset({"anthropic", "aws.bedrock"}),
    "opentelemetry.instrumentation.ag2": frozenset({"anthropic", "aws.bedrock"}),
    "opentelemetry.instrumentation.llamaindex": frozenset({"anthropic", "aws.bedrock"}),
    monocle.SCOPE: frozenset({"anthropic"}),
    "pipecat": frozenset({"anthropic", "aws.bedrock"}),
    strands.SCOPE: frozenset({"anthropic"}),
    spring_ai.SCOPE: frozenset({"anthropic", "aws.bedrock"}),
    "agent_framework": frozenset(
        {
            "anthropic",
            "aws.bedrock",
            "azure.ai.inference",
            "gcp.vertex_ai",
        }
    ),
}
"""Libraries whose count of input leaves the cached tokens out, as the provider's answer does; of
some only for these providers."""
FRESH_INPUTS = frozenset({claude_code.FRESH_INPUT, judgment.FRESH_INPUT})
"""Where libraries tell what was not cached alone."""
OUTSIDE_ANSWERS = {"envoyproxy/ai-gateway": ("gen_ai.usage.input_tokens", "msg_")}
"""Gateways that hand on at this place what the provider's answer says, and how its ids begin."""
THOUGHTS_OUTSIDE = frozenset({"gcp.gemini", "gcp.vertex_ai"})
"""Providers that count thoughts beside the answer. What their total has besides is thoughts."""
THOUGHTS_OUTSIDE_SCOPES = frozenset({
    "openlit.instrumentation.google_ai_studio", "opentelemetry.instrumentation.ag2",
    "openlit.otel.tracing",
})  # fmt: skip
"""Libraries that hand on these providers' counts as they are, and no total."""
THOUGHTS_ADDED = {"gcp.vertex.agent": "gen_ai.usage.reasoning.output_tokens"}
"""Libraries that add what they tell here to every provider's output: Google's has it beside."""
WRONG_TOTALS = frozenset({laminar.SCOPE})
"""Libraries that add the parts of a streamed answer to a total that has the first of them."""
CACHE_IN_TOTAL = frozenset({"aws.bedrock"})
"""Providers whose total has the cached tokens, also where nothing else has them."""
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


def counts(found: Mapping[str, Found], scope: str, operation: str, provider: str = "") -> Counts:
    """The counts of a span."""
    told = {name: found[name].value for name in found.keys() & Counts._fields}
    received, sent, total = (_value(found, name) for name in ("input", "output", "total"))
    total = _value(found, "whole") or total
    if received is None and operation in NO_OUTPUT:
        received = total
    read, written = told.get("cache_read"), _written(told)
    cached = (read or 0) + (written or 0)
    rule = (
        ""
        if received is None or not cached
        else _outside(
            found,
            (received, sent or 0, total),
            cached,
            is_library=_is_outside(scope, provider) or _is_handed_on(found, scope),
        )
    )
    if rule and received is not None:
        received += cached
    if _place(found, "input") == "input" or _place(found, "output") == "output":
        received = _with_kinds(found, "input", received)
        sent = _with_kinds(found, "output", sent)
    received = _with_rest(received, sent, total, provider)
    sent = _sent(found, (received, sent, total), provider, scope)
    return Counts(
        received, read, written, told.get("cache_write_5m"), told.get("cache_write_1h"), sent,
        told.get("reasoning"), f"outside: {rule}" if rule else "inside" if cached else "",
    )  # fmt: skip


def _with_rest(
    received: int | None, sent: int | None, total: int | None, provider: str
) -> int | None:
    """The input with what only the total has."""
    if received is None or sent is None or total is None or provider not in CACHE_IN_TOTAL:
        return received
    return max(received, total - sent)


def _with_kinds(found: Mapping[str, Found], name: str, told: int | None) -> int | None:
    """What Langfuse's bare key says, and what is counted beside it, unless that is its parts."""
    if told is None or _place(found, name) != name:
        return told
    beside = sum(_value(found, kind) or 0 for kind in langfuse.KINDS_OF[name])
    return told if beside == told else told + beside


def of_answer(told: Counts) -> Counts:
    """The counts of an answered call. Libraries write 0 where they were told nothing."""
    return told if told.input_total or told.output_total else Counts()


def _value(found: Mapping[str, Found], name: str) -> int | None:
    return found[name].value if name in found else None


def _written(told: Mapping[str, int]) -> int | None:
    """Lifetimes are parts of what was written; LangChain counts them beside it, as zero."""
    parts = [told[name] for name in ("cache_write_5m", "cache_write_1h") if name in told]
    if "cache_write" not in told:
        return sum(parts) if parts else None
    return max(told["cache_write"], sum(parts))


def _is_outside(scope: str, provider: str) -> bool:
    providers = OUTSIDE_SCOPES.get(scope)
    return providers is not None and (not providers or provider in providers)


def _is_handed_on(found: Mapping[str, Found], scope: str) -> bool:
    place, start = OUTSIDE_ANSWERS.get(scope, ("", ""))
    return bool(place) and _said(found, "input") == place and _id(found).startswith(start)


def _id(found: Mapping[str, Found]) -> str:
    return str(found["response_id"].value) if "response_id" in found else ""


def _outside(
    found: Mapping[str, Found], sums: tuple[int, int, int | None], cached: int, *,
    is_library: bool,
) -> str:  # fmt: skip
    """The rule by which the input leaves the cached tokens out; empty where it includes them."""
    received, sent, total = sums
    rules = {
        "library": is_library or _said(found, "input") in FRESH_INPUTS,
        "more cached than input": cached > received,
        "total": total is not None and received + cached + sent == total,
        "the provider's own count": _value(found, "raw_input") == received
        or (_value(found, "fresh_input") == received and bool(_value(found, "beside_input")))
        or any(_said(found, name).startswith(_beside_input(found)) for name in _CACHED),
        "keys beside each other": _place(found, "input") in langfuse.BARE_INPUT
        and any(_place(found, name) in langfuse.BESIDE_INPUT for name in _CACHED),
    }
    return next((rule for rule, holds in rules.items() if holds), "")


_BESIDE_INPUT = (vercel.BESIDE_INPUT, *haystack.BESIDE_INPUT)
_CACHED = ("cache_read", "cache_write", "cache_write_5m", "cache_write_1h")


def _beside_input(found: Mapping[str, Found]) -> tuple[str, ...]:
    """How places of cached tokens begin that stand beside the input."""
    is_made = _id(found).startswith(vercel.MADE_IDS)
    return (*_BESIDE_INPUT, vercel.BEDROCK) if is_made else _BESIDE_INPUT


def _said(found: Mapping[str, Found], name: str) -> str:
    return found[name].place if name in found else ""


def _place(found: Mapping[str, Found], name: str) -> str:
    """The key inside Langfuse's usage; empty for all else."""
    attribute, _, key = _said(found, name).partition("|")
    return key if attribute == langfuse.USAGE else ""


def _sent(
    found: Mapping[str, Found], sums: tuple[int | None, int | None, int | None], provider: str,
    scope: str,
) -> int | None:  # fmt: skip
    """The output with the thoughts, which some count beside it."""
    received, sent, total = sums
    thought = _value(found, "reasoning") or 0
    if THOUGHTS_ADDED.get(scope) == _said(found, "reasoning") and provider not in THOUGHTS_OUTSIDE:
        return sent and max(0, sent - thought)
    if _place(found, "reasoning") in langfuse.BESIDE_OUTPUT:
        is_beside = total is None or (received or 0) + (sent or 0) != total
        return (sent or 0) + thought if is_beside else sent
    if total is None and provider in THOUGHTS_OUTSIDE and scope in THOUGHTS_OUTSIDE_SCOPES:
        return None if sent is None else sent + thought
    if received is None or sent is None or total is None:
        return sent
    if thought and received + sent + thought == total:
        return sent + thought
    is_rest = provider in THOUGHTS_OUTSIDE and scope not in WRONG_TOTALS
    return max(sent, total - received) if is_rest else sent


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
