"""The OTLP messages ingest reads, wire-compatible with opentelemetry-proto, attributes as maps.

`KeyValue` is exactly the wire format of an entry of `map<string, AnyValue>`, so a map field reads
a list of them, and a wanted attribute is one look-up instead of a walk over all of them. Numbers:
opentelemetry/proto/{common,resource,trace,logs}/v1 of opentelemetry-proto 1.10.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_F = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _F.TYPE_STRING, "bytes": _F.TYPE_BYTES, "bool": _F.TYPE_BOOL, "int64": _F.TYPE_INT64,
    "double": _F.TYPE_DOUBLE, "uint32": _F.TYPE_UINT32, "int32": _F.TYPE_INT32,
    "fixed32": _F.TYPE_FIXED32, "fixed64": _F.TYPE_FIXED64,
}  # fmt: skip
_MAP = "map"

MESSAGES: dict[str, tuple[tuple[int, str, str], ...]] = {
    "AnyValue": (
        (1, "string_value", "string"), (2, "bool_value", "bool"), (3, "int_value", "int64"),
        (4, "double_value", "double"), (5, "array_value", "ArrayValue"),
        (6, "kvlist_value", "KeyValueList"), (7, "bytes_value", "bytes"),
    ),
    "ArrayValue": ((1, "values", "*AnyValue"),),
    "KeyValueList": ((1, "values", _MAP),),
    "Resource": ((1, "attributes", _MAP),),
    "Scope": ((1, "name", "string"), (2, "version", "string"), (3, "attributes", _MAP)),
    "Status": ((2, "message", "string"), (3, "code", "int32")),
    "Event": ((1, "time_unix_nano", "fixed64"), (2, "name", "string"), (3, "attributes", _MAP)),
    "Span": (
        (1, "trace_id", "bytes"), (2, "span_id", "bytes"), (4, "parent_span_id", "bytes"),
        (5, "name", "string"), (6, "kind", "int32"), (7, "start_time_unix_nano", "fixed64"),
        (8, "end_time_unix_nano", "fixed64"), (9, "attributes", _MAP),
        (10, "dropped_attributes_count", "uint32"), (11, "events", "*Event"),
        (15, "status", "Status"),
    ),
    "ScopeSpans": ((1, "scope", "Scope"), (2, "spans", "*Span")),
    "ResourceSpans": ((1, "resource", "Resource"), (2, "scope_spans", "*ScopeSpans")),
    "TracesData": ((1, "resource_spans", "*ResourceSpans"),),
    "LogRecord": (
        (1, "time_unix_nano", "fixed64"), (11, "observed_time_unix_nano", "fixed64"),
        (5, "body", "AnyValue"), (6, "attributes", _MAP), (9, "trace_id", "bytes"),
        (10, "span_id", "bytes"), (12, "event_name", "string"),
    ),
    "ScopeLogs": ((1, "scope", "Scope"), (2, "log_records", "*LogRecord")),
    "ResourceLogs": ((1, "resource", "Resource"), (2, "scope_logs", "*ScopeLogs")),
    "LogsData": ((1, "resource_logs", "*ResourceLogs"),),
    "PartialSuccess": ((1, "rejected", "int64"), (2, "error_message", "string")),
    "ExportResponse": ((1, "partial_success", "PartialSuccess"),),
    "Any": ((1, "type_url", "string"), (2, "value", "bytes")),
    "RpcStatus": ((1, "code", "int32"), (2, "message", "string"), (3, "details", "*Any")),
    "Duration": ((1, "seconds", "int64"), (2, "nanos", "int32")),
    "RetryInfo": ((1, "retry_delay", "Duration"),),
}  # fmt: skip
"""Message to fields: number, name, type; `*` is repeated. `ExportResponse` serves all signals."""

_PACKAGE = "tracetally.otlp"


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="tracetally/otlp.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, kind in fields:
            _add(message, number, field, kind)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
            for added in message.field:
                added.oneof_index = 0
    return file


def _add(message: Any, number: int, field: str, kind: str) -> None:
    added = message.field.add(name=field, number=number, label=_F.LABEL_OPTIONAL)
    if kind == _MAP:
        entry = message.nested_type.add(name=f"{field.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=_F.LABEL_OPTIONAL, type=_F.TYPE_STRING)
        entry.field.add(
            name="value", number=2, label=_F.LABEL_OPTIONAL, type=_F.TYPE_MESSAGE,
            type_name=f".{_PACKAGE}.AnyValue",
        )  # fmt: skip
        added.label = _F.LABEL_REPEATED
        added.type, added.type_name = _F.TYPE_MESSAGE, f".{_PACKAGE}.{message.name}.{entry.name}"
    elif kind in _SCALARS:
        added.type = _SCALARS[kind]
    else:
        added.type, added.type_name = _F.TYPE_MESSAGE, f".{_PACKAGE}.{kind.lstrip('*')}"
        added.label = _F.LABEL_REPEATED if kind.startswith("*") else _F.LABEL_OPTIONAL


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())


def message(name: str) -> Any:
    """The class of a message of `MESSAGES`."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


TracesData = message("TracesData")
LogsData = message("LogsData")
ExportResponse = message("ExportResponse")
RpcStatus = message("RpcStatus")
RetryInfo = message("RetryInfo")
