"""What a field's value is: a name, a count, money, and what libraries write for nothing. Pure."""

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from services.ingest.otlp.conventions import langfuse, monocle, spring_ai
from services.ingest.otlp.values import TEXT_MAX, amount, count, parsed, text

COUNTS = frozenset({
    "input", "output", "total", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h",
    "reasoning", "whole", "http_status", "raw_input", "fresh_input", "beside_input",
    *langfuse.KINDS_OF["input"], *langfuse.KINDS_OF["output"],
})  # fmt: skip
RAW = frozenset({"ttft_s", "ttft_ms"})

_NO_PROVIDER = frozenset({
    "langchain", "langgraph", "strands-agents", "strands", "gcp.vertex.agent", "crewai",
    "llama_index", "llamaindex", "haystack", "agno", "autogen", "mlflow", "vercel", "openai-agents",
    "dspy", "smolagents", "litellm", "spring_ai", "semantic_kernel", "unknown", "none", "_other",
    "gateway", "semantic-kernel", "ag2", "us", "eu", "apac", "global",
    "ruby_llm", "other",
})  # fmt: skip
"""Frameworks that put their own name where the provider's belongs, and regions of Amazon."""


_NO_ANSWERS = ("run-", "lc_run-", "call_", "toolu_", "tooluse_", "fc_", "__")
"""Ids of LangChain's own runs, of tools that an answer calls, and what stands for an id, as in the
Agents SDK of OpenAI: `__fake_id__`."""
_NO_CONVERSATIONS = ("resp_",)
"""The answer before this one, which Microsoft's frameworks tell as the conversation."""
_NOTHING = frozenset(
    {
        form
        for name in ("null", "none", "undefined", "unknown")
        for form in (name, name.upper(), name.title())
    }
)
"""No name: what nothing is as text."""
_HIDDEN = "[Scrubbed due to"
"""What logfire puts in place of what looks like a secret."""
_OWN_TAGS = ("seq:step:", "map:key:", "langgraph", "langsmith:", "graph:step:")
"""Tags that LangChain puts beside those of the user."""


def _raw(value: Any) -> Any:
    return value


def as_name(value: Any) -> str | None:
    """A name or an id; None where nothing is said."""
    told = text(value)
    is_nothing = not told or told in _NOTHING or told.startswith(_HIDDEN)
    return None if is_nothing else told


def _response_id(value: Any) -> str | None:
    """An id; a gateway's may be longer than a name and is told by its digest then."""
    if isinstance(value, str) and len(value) > TEXT_MAX:
        return f"{value[:64]}~{hashlib.blake2b(value.encode(), digest_size=16).hexdigest()}"
    told = as_name(value)
    return None if told is None or told.startswith(_NO_ANSWERS) else told


def _provider(value: Any) -> str | None:
    told = as_name(value)
    is_none = told is None or told.lower() in _NO_PROVIDER or told.startswith(monocle.NO_PROVIDER)
    return None if is_none else told


def _cost(value: Any) -> Any:
    """Money, or the sum of a structure that tells it by the kind of tokens."""
    told = parsed(value) if isinstance(value, str) and value.startswith("{") else value
    if not isinstance(told, Mapping):
        return told
    parts = [amount(part) for part in told.values()]
    return str(sum(Decimal(part) for part in parts if part)) if any(parts) else None


def _reason(value: Any) -> str | None:
    """The first of a list, which may be JSON in text."""
    return as_name(parsed(value) if isinstance(value, str) and value.startswith("[") else value)


def _error_type(value: Any) -> str | None:
    """The name of a class, also where Python's repr of it was sent."""
    told = as_name(value)
    return told and told.removeprefix("<class '").removesuffix("'>")


def _conversation(value: Any) -> str | None:
    told = as_name(value)
    is_none = told is None or told == spring_ai.NO_CONVERSATION
    return None if is_none or str(told).startswith(_NO_CONVERSATIONS) else told


def _feature(value: Any) -> str | None:
    return as_name(_first_tag(value))


def _first_tag(value: Any) -> str:
    """A feature may be told by tags: a list, or text with commas."""
    tags = value.split(",") if isinstance(value, str) else value
    if not isinstance(tags, list):
        return ""
    named = (text(tag) for tag in tags)
    return next((tag for tag in named if tag and not tag.startswith(_OWN_TAGS)), "")


CONVERT: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(COUNTS, count),
    **dict.fromkeys(RAW, _raw),
    "cost": _cost,
    "response_id": _response_id,
    "provider": _provider,
    "feature": _feature,
    "finish_reason": _reason,
    "error_type": _error_type,
    "conversation_id": _conversation,
}
"""How a field is read from a value; all others are names. None: nothing is said."""
