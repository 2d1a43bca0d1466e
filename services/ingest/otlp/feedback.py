"""Judgements of answers: evaluation events of the convention, and scores as Langfuse sends them.

Both become an `Outcome` of kind feedback. A judgement keeps its own id, so that a resend is one.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from services.ingest.otlp.events import instant
from services.ingest.otlp.values import Attributes, amount, text
from services.ingest.otlp.wire import Log

EVALUATION = "gen_ai.evaluation.result"
COMMENT_MAX = 4096


def evaluations(records: Iterable[Log]) -> Iterator[dict[str, Any]]:
    """The outcomes among log records; all other records are no business of ours."""
    for record in records:
        if record.name != EVALUATION:
            continue
        said = record.attributes
        response_id = text(said.get("gen_ai.response.id"))
        conversation_id = text(said.get("gen_ai.conversation.id"))
        if not (record.trace_id or response_id or conversation_id):
            continue
        yield _told({
            "outcome_id": _id(record.trace_id, record.span_id, response_id, record.time,
                              text(said.get("gen_ai.evaluation.name"))),
            "occurred_at": instant(record.time),
            "name": text(said.get("gen_ai.evaluation.name")) or "evaluation",
            "trace_id": record.trace_id,
            "span_id": record.span_id,
            "conversation_id": conversation_id,
            "response_id": response_id,
            "value": number(said.get("gen_ai.evaluation.score.value")),
            "label": text(said.get("gen_ai.evaluation.score.label")),
            "comment": _comment(said),
        })  # fmt: skip


def _comment(said: Attributes) -> str:
    told = said.get("gen_ai.evaluation.explanation")
    return told[:COMMENT_MAX] if isinstance(told, str) else ""


def score(body: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """The outcome of a Langfuse score; None where it names nothing that it judges."""
    trace_id, session_id = text(body.get("traceId")), text(body.get("sessionId"))
    if not (trace_id or session_id):
        return None
    value, comment = body.get("value"), body.get("comment")
    told_at = text(body.get("timestamp"))
    return _told({
        "outcome_id": text(body.get("id")) or _id(trace_id, session_id, body.get("name"), told_at),
        "occurred_at": told_at or now.isoformat(timespec="milliseconds"),
        "name": text(body.get("name")) or "score",
        "trace_id": trace_id,
        "span_id": text(body.get("observationId")),
        "conversation_id": session_id,
        "value": number(value),
        "label": text(value) if isinstance(value, str) else text(body.get("stringValue")),
        "comment": comment[:COMMENT_MAX] if isinstance(comment, str) else "",
    })  # fmt: skip


def number(value: Any) -> str | None:
    """A score as plain text; None for what is none."""
    if isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, int | float):
        return None
    if value == 0:
        return "0"
    told = amount(abs(value))
    return told if told is None or value > 0 else f"-{told}"


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if value not in ("", None)}
    return kept | {"kind": "feedback"}


def _id(*parts: Any) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
