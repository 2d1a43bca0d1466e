"""Braintrust's SDKs of Go, Java, Ruby and .NET: every value is JSON in text, under `braintrust.*`.

The prompt's tokens include the cached ones, also Anthropic's.
"""

from services.ingest.otlp.values import inner, parsed, text

ATTRIBUTE = "braintrust.span_attributes"
_TYPES = {
    "llm": "chat", "task": "invoke_agent", "eval": "invoke_agent", "function": "invoke_agent",
    "tool": "execute_tool", "score": "other",
}  # fmt: skip


def operation(value: str) -> str:
    """What a step is, by the type in this attribute.

    >>> operation('{"type": "llm"}'), operation("")
    ('chat', '')
    """
    return _TYPES.get(text(inner(parsed(value), "type")), "")


_METRICS, _METADATA = "braintrust.metrics|", "braintrust.metadata|"
CARRIERS = (_METADATA,)
SOURCES = {
    "provider": (f"{_METADATA}provider",),
    "response_model": (f"{_METADATA}model",),
    "response_id": (f"{_METADATA}id",),
    "input": (f"{_METRICS}prompt_tokens",),
    "output": (f"{_METRICS}completion_tokens",),
    "total": (f"{_METRICS}tokens",),
    "cache_read": (f"{_METRICS}prompt_cached_tokens",),
    "cache_write": (f"{_METRICS}prompt_cache_creation_tokens",),
    "reasoning": (f"{_METRICS}completion_reasoning_tokens",),
    "ttft_s": (f"{_METRICS}time_to_first_token",),
}  # fmt: skip

CONTENTS = {"braintrust.input_json": ("sent", ""), "braintrust.output_json": ("returned", "")}
