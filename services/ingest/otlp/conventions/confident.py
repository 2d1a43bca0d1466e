"""Confident AI, of DeepEval: names of its own beside those of the convention, or in their place."""

ATTRIBUTE = "confident.span.type"
OPERATIONS = {
    "llm": "chat", "agent": "invoke_agent", "tool": "execute_tool", "retriever": "retrieval",
}  # fmt: skip

_TRACE = "confident.trace."
CARRIERS = (f"{_TRACE}metadata|", "confident.span.metadata|")
TAGS = (f"{_TRACE}tags",)
SOURCES = {
    "provider": ("confident.span.provider",),
    "request_model": ("confident.llm.model",),
    "input": ("confident.llm.input_token_count",),
    "output": ("confident.llm.output_token_count",),
    "conversation_id": (f"{_TRACE}thread_id",),
    "user_id": (f"{_TRACE}user_id",),
    "environment": (f"{_TRACE}environment",),
}  # fmt: skip

CONTENTS = {
    f"confident.{of}.{name}": (kind, "")
    for of in ("span", "trace")
    for name, kind in (("input", "sent"), ("output", "returned"))
}
