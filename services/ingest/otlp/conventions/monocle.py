"""Monocle: entities numbered one by one, of which the model is the second; usage is in an event.

A framework's request and that of the SDK inside it are told alike. What a user scopes a trace by
stands on every span.
"""

from services.ingest.otlp.conventions import voltagent

SCOPE = "monocle_apptrace"
ATTRIBUTE: str = voltagent.ATTRIBUTE
OPERATIONS = {
    "inference": "chat", "inference.framework": "chat", "inference.modelapi": "chat",
    "embedding": "embeddings", "embedding.modelapi": "embeddings", "retrieval": "retrieval",
    "agentic.tool.invocation": "execute_tool", "agentic.mcp.invocation": "execute_tool",
    "agentic.turn": "invoke_agent", "agentic.invocation": "invoke_agent",
    "agentic.delegation": "other",
}  # fmt: skip
PROVIDER = "inference."
"""How what is asked begins, where the provider follows."""

NO_PROVIDER = "model."
"""The same of an embedding, which tells none."""

CARRIERS = ("scope.",)
SOURCES = {
    "provider": ("entity.1.type",),
    "request_model": ("entity.2.name",),
    "invoked_model": ("entity.1.name",),
    "input": ("prompt_tokens", "input_tokens"),
    "output": ("completion_tokens", "output_tokens"),
    "total": ("total_tokens",),
    "cache_read": ("cache_read_input_tokens", "cached_tokens"),
    "cache_write": ("cache_creation_input_tokens",),
    "reasoning": ("reasoning_tokens", "thoughts_tokens"),
    "conversation_id": ("scope.agentic.session",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
