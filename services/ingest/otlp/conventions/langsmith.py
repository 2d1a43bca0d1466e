"""LangSmith's OTel export: its kind comes first, the operation name is wrong on retrievers.

`langsmith.trace.session_name` is the project, not a conversation.
"""

ATTRIBUTE = "langsmith.span.kind"
OPERATIONS = {
    "llm": "chat", "embedding": "embeddings", "retriever": "retrieval", "tool": "execute_tool",
    "chain": "invoke_agent", "prompt": "other", "parser": "other",
}  # fmt: skip

CARRIERS = ("langsmith.metadata.",)
_USAGE = ("langsmith.metadata.usage_metadata", "langsmith.usage_metadata")


def _of_usage(path: str, *others: str) -> tuple[str, ...]:
    return (*(f"{usage}|{path}" for usage in _USAGE), *others)


_IN, _OUT = "gen_ai.usage.input_token_details", "gen_ai.usage.output_token_details"
_MESSAGE = "gen_ai.completion|generations.0.0.message.kwargs"
TAGS = ("langsmith.span.tags",)
SOURCES = {
    "provider": ("langsmith.metadata.ls_provider",),
    "request_model": ("langsmith.metadata.ls_model_name",),
    "input": _of_usage("input_tokens"),
    "output": _of_usage("output_tokens"),
    "whole": _of_usage("total_tokens"),
    "cache_read": _of_usage("input_token_details.cache_read", f"{_IN}|cache_read"),
    "cache_write": _of_usage("input_token_details.cache_creation", f"{_IN}|cache_creation"),
    "cache_write_5m": _of_usage("input_token_details.ephemeral_5m_input_tokens"),
    "cache_write_1h": _of_usage("input_token_details.ephemeral_1h_input_tokens"),
    "response_id": (
        f"{_MESSAGE}.response_metadata.id",
        "gen_ai.completion|id",
    ),
    "http_status": (f"{_MESSAGE}.response_metadata.status_code",),
    "reasoning": _of_usage("output_token_details.reasoning", f"{_OUT}|reasoning"),
    "conversation_id": ("langsmith.metadata.session_id", "langsmith.metadata.thread_id",
                        "langsmith.metadata.conversation_id"),
    "user_id": ("langsmith.metadata.user_id",),
}  # fmt: skip

CONTENTS = {"langsmith.inputs": ("sent", ""), "langsmith.outputs": ("returned", "")}
"""Its export uses `gen_ai.prompt` and `gen_ai.completion`, too."""
