"""Traceloop's OpenLLMetry: OTel GenAI attributes, identity in association properties.

Its old versions knew no operation name, only a kind of request.
"""

ATTRIBUTE = "traceloop.span.kind"
OPERATIONS = {
    "workflow": "invoke_agent", "task": "invoke_agent", "agent": "invoke_agent",
    "tool": "execute_tool",
}  # fmt: skip
OLD_ATTRIBUTE = "llm.request.type"
OLD_OPERATIONS = {
    "chat": "chat", "completion": "text_completion", "embedding": "embeddings", "rerank": "rerank",
}  # fmt: skip

CARRIERS = ("traceloop.association.properties.",)
SOURCES = {
    "conversation_id": ("traceloop.association.properties.session_id",),
    "user_id": ("traceloop.association.properties.user_id",),
    "workflow": ("traceloop.workflow.name",),
}  # fmt: skip

CONTENTS = {
    "traceloop.entity.input": ("sent", ""), "traceloop.entity.output": ("returned", ""),
}  # fmt: skip
