"""Whatever a client sends: no crash, and every step published is a valid event."""

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.call import CallEvent
from services.ingest import decode
from services.ingest.core import Caller
from services.ingest.otlp import feedback, receive, wire
from services.ingest.otlp.proto import TracesData
from services.ingest.otlp.table import TABLE
from services.pricing.told import read
from tests.unit.otlp.bodies import body, protobuf, span

NOW = datetime.now(UTC)
CALLER = Caller("p", "*", NOW)
KEYS = sorted(TABLE)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
texts = st.text(max_size=300) | st.sampled_from(
    [
        "chat",
        "LLM",
        "generation",
        '"x"',
        "-1",
        "1e400",
        "NaN",
        "[1",
        '{"input": -3}',
        "\x00",
        "null",
    ]
)
any_values = st.recursive(
    st.fixed_dictionaries({"stringValue": texts})
    | st.fixed_dictionaries({"intValue": st.integers() | texts})
    | st.fixed_dictionaries({"doubleValue": st.floats() | st.just("NaN")})
    | st.fixed_dictionaries({"boolValue": st.booleans()})
    | st.just({}) | st.none(),
    lambda inner: st.fixed_dictionaries(
        {"arrayValue": st.fixed_dictionaries({"values": st.lists(inner, max_size=3)})}
    ),
    max_leaves=4,
)  # fmt: skip
attributes = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from(KEYS), "value": any_values}), max_size=12
)
ids = st.sampled_from(["a" * 32, "b" * 16, "0" * 16, "", "zz", "c" * 16])
spans = st.fixed_dictionaries(
    {
        "traceId": ids, "spanId": ids, "parentSpanId": ids, "name": texts,
        "attributes": attributes, "startTimeUnixNano": st.integers() | texts,
        "endTimeUnixNano": st.just(str(int(NOW.timestamp() * 1e9))) | st.integers() | texts,
        "status": st.sampled_from([{}, {"code": 2}, {"code": "STATUS_CODE_ERROR"}, None]),
        "events": st.none() | st.just([{"name": "exception", "attributes": None}]),
    }
)  # fmt: skip


def check(data: bytes, *, is_json: bool) -> None:
    try:
        told = receive.traces(data, CALLER, TABLE, is_json=is_json)
    except wire.MalformedError:
        return
    for item in told.taken:
        event = CallEvent.model_validate_json(item.line)
        read(event)
    decode.decode(wire.spans(data, is_json=is_json))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(spans, max_size=4))
def test_odd_json_spans(told: list[dict[str, Any]]) -> None:
    try:
        data = orjson.dumps(body(*told))
    except TypeError:  # integers beyond 64 bits are no JSON of orjson's
        return
    check(data, is_json=True)


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_any_json(told: Any) -> None:
    try:
        data = orjson.dumps(told)
    except TypeError:
        return
    check(data, is_json=True)
    try:
        list(feedback.evaluations(wire.logs(data, is_json=True)))
    except wire.MalformedError:
        return
    if isinstance(told, dict):
        feedback.score(told, NOW)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check(data, is_json=False)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_body_with_broken_bytes(at: int, patch: bytes) -> None:
    data = bytearray(protobuf(span(), span(2)))
    at %= len(data)
    data[at : at + len(patch)] = patch
    check(bytes(data), is_json=False)


def test_deep_nesting_is_refused_or_read_not_a_crash() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(300):
        value = {"arrayValue": {"values": [value]}}
    told = span() | {"attributes": [{"key": "metadata", "value": value}]}
    check(json.dumps(body(told)).encode(), is_json=True)
    deep = b"[" * 100_000
    for data in (deep, b'{"resourceSpans":' + deep):
        with pytest.raises(wire.MalformedError):
            wire.spans(data, is_json=True)


def test_proto_nested_beyond_the_limit_is_malformed() -> None:
    inner = b""
    for _ in range(200):  # AnyValue{array_value: ArrayValue{values: ...}}
        array = b"\x0a" + _varint(len(inner)) + inner
        inner = b"\x2a" + _varint(len(array)) + array
    entry = b"\x0a\x01k\x12" + _varint(len(inner)) + inner
    data = entry
    for field in (9, 2, 2, 1):
        data = bytes([field << 3 | 2]) + _varint(len(data)) + data
    with pytest.raises(wire.MalformedError):
        wire.spans(data, is_json=False)


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def test_map_entries_read_what_the_official_classes_write() -> None:
    data = TracesData.FromString(protobuf(span()))
    made = data.resource_spans[0].scope_spans[0].spans[0]
    assert made.attributes["gen_ai.request.model"].string_value == "gpt-4o"
