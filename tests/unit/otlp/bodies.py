"""OTLP bodies for the tests: JSON by hand, protobuf by the official classes."""

from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

NOW_NS = int(datetime.now(UTC).timestamp() * 1e9)


def span(n: int = 1, **attributes: Any) -> dict[str, Any]:
    """One chat span as OTLP/JSON."""
    told = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5, "org.id": "acme"} | attributes  # fmt: skip
    return {
        "traceId": f"{n:032X}", "spanId": f"{n:016x}", "name": "chat gpt-4o", "kind": 3,
        "startTimeUnixNano": str(NOW_NS - 10**9), "endTimeUnixNano": NOW_NS,
        "attributes": [{"key": key, "value": any_value(value)} for key, value in told.items()],
        "somethingNew": {"of": ["a later version"]},
    }  # fmt: skip


def any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": value}


def body(*spans: dict[str, Any]) -> dict[str, Any]:
    scope = {"name": "opentelemetry.instrumentation.openai"}
    scoped = {"scope": scope, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [scoped]}]}


def protobuf(*spans: dict[str, Any]) -> bytes:
    """The same as a protobuf body, by the official classes."""
    request = ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    scoped.scope.name = "opentelemetry.instrumentation.openai"
    for told in spans:
        made = scoped.spans.add(
            trace_id=bytes.fromhex(told["traceId"]), span_id=bytes.fromhex(told["spanId"]),
            name=told["name"], start_time_unix_nano=int(told["startTimeUnixNano"]),
            end_time_unix_nano=told["endTimeUnixNano"],
        )  # fmt: skip
        for item in told["attributes"]:
            added = made.attributes.add(key=item["key"])
            if "intValue" in item["value"]:
                added.value.int_value = int(item["value"]["intValue"])
            else:
                added.value.string_value = item["value"]["stringValue"]
    return request.SerializeToString()
