"""OpenInference (Arize): LangChain, LlamaIndex, CrewAI, DSPy and more.

Prompt counts include the cached tokens, also for Anthropic. The response id is only inside
`output.value`, where content is recorded at all; `metadata` is JSON in text.
"""

from services.ingest.otlp.conventions import answers
from services.ingest.otlp.values import Attributes

ATTRIBUTE = "openinference.span.kind"
OPERATIONS: dict[str, str] = {
    "llm": "chat", "embedding": "embeddings", "reranker": "rerank", "retriever": "retrieval",
    "tool": "execute_tool", "agent": "invoke_agent", "chain": "invoke_agent",
    "guardrail": "guardrail", "evaluator": "other", "prompt": "other", "decision": "other",
    "unknown": "other",
}  # fmt: skip

REST = "chain"
"""What those who write other conventions' spans in this one call what they do not know."""

_BEEAI = "openinference.instrumentation.beeai"
ERROR = (_BEEAI, "error")
"""Scope and name of a span of a model's kind that only says what went wrong in the one above."""


def is_event(scope: str, attributes: Attributes) -> bool:
    """True for a span of BeeAI of a model's kind that is an event of the one above: a new token."""
    return scope == _BEEAI and "metadata.trace.run_id" in attributes


HELPER = "._prepare_chat_with_tools"
"""How the name of a span ends that LlamaIndex wraps like a model call, and that calls nobody."""

_ANSWER = answers.places(f"{answers.PLACE}|")
SOURCES = _ANSWER | {
    "provider": ("llm.provider", "llm.system"),
    "request_model": ("llm.request.model_name",),
    "response_model": ("llm.response.model_name", "llm.response.model", "llm.model_name",
                       "embedding.model_name", "reranker.model_name"),
    "invoked_model": ("llm.invocation_parameters|model", "llm.invocation_parameters|model_name",
                      "embedding.invocation_parameters|model"),
    "response_id": ("output.value|id", "output.value|response_id", "output.value|data.id",
                    "output.value|generations.0.0.message.kwargs.response_metadata.id",
                    "output.value|generations.0.0.generation_info.id",
                    "output.value|generations.0.0.message.kwargs.id",
                    "output.value|raw.id", "output.value|0.id",
                    "output.value|0.output.0.provider_data.response_id"),
    "input": ("llm.token_count.prompt", "embedding.token_count.prompt", *answers.INPUT),
    "output": ("llm.token_count.completion", *answers.OUTPUT),
    "total": ("llm.token_count.total",),
    "cache_read": ("llm.token_count.prompt_details.cache_read",
                   "llm.token_count.prompt_details.cache_input",
                   "metadata.usage.cached_prompt_tokens", *_ANSWER["cache_read"]),
    "cache_write": ("llm.token_count.prompt_details.cache_write",
                    "metadata.usage.cached_creation_tokens", *_ANSWER["cache_write"]),
    "reasoning": ("llm.token_count.completion_details.reasoning", *_ANSWER["reasoning"]),
    "cost": ("llm.cost.total",),
}  # fmt: skip

CONTENTS = {"input.value": ("sent", ""), "output.value": ("returned", "")}
PREFIXES: dict[str, tuple[str, str]] = {
    "retrieval.documents.": ("retrieved", ""), "reranker.output_documents.": ("retrieved", ""),
}  # fmt: skip
"""`llm.input_messages.*` repeat `input.value`."""
