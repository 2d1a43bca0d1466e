"""Mistral's own SDK: one span for each request to its API, and spans for what an answer contains.

Versions before 3 named a span by the API's operation and told no operation of a request that failed
or was streamed, and none of embeddings. A request to an agent is a model call, with its usage; the
messages in its answer are told as `chat` again, without.
"""

import re

from services.ingest.otlp.conventions import otel
from services.ingest.otlp.values import Attributes, text

SCOPE = "mistralai_sdk_tracer"
_REQUEST = "http.request.method"
_NAMES = tuple(
    (re.compile(pattern), operation)
    for pattern, operation in (
        (r"(chat|agents)_completion_|stream_(chat|agents)$", "chat"),
        (r".*conversations_(start|append|restart)", "chat"),
        (r"fim_completion_|stream_fim$", "text_completion"),
        (r"embeddings_", "embeddings"),
    )
)


def operation(name: str, attributes: Attributes) -> str | None:
    """What a span of the SDK is; None where the convention says it."""
    said = text(attributes.get(otel.ATTRIBUTE))
    if _REQUEST not in attributes:
        return "other" if said == "chat" else None
    if said:
        return "chat" if said == "invoke_agent" else None
    return next((found for known, found in _NAMES if known.match(name)), "other")


SOURCES = {"total": ("mistral_ai.request.total_tokens",)}

CONTENTS: dict[str, tuple[str, str]] = {}
