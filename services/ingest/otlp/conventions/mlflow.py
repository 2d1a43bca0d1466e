"""MLflow tracing: every value is JSON in text; the response id only inside the output."""

from services.ingest.otlp.conventions import answers

ATTRIBUTE = "mlflow.spanType"
OPERATIONS = {
    "chat_model": "chat", "llm": "chat", "embedding": "embeddings", "reranker": "rerank",
    "retriever": "retrieval", "tool": "execute_tool", "agent": "invoke_agent",
    "chain": "invoke_agent", "workflow": "invoke_agent", "task": "invoke_agent",
    "guardrail": "guardrail", "parser": "other", "memory": "other", "evaluator": "other",
    "unknown": "other",
}  # fmt: skip

CARRIERS = ("mlflow.traceTag.",)
_USAGE = "mlflow.chat.tokenUsage"
_OUTPUTS = "mlflow.spanOutputs"
RAW = "raw_llm_response"
"""LiteLLM's whole answer. Beside it, of a response to OpenAI's newer API, is the total alone."""
_ANSWER = answers.places(f"{_OUTPUTS}|", f"{RAW}|")
SOURCES = _ANSWER | {
    "provider": ("mlflow.llm.provider", "mlflow.message.provider"),
    "request_model": ("model", "mlflow.spanInputs|model"),
    "response_model": ("mlflow.llm.model",),
    "response_id": (f"{_OUTPUTS}|id", f"{_OUTPUTS}|response_id"),
    "input": (f"{_USAGE}|input_tokens", f"{_OUTPUTS}|usage.prompt_tokens"),
    "output": (f"{_USAGE}|output_tokens", f"{_OUTPUTS}|usage.completion_tokens"),
    "total": (f"{_USAGE}|total_tokens",),
    "cache_read": (f"{_USAGE}|cache_read_input_tokens", *_ANSWER["cache_read"]),
    "cache_write": (f"{_USAGE}|cache_creation_input_tokens", *_ANSWER["cache_write"]),
    "cache_write_1h": (f"{_USAGE}|cache_creation_input_tokens_above_1hr",),
    "conversation_id": ("mlflow.trace.session",),
    "user_id": ("mlflow.trace.user",),
    "cost": ("mlflow.llm.cost|total_cost",),
}  # fmt: skip

CONTENTS = {"mlflow.spanInputs": ("sent", ""), _OUTPUTS: ("returned", "")}
