"""LangWatch's SDKs: a type of span of their own, the counts once more in JSON in text.

Whom a call is for stands in `metadata` of the span at the top.
"""

ATTRIBUTE = "langwatch.span.type"
OPERATIONS = {
    "llm": "chat", "embedding": "embeddings", "rag": "retrieval", "tool": "execute_tool",
    "agent": "invoke_agent", "workflow": "invoke_agent", "chain": "invoke_agent",
    "module": "invoke_agent", "component": "invoke_agent", "guardrail": "guardrail",
    "evaluation": "other",
}  # fmt: skip

_METRICS = "langwatch.metrics"


def _of_metrics(name: str, named: str) -> tuple[str, ...]:
    """Python's SDK writes the metrics as they are, TypeScript's with their type around them."""
    return f"{_METRICS}|{name}", f"{_METRICS}|value.{named}"


SOURCES = {
    "input": _of_metrics("prompt_tokens", "promptTokens"),
    "output": _of_metrics("completion_tokens", "completionTokens"),
    "reasoning": _of_metrics("reasoning_tokens", "reasoningTokens"),
    "cost": _of_metrics("cost", "cost"),
    "conversation_id": ("langwatch.thread.id", "langwatch.session.id"),
    "user_id": ("langwatch.user.id",),
    "org_id": ("langwatch.customer.id",),
}  # fmt: skip

CONTENTS = {"langwatch.input": ("sent", ""), "langwatch.output": ("returned", "")}
