"""Bodies of OTLP requests into spans: protobuf and JSON, one neutral form."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from google.protobuf.message import DecodeError

from services.ingest.otlp.proto import LogsData, TracesData
from services.ingest.otlp.values import (
    Attributes,
    JsonAttributes,
    ProtoAttributes,
    count,
    from_json,
    from_proto,
    identifier,
)

ERROR = 2
"""`Status.StatusCode.STATUS_CODE_ERROR`."""
_JSON_CODES = {"STATUS_CODE_ERROR": ERROR, str(ERROR): ERROR}
"""A name, or a number as text: both are legal in protobuf's JSON."""


class MalformedError(ValueError):
    """The body is not what its content type says."""


class Span(NamedTuple):
    """One span of any client. Times are nanoseconds since 1970; 0 where not told."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: int
    end: int
    is_error: bool
    attributes: Attributes
    events: tuple[tuple[str, int, Attributes], ...]
    dropped: int
    resource: Attributes
    scope: str
    scope_version: str


class Log(NamedTuple):
    """One log record."""

    trace_id: str
    span_id: str
    name: str
    time: int
    attributes: Attributes
    body: Any
    resource: Attributes
    scope: str


def spans(body: bytes, *, is_json: bool) -> list[Span]:
    """All spans of a trace request, also those whose ids are unusable: empty then."""
    return list(_json_spans(_parsed(body)) if is_json else _proto_spans(_message(TracesData, body)))


def logs(body: bytes, *, is_json: bool) -> list[Log]:
    """All records of a log request."""
    return list(_json_logs(_parsed(body)) if is_json else _proto_logs(_message(LogsData, body)))


def _message(kind: Any, body: bytes) -> Any:
    try:
        return kind.FromString(body)
    except (DecodeError, UnicodeDecodeError, ValueError) as wrong:
        raise MalformedError(f"not an OTLP protobuf message: {wrong}") from None


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(body)
    except ValueError as wrong:
        raise MalformedError(f"not JSON: {wrong}") from None
    if not isinstance(told, dict):
        raise MalformedError("an OTLP/JSON body is one object")
    return told


def _proto_spans(data: Any) -> Iterator[Span]:
    for group in data.resource_spans:
        resource = ProtoAttributes(group.resource.attributes)
        for scoped in group.scope_spans:
            scope, version = scoped.scope.name, scoped.scope.version
            for span in scoped.spans:
                yield Span(
                    identifier(span.trace_id, 16), identifier(span.span_id, 8),
                    identifier(span.parent_span_id, 8), span.name, span.start_time_unix_nano,
                    span.end_time_unix_nano, span.status.code == ERROR,
                    ProtoAttributes(span.attributes),
                    tuple(
                        (event.name, event.time_unix_nano, ProtoAttributes(event.attributes))
                        for event in span.events
                    ),
                    span.dropped_attributes_count, resource, scope, version,
                )  # fmt: skip


def _json_spans(data: dict[str, Any]) -> Iterator[Span]:
    for resource, scope, span in _scoped(data, "resourceSpans", "scopeSpans", "spans"):
        code = _part(span, "status").get("code")
        yield Span(
            identifier(span.get("traceId"), 16), identifier(span.get("spanId"), 8),
            identifier(span.get("parentSpanId"), 8), _text(span.get("name")),
            _nanos(span.get("startTimeUnixNano")),
            _nanos(span.get("endTimeUnixNano")),
            _JSON_CODES.get(str(code)) == ERROR,
            JsonAttributes(span.get("attributes")),
            tuple(
                (_text(event.get("name")), _nanos(event.get("timeUnixNano")),
                 JsonAttributes(event.get("attributes")))
                for event in _items(span, "events")
            ),
            count(span.get("droppedAttributesCount")) or 0, resource,
            _text(scope.get("name")), _text(scope.get("version")),
        )  # fmt: skip


def _proto_logs(data: Any) -> Iterator[Log]:
    for group in data.resource_logs:
        resource = ProtoAttributes(group.resource.attributes)
        for scoped in group.scope_logs:
            for record in scoped.log_records:
                attributes = ProtoAttributes(record.attributes)
                yield Log(
                    identifier(record.trace_id, 16), identifier(record.span_id, 8),
                    record.event_name or _text(attributes.get("event.name")),
                    record.time_unix_nano or record.observed_time_unix_nano, attributes,
                    from_proto(record.body), resource, scoped.scope.name,
                )  # fmt: skip


def _json_logs(data: dict[str, Any]) -> Iterator[Log]:
    for resource, scope, record in _scoped(data, "resourceLogs", "scopeLogs", "logRecords"):
        attributes = JsonAttributes(record.get("attributes"))
        yield Log(
            identifier(record.get("traceId"), 16), identifier(record.get("spanId"), 8),
            _text(record.get("eventName")) or _text(attributes.get("event.name")),
            _nanos(record.get("timeUnixNano")) or _nanos(record.get("observedTimeUnixNano")),
            attributes, from_json(record.get("body")), resource, _text(scope.get("name")),
        )  # fmt: skip


def _scoped(
    data: dict[str, Any], groups: str, scopes: str, items: str
) -> Iterator[tuple[JsonAttributes, dict[str, Any], dict[str, Any]]]:
    for group in _items(data, groups):
        resource = JsonAttributes(_part(group, "resource").get("attributes"))
        for scoped in _items(group, scopes):
            for item in _items(scoped, items):
                yield resource, _part(scoped, "scope"), item


def _part(holder: dict[str, Any], name: str) -> dict[str, Any]:
    part = holder.get(name)
    return part if isinstance(part, dict) else {}


def _items(holder: dict[str, Any], name: str) -> Iterable[dict[str, Any]]:
    listed = holder.get(name)
    return (item for item in listed or () if isinstance(item, dict)) if _is_list(listed) else ()


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _nanos(value: Any) -> int:
    try:
        told = int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return told if 0 <= told < 2**64 else 0
