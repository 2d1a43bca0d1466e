"""Logfire: a span is sent before it ends, too; a stream's answer is told by a log of its own.

The span of a streamed request ends before the answer came, and says nothing of it; the log that
follows beside it is the call.
"""

from services.ingest.otlp.values import Attributes, text

ATTRIBUTE = "logfire.span_type"
UNFINISHED = "pending_span"
_ANSWERED = ("gen_ai.response.id", "gen_ai.usage.input_tokens", "gen_ai.output.messages",
             "response_data")  # fmt: skip


def is_told_by_its_log(scope: str, attributes: Attributes) -> bool:
    """True for the request of a stream, where nothing failed."""
    return (
        scope.startswith("logfire.")
        and text(attributes.get(ATTRIBUTE)) == "span"
        and "request_data" in attributes
        and not any(name in attributes for name in _ANSWERED)
    )
