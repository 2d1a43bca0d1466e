"""A kind of span beside the convention's names: traceAI, LoongSuite, AgentOps, Langtrace."""

from services.ingest.otlp.conventions import openinference

ATTRIBUTE = "gen_ai.span.kind"
OPERATIONS = openinference.OPERATIONS | {
    "step": "invoke_agent", "task": "invoke_agent", "entry": "invoke_agent",
    "workflow": "invoke_agent", "generation": "chat",
}  # fmt: skip
OLD_ATTRIBUTE = "fi.span.kind"
TYPE = "gen_ai.request.type"
TYPES = {"chat": "chat", "completion": "chat", "embedding": "embeddings", "rerank": "rerank"}

SOURCES = {
    "invoked_model": ("gen_ai.request.parameters|model", "gen_ai.model_name"),
    "response_id": ("gen_ai.response_id",),
    "cache_read": ("gen_ai.usage.input_tokens.cache_read",),
    "cache_write": ("gen_ai.usage.input_tokens.cache_write",),
    "conversation_id": ("gen_ai.session.id",),
    "ttft_s": ("gen_ai.streaming.time_to_first_token",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
