"""What kind of step a span is: a model call, something around calls, or nothing of ours. Pure."""

import re
from collections.abc import Callable, Mapping

from schemas.call import MODEL_OPERATIONS
from services.ingest.otlp.conventions import (
    adk,
    ag2,
    agents,
    braintrust,
    claude_code,
    codex,
    confident,
    genkit,
    haystack,
    honeyhive,
    judgment,
    kinds,
    laminar,
    langfuse,
    langsmith,
    langwatch,
    litellm,
    llama_index,
    logfire,
    mastra,
    mistral,
    mlflow,
    monocle,
    openinference,
    otel,
    servers,
    traceloop,
    vercel,
    voltagent,
)
from services.ingest.otlp.values import Attributes, text
from services.ingest.otlp.wire import Span

IGNORE = "ignore"
"""Repeats another span, or is not finished: not a step."""
OTHER, AGENT = "other", "invoke_agent"

_KINDS: tuple[tuple[str, Mapping[str, str] | Callable[[str], str]], ...] = (
    (mastra.ATTRIBUTE, mastra.OPERATIONS),
    (ag2.ATTRIBUTE, ag2.OPERATIONS),
    (langfuse.ATTRIBUTE, langfuse.OPERATIONS),
    (openinference.ATTRIBUTE, openinference.OPERATIONS),
    (langsmith.ATTRIBUTE, langsmith.OPERATIONS),
    (mlflow.ATTRIBUTE, mlflow.OPERATIONS),
    (vercel.ATTRIBUTE, vercel.operation),
    (otel.ATTRIBUTE, otel.OPERATIONS),
    (traceloop.ATTRIBUTE, traceloop.OPERATIONS),
    (traceloop.OLD_ATTRIBUTE, traceloop.OLD_OPERATIONS),
    (haystack.ATTRIBUTE, haystack.operation),
    (claude_code.ATTRIBUTE, claude_code.OPERATIONS),
    (codex.ATTRIBUTE, codex.operation),
    (genkit.ATTRIBUTE, genkit.OPERATIONS),
    (kinds.ATTRIBUTE, kinds.OPERATIONS),
    (kinds.OLD_ATTRIBUTE, kinds.OPERATIONS),
    (kinds.TYPE, kinds.TYPES),
    (braintrust.ATTRIBUTE, braintrust.operation),
    (laminar.ATTRIBUTE, laminar.OPERATIONS),
    (langwatch.ATTRIBUTE, langwatch.OPERATIONS),
    (confident.ATTRIBUTE, confident.OPERATIONS),
    (judgment.ATTRIBUTE, judgment.OPERATIONS),
    (voltagent.ATTRIBUTE, voltagent.OPERATIONS),
    (monocle.ATTRIBUTE, monocle.OPERATIONS),
    (honeyhive.ATTRIBUTE, honeyhive.OPERATIONS),
)
"""The first attribute that is present with a known value decides."""

_CALL_NAMES = frozenset({litellm.CALL_NAME, haystack.CALL_NAME, codex.CALL_NAME})
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
    what = _told(span)
    is_call = what == AGENT and agents.tells_calls(span.scope, span.attributes)
    return "chat" if is_call else what


def _told(span: Span) -> str:
    if (known := _by_library(span)) is not None:
        return known
    attributes = span.attributes
    for attribute, told in _KINDS:
        if attribute in attributes:
            value = text(attributes.get(attribute))
            found = told(value) if callable(told) else told.get(value.lower())
            if attribute == openinference.ATTRIBUTE and value.lower() == openinference.REST:
                found = _call_by_convention(attributes) or found
            if found:
                is_old = attribute == traceloop.OLD_ATTRIBUTE
                return (is_old and traceloop.of_name(span.scope, span.name)) or found
    is_call = servers.is_call(attributes) or _looks_like_a_call(span)
    if span.name in _CALL_NAMES or is_call:
        return "chat"
    return _failed(span) or _named(span) or OTHER


def _call_by_convention(attributes: Attributes) -> str:
    """The operation, where the convention of OpenTelemetry tells one of a model."""
    said = otel.OPERATIONS.get(text(attributes.get(otel.ATTRIBUTE)).lower(), "")
    return said if said in MODEL_OPERATIONS else ""


def _failed(span: Span) -> str:
    """A call that failed before its library set an attribute has its name alone."""
    said = otel.of_name(span.scope, span.name) if span.is_error else None
    return said[0] if said and otel.ATTRIBUTE not in span.attributes else ""


def _named(span: Span) -> str:
    """A call of which its library says the model alone."""
    is_bare = otel.ATTRIBUTE not in span.attributes and _MODEL[1] in span.attributes
    told = traceloop.of_name(span.scope, span.name) or logfire.of_name(span.scope, span.name)
    return told if is_bare else ""


def _by_library(span: Span) -> str | None:
    """What the name and the library say, whatever the attributes do."""
    if span.name in litellm.NAMES:
        return litellm.NAMES[span.name]
    if _is_unfinished(span):
        return IGNORE
    if not span.is_error and logfire.is_told_by_its_log(span.scope, span.attributes):
        return OTHER
    if (said_by := (span.scope, span.name)) == adk.CALL:
        return "chat"
    if span.scope == mistral.SCOPE and (said := mistral.operation(span.name, span.attributes)):
        return said
    if span.scope == llama_index.SCOPE:
        return llama_index.operation(name for name, _, _ in span.events)
    is_none = span.name.endswith(openinference.HELPER) or said_by == openinference.ERROR
    return OTHER if is_none or openinference.is_event(span.scope, span.attributes) else None


def _is_unfinished(span: Span) -> bool:
    if span.scope == judgment.SCOPE:
        return judgment.UPDATE in span.attributes
    is_told = logfire.ATTRIBUTE in span.attributes
    return is_told and text(span.attributes.get(logfire.ATTRIBUTE)) == logfire.UNFINISHED


def _looks_like_a_call(span: Span) -> bool:
    """A known operation has been read already; one that only its library knows is asked alike."""
    attributes = span.attributes
    said = text(attributes.get(otel.ATTRIBUTE))
    if said.lower() in otel.OPERATIONS or _AROUND.search(span.name) or _AROUND.search(said):
        return False
    return any(n in attributes for n in _USAGE) and any(n in attributes for n in _MODEL)
