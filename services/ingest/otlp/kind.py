"""What kind of step a span is: a model call, something around calls, or nothing of ours. Pure."""

import re
from collections.abc import Callable, Mapping

from services.ingest.otlp.conventions import (
    langfuse,
    langsmith,
    litellm,
    mlflow,
    openinference,
    otel,
    traceloop,
    vercel,
)
from services.ingest.otlp.values import Attributes, text
from services.ingest.otlp.wire import Span

IGNORE = "ignore"
"""Repeats another span, or is not finished: not a step."""
OTHER = "other"

_KINDS: tuple[tuple[str, Mapping[str, str] | Callable[[str], str]], ...] = (
    (langfuse.ATTRIBUTE, langfuse.OPERATIONS),
    (openinference.ATTRIBUTE, openinference.OPERATIONS),
    (langsmith.ATTRIBUTE, langsmith.OPERATIONS),
    (mlflow.ATTRIBUTE, mlflow.OPERATIONS),
    (vercel.ATTRIBUTE, vercel.operation),
    (otel.ATTRIBUTE, otel.OPERATIONS),
    (traceloop.ATTRIBUTE, traceloop.OPERATIONS),
    (traceloop.OLD_ATTRIBUTE, traceloop.OLD_OPERATIONS),
)
"""The first attribute that is present with a known value decides."""

_AROUND = re.compile(r"agent|workflow|chain|crew|graph|pipeline|loop|cycle|\brun\b|session", re.I)
_USAGE = (*otel.SOURCES["input"], *openinference.SOURCES["input"])
_MODEL = (
    "gen_ai.response.model", "gen_ai.request.model", "llm.model_name",
)  # fmt: skip


def operation(span: Span) -> str:
    """The `operation` of a step, or `ignore`.

    A model and a number of tokens alone make a call only where the name says nothing else: agents
    and workflows repeat the sums of the calls inside them under the same attributes.
    """
    attributes = span.attributes
    if "logfire.span_type" in attributes and _is_unfinished(attributes):
        return IGNORE
    if span.name in litellm.NAMES:
        return litellm.NAMES[span.name]
    for attribute, known in _KINDS:
        if attribute in attributes:
            value = text(attributes.get(attribute))
            found = known(value) if callable(known) else known.get(value.lower())
            if found:
                return found
    if span.name == litellm.CALL_NAME or _looks_like_a_call(span):
        return "chat"
    return OTHER


def _is_unfinished(attributes: Attributes) -> bool:
    return text(attributes.get("logfire.span_type")) == "pending_span"


def _looks_like_a_call(span: Span) -> bool:
    attributes = span.attributes
    if otel.ATTRIBUTE in attributes or _AROUND.search(span.name):
        return False
    return any(n in attributes for n in _USAGE) and any(n in attributes for n in _MODEL)
