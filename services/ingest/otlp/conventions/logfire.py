"""Logfire: a span is sent before it ends, too; a stream's answer is told by a log of its own.

The span of a streamed request ends before the answer came, and says nothing of it; the log that
follows beside it is the call.
"""

import re

from services.ingest.otlp.conventions import answers
from services.ingest.otlp.values import Attributes, text

ATTRIBUTE = "logfire.span_type"
UNFINISHED = "pending_span"
_ANSWERED = ("gen_ai.response.id", "gen_ai.usage.input_tokens", "gen_ai.output.messages",
             "response_data")  # fmt: skip


_NAMES = tuple(
    (re.compile(pattern), operation)
    for pattern, operation in (
        (r"(Chat [Cc]ompletion|Responses API|Message) with ", "chat"),
        (r"streaming response from ", "chat"),
        (r"Completion with ", "text_completion"),
        (r"Embedding Creation with ", "embeddings"),
        (r"Image Generation with ", "image"),
    )
)


def of_name(scope: str, name: str) -> str:
    """The operation of a request that failed, which only the template of its message says.

    >>> of_name("logfire.openai_agents", "Responses API with {gen_ai.request.model!r}")
    'chat'
    """
    if not scope.startswith("logfire."):
        return ""
    return next((found for known, found in _NAMES if known.match(name)), "")


PARTIAL = "gen_ai.usage.partial."
"""How the counts of a call begin that its library saw only the start of."""
ANSWER = "response_data"
"""What versions before 4 keep of an answer; of a stream it is all that they tell."""
_USAGE = f"{ANSWER}|usage."
_RAW = answers.places(f"{ANSWER}|", usages=("gen_ai.usage.raw|", "usage|"))
SOURCES = _RAW | {
    "input": (f"{PARTIAL}input_tokens", f"{_USAGE}prompt_tokens", f"{_USAGE}input_tokens"),
    "output": (f"{PARTIAL}output_tokens", f"{_USAGE}completion_tokens", f"{_USAGE}output_tokens"),
    "cache_read": (f"{PARTIAL}cache_read.input_tokens", *_RAW["cache_read"]),
    "cache_write": (f"{PARTIAL}cache_creation.input_tokens", *_RAW["cache_write"]),
    "conversation_id": ("group_id",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}


def is_told_by_its_log(scope: str, attributes: Attributes) -> bool:
    """True for the request of a stream, where nothing failed."""
    return (
        scope.startswith("logfire.")
        and text(attributes.get(ATTRIBUTE)) == "span"
        and "request_data" in attributes
        and not any(name in attributes for name in _ANSWERED)
    )
