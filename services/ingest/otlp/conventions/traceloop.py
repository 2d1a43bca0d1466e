"""Traceloop's OpenLLMetry: OTel GenAI attributes, identity in association properties.

Its old versions knew no operation name, only a kind of request; of some requests only the name of
the span says what they are.
"""

import re

ATTRIBUTE = "traceloop.span.kind"
OPERATIONS = {
    "workflow": "invoke_agent", "task": "invoke_agent", "agent": "invoke_agent",
    "tool": "execute_tool",
}  # fmt: skip
OLD_ATTRIBUTE = "llm.request.type"
OLD_OPERATIONS = {
    "chat": "chat", "completion": "text_completion", "embedding": "embeddings", "rerank": "rerank",
}  # fmt: skip

_NAME = re.compile(r"\w+\.(chat|completion|embeddings?|rerank)")
_LIBRARIES = ("opentelemetry.instrumentation.", "@traceloop/instrumentation-")


def of_name(scope: str, name: str) -> str:
    """The operation out of a span's name.

    >>> of_name("@traceloop/instrumentation-bedrock", "bedrock.completion")
    'text_completion'
    """
    said = _NAME.fullmatch(name) if scope.startswith(_LIBRARIES) else None
    return OLD_OPERATIONS[said[1].removesuffix("s")] if said else ""


CARRIERS = ("traceloop.association.properties.",)
SOURCES = {
    "conversation_id": ("traceloop.association.properties.session_id",),
    "user_id": ("traceloop.association.properties.user_id",),
    "workflow": ("traceloop.workflow.name",),
}  # fmt: skip

CONTENTS = {
    "traceloop.entity.input": ("sent", ""), "traceloop.entity.output": ("returned", ""),
}  # fmt: skip
