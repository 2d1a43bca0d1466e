"""What the providers' own answers say of their usage, for libraries that keep the whole answer.

The last place to look: counts that a library writes itself come first.
"""

import re
from typing import Any

from services.ingest.otlp.values import inner

_LANGCHAIN = "generations.0.0.message.kwargs.usage_metadata"
_DETAILS = {
    "cache_read": (
        "usage.prompt_tokens_details.cached_tokens", "usage.input_tokens_details.cached_tokens",
        "usage.cache_read_input_tokens", "usage.cacheReadInputTokens",
        "usage_metadata.cached_content_token_count", "usageMetadata.cachedContentTokenCount",
        f"{_LANGCHAIN}.input_token_details.cache_read",
    ),
    "cache_write": (
        "usage.prompt_tokens_details.cache_write_tokens",
        "usage.input_tokens_details.cache_write_tokens",
        "usage.cache_creation_input_tokens", "usage.cacheWriteInputTokens",
        f"{_LANGCHAIN}.input_token_details.cache_creation",
    ),
    "reasoning": (
        "usage.completion_tokens_details.reasoning_tokens",
        "usage.output_tokens_details.reasoning_tokens",
        "usage_metadata.thoughts_token_count", "usageMetadata.thoughtsTokenCount",
        f"{_LANGCHAIN}.output_token_details.reasoning",
    ),
    "fresh_input": ("usage.input_tokens", "usage.inputTokens"),
    "beside_input": (
        "usage.cache_read_input_tokens", "usage.cache_creation_input_tokens",
        "usage.cacheReadInputTokens", "usage.cacheWriteInputTokens",
    ),
}  # fmt: skip
"""`fresh_input` leaves the cached tokens out where the answer has them beside it."""

PLACE = "output.value"
_COHERE = "meta.billed_units"
INPUT: tuple[str, ...] = tuple(
    f"{PLACE}|{path}"
    for path in ("usage.prompt_tokens", "usage.input_tokens", f"{_COHERE}.input_tokens")
)
OUTPUT: tuple[str, ...] = tuple(
    f"{PLACE}|{path}" for path in ("usage.completion_tokens", "usage.output_tokens")
)
_INSIDE = ("data", "replies.0._meta", "meta")
"""Where Mistral's streams and Haystack's components put what a provider answered."""


def unwrapped(opened: Any) -> Any:
    """The provider's answer, where what was returned is put around it.

    >>> unwrapped({"replies": ["ChatMessage(_name=None, _meta={'usage': {'prompt_tokens': 9}})"]})
    {'usage': {'prompt_tokens': 9}}
    """
    if not isinstance(opened, dict) or "usage" in opened:
        return opened
    if isinstance(raw := opened.get("raw"), str):
        return _of_repr(raw)
    found = (inner(opened, path) for path in _INSIDE)
    return next((part for part in found if isinstance(part, dict) and "usage" in part), opened)


_ID = re.compile(r"\w+\(id='([^']+)'")
_COUNT = re.compile(r"(\w+)=(\d+)")


def _of_repr(told: str) -> dict[str, Any]:
    """What Python's repr of an answer says, which smolagents sends: its id, and its usage last.

    >>> _of_repr("ChatCompletion(id='c-1', usage=CompletionUsage(prompt_tokens=9))")["id"]
    'c-1'
    """
    made = _ID.match(told)
    _, found, usage = told.rpartition("usage=")
    counts = {name: int(number) for name, number in _COUNT.findall(usage if found else "")}
    return {
        "id": made and made[1],
        "usage": counts | {"prompt_tokens_details": counts, "completion_tokens_details": counts},
    }


def places(*answers: str, usages: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """The sources of counts in answers, or in their `usage` alone, that stand at these places.

    >>> places("output.value|")["beside_input"][0]
    'output.value|usage.cache_read_input_tokens'
    """
    return {
        field: (
            *(answer + path for answer in answers for path in paths),
            *(
                usage + path.removeprefix("usage.")
                for usage in usages
                for path in paths
                if path.startswith("usage.")
            ),
        )
        for field, paths in _DETAILS.items()
    }
