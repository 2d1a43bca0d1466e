"""Laminar: what a span is stands in a type of its own, under one scope for all it instruments.

The convention's names tell the rest; who it is for stands in association properties.
"""

SCOPE = "lmnr.tracer"
ATTRIBUTE = "lmnr.span.type"
OPERATIONS = {"llm": "chat", "tool": "execute_tool", "cached": "other", "evaluator": "other"}

_PROPERTIES = "lmnr.association.properties."
CARRIERS = (f"{_PROPERTIES}metadata.", _PROPERTIES)
TAGS = (f"{_PROPERTIES}tags",)
SOURCES = {
    "conversation_id": (f"{_PROPERTIES}session_id",),
    "user_id": (f"{_PROPERTIES}user_id",),
}  # fmt: skip

CONTENTS = {"lmnr.span.input": ("sent", ""), "lmnr.span.output": ("returned", "")}
