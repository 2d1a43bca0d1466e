"""LlamaIndex's own OpenTelemetry package: what a span did is told by its events alone.

The provider's answer stands in them attribute by attribute.
"""

from collections.abc import Iterable

from services.ingest.otlp.conventions import answers

SCOPE = "llamaindex.opentelemetry.tracer"
EVENTS = {
    "LLMChatStartEvent": "chat", "LLMCompletionStartEvent": "chat",
    "EmbeddingStartEvent": "embeddings", "ReRankStartEvent": "rerank",
    "RetrievalStartEvent": "retrieval", "AgentToolCallEvent": "execute_tool",
}  # fmt: skip
"""A `predict` has an event, too, around that of the call."""


def operation(names: Iterable[str]) -> str:
    """What a step is, by the names of its events.

    >>> operation(["LLMChatStartEvent", "LLMChatEndEvent"]), operation([])
    ('chat', 'other')
    """
    return next((EVENTS[name] for name in names if name in EVENTS), "other")


_ANSWER = "response.raw."
SOURCES = answers.places(_ANSWER) | {
    "request_model": ("model_dict.model_name", "model_dict.model", "model_name"),
    "response_model": (f"{_ANSWER}model",),
    "response_id": (f"{_ANSWER}id",),
    "input": (f"{_ANSWER}usage.prompt_tokens", f"{_ANSWER}usage.input_tokens",
              f"{_ANSWER}usage_metadata.prompt_token_count",
              "response.additional_kwargs.prompt_tokens"),
    "output": (f"{_ANSWER}usage.completion_tokens", f"{_ANSWER}usage.output_tokens",
               f"{_ANSWER}usage_metadata.candidates_token_count",
               "response.additional_kwargs.completion_tokens"),
    "total": (f"{_ANSWER}usage.total_tokens", f"{_ANSWER}usage_metadata.total_token_count"),
    "tier": (f"{_ANSWER}service_tier",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
