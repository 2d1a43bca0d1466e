"""VoltAgent: a kind of span and names of its own for the model; the context is an agent's alone.

A request tells the usage of its last step where the model called tools, the agent the sum.
"""

ATTRIBUTE: str = "span.type"
OPERATIONS = {
    "llm": "chat", "tool": "execute_tool", "agent": "invoke_agent", "retriever": "retrieval",
    "workflow": "invoke_agent", "workflow-step": "invoke_agent", "guardrail": "guardrail",
    "memory": "other", "scorer": "other",
}  # fmt: skip

CARRIERS = ("agent.context|",)
SOURCES = {
    "provider": ("llm.provider",),
    "request_model": ("llm.model", "llm.model_id"),
    "cache_read": ("llm.usage.cached_tokens",),
}  # fmt: skip

CONTENTS = {"llm.messages": ("sent", "")}
