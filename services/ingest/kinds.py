"""What can be posted where: the record, its topic, its parsers, its Kafka key. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import FailFast, TypeAdapter

from schemas.base import Record
from schemas.call import CallEvent
from schemas.content import Content
from schemas.outcome import Outcome
from schemas.topics import CALLS, CONTENTS, OUTCOMES, Topic


@dataclass(frozen=True)
class Kind:
    """One endpoint. `thread` names what must stay in one message, so in one partition."""

    path: str
    topic: Topic
    record: type[Record]
    one: TypeAdapter[Any]
    many: TypeAdapter[Any]
    thread: Callable[[Any], str]
    example: dict[str, Any]


def _kind(
    topic: Topic, record: type[Record], thread: Callable[[Any], str], example: dict[str, Any]
) -> Kind:
    return Kind(
        path="/v1/" + topic.name.partition(".")[0],
        topic=topic,
        record=record,
        one=TypeAdapter(record),
        many=TypeAdapter(Annotated[list[record], FailFast()]),  # type: ignore[valid-type, arg-type]
        thread=thread,
        example=example,
    )


CALL_KIND = _kind(
    CALLS,
    CallEvent,
    lambda call: call.trace_id or call.event_id,
    {
        "event_id": "018f5c9e-8d2b-7c4e-9a51-6f0c2f6a1d10",
        "occurred_at": "2026-11-22T10:00:00Z",
        "org_id": "acme",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "operation": "chat",
        "assistant_id": "support",
        "feature": "refunds",
        "environment": "production",
        "provider": "anthropic",
        "request_model": "claude-sonnet-4-5",
        "response_model": "claude-sonnet-4-5-20250929",
        "duration_ms": 1840,
        "usage": {"input": 1000, "cache_read": 8000, "output": 500},
    },
)
CONTENT_KIND = _kind(
    CONTENTS,
    Content,
    lambda content: content.trace_id,
    {
        "content_id": "018f5c9e-8d2b-7c4e-9a51-6f0c2f6a1d11",
        "occurred_at": "2026-11-22T10:00:00Z",
        "org_id": "acme",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "kind": "returned",
        "role": "assistant",
        "content": "Your refund is on its way.",
    },
)
OUTCOME_KIND = _kind(
    OUTCOMES,
    Outcome,
    lambda outcome: outcome.org_id or outcome.trace_id or outcome.outcome_id,
    {
        "outcome_id": "018f5c9e-8d2b-7c4e-9a51-6f0c2f6a1d12",
        "occurred_at": "2026-11-22T10:05:00Z",
        "org_id": "acme",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "name": "ticket_resolved",
        "value": "12.50",
        "unit": "USD",
    },
)
KINDS = (CALL_KIND, CONTENT_KIND, OUTCOME_KIND)
