"""`tracetally-ingest decode` on what real clients sent: exact calls, tokens, orgs."""

import base64
import gzip
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services.ingest import decode
from services.ingest.otlp import wire
from tests.unit.otlp import bodies as otlp

CAPTURES = Path(__file__).parents[2] / "data" / "otel_captures"
CASES = {
    f"{path.parent.name}-{told['capture']}": (path.parent / told["capture"], told)
    for path in CAPTURES.glob("*/expected*.json")
    for told in [json.loads(path.read_text())]
}
FIELDS = (
    "operation", "provider", "model_requested", "response_id", "input_tokens_total",
    "reasoning_tokens", "conversation_id", "org_id", "user_id", "feature", "config_id", "status",
    "error_type", "span_id", "trace_id",
)  # fmt: skip
MAYBE_ZERO = ("cache_read_tokens", "cache_write_tokens")
"""Where two spans tell a call, one may say 0 and the other nothing."""


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*_traces.pb")) or sorted(folder.glob("*_traces.json_body"))


def document(folder: Path) -> dict[str, Any]:
    return decode.decode([s for path in files(folder) for s in decode.bodies(path.read_bytes())])


def differences(call: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    inherited = expected.get("would_be_inherited_from_ancestors", {})
    wrong = [
        f"{name}: {call[name]!r}, expected {expected[name]!r}"
        for name in FIELDS
        if call[name] != expected[name] and call[name] != inherited.get(name)
    ]
    twice = len(call["told_by"]) > 1
    for name in MAYBE_ZERO:
        if call[name] != expected[name] and not (twice and not call[name] and not expected[name]):
            wrong.append(f"{name}: {call[name]!r}, expected {expected[name]!r}")
    output = expected.get("output_tokens_acceptable", [expected["output_tokens"]])
    if call["output_tokens"] not in output:
        wrong.append(f"output_tokens: {call['output_tokens']!r}, expected {output!r}")
    model, answered = call["model_answered"], expected["model_answered"]
    if model != answered and not (twice and (model or "").startswith(answered or "-")):
        wrong.append(f"model_answered: {model!r}, expected {answered!r}")
    return wrong


@pytest.mark.parametrize("name", CASES)
def test_capture(name: str) -> None:
    folder, told = CASES[name]
    found = document(folder)
    by_span = {(call["trace_id"], call["span_id"]): call for call in found["calls"]}
    for expected in told["llm_calls"]:
        call = by_span.pop((expected["trace_id"], expected["span_id"]))
        assert differences(call, expected) == [], expected["span_name"]
        also = {span["span_id"] for span in expected.get("same_call_also_told_by", ())}
        assert also >= {s["span_id"] for s in call["told_by"]} - {call["span_id"]}
    untied = {span["span_id"] for span in told["repeats_that_nothing_ties_to_a_call"]}
    assert {span_id for _, span_id in by_span} == untied
    assert any("look told twice" in warning for warning in found["warnings"]) == bool(untied)


@pytest.mark.parametrize("name", CASES)
def test_totals_add_up(name: str) -> None:
    folder, told = CASES[name]
    found = document(folder)
    extra = len(told["repeats_that_nothing_ties_to_a_call"])
    totals = found["totals"]
    assert totals["calls"] == told["counts"]["llm_calls"] + extra == len(found["calls"])
    assert sum(org["calls"] for org in totals["by_org"].values()) == totals["calls"]
    if not extra:
        assert totals["failed"] == told["counts"]["failed"]
        assert totals["input_tokens_total"] == told["totals"]["input_tokens_total"]
        assert {org: row["calls"] for org, row in totals["by_org"].items()} == {
            org: row["calls"] for org, row in told["totals"]["by_org"].items()
        }


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(5))
def test_order_of_arrival_and_resends_change_nothing(name: str, seed: int) -> None:
    folder, _ = CASES[name]
    spans = [s for path in files(folder) for s in decode.bodies(path.read_bytes())]
    shuffled = spans + spans[: seed * 3]
    random.Random(seed).shuffle(shuffled)
    assert decode.decode(shuffled) == decode.decode(spans)


def test_protobuf_and_json_of_one_body_say_the_same() -> None:
    for folder, _ in CASES.values():
        for path in folder.glob("*_traces.pb"):
            readable = path.with_suffix(".json")
            one, other = (decode.bodies(p.read_bytes()) for p in (path, readable))
            assert decode.decode(one) == decode.decode(other), path


def test_command_reads_gzip_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    wire = CAPTURES / "langfuse_sdk" / "captures" / "001_traces.wire"
    bad = tmp_path / "bad.pb"
    bad.write_bytes(b"\xff\xff\xff")
    code = "from services.ingest.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "decode", str(wire), str(bad)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["totals"]["calls"] == 10
    assert any(str(bad) in warning for warning in told["warnings"])


def requests(*numbers: int) -> list[bytes]:
    return [json.dumps(otlp.body(otlp.span(number))).encode() for number in numbers]


@pytest.mark.parametrize(
    "body",
    [
        b"\n".join(requests(1, 2)),
        b"".join(requests(1, 2)) + b"\n",
        b"[" + b",".join(requests(1, 2)) + b"]",
        b"\xef\xbb\xbf" + b" \r\n".join(requests(1, 2)),
        gzip.compress(requests(1)[0]) + gzip.compress(requests(2)[0]),
        otlp.protobuf(otlp.span(1)) + otlp.protobuf(otlp.span(2)),
    ],
)
def test_requests_one_after_the_other(body: bytes) -> None:
    assert decode.decode(decode.bodies(body))["totals"]["calls"] == 2


@pytest.mark.parametrize("body", [b"{", b"[1]", requests(1)[0] + b"}", b"{}{", b"[[]]"])
def test_broken_json_is_named(body: bytes) -> None:
    with pytest.raises(wire.MalformedError):
        decode.bodies(body)


def test_a_short_protobuf_body_may_look_like_json() -> None:
    request = ExportTraceServiceRequest()
    told = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=b"\1" * 16, span_id=b"\2" * 8, name="x")
    )
    while request.ByteSize() < 2 + ord("{"):
        told.name += "x"
    body = request.SerializeToString()
    assert body[:2] == b"\n{"
    assert [span.name for span in decode.bodies(body)] == [told.name]


def test_ids_and_codes_as_protobuf_writes_them_in_json() -> None:
    span = otlp.span(7)
    other = span | {
        "traceId": base64.b64encode(bytes.fromhex(span["traceId"])).decode(),
        "spanId": base64.b64encode(bytes.fromhex(span["spanId"])).decode(),
        "status": {"code": "STATUS_CODE_ERROR"},
    }
    span["status"] = {"code": "2"}
    one, same = (decode.bodies(json.dumps(otlp.body(told)).encode()) for told in (span, other))
    assert decode.decode(one) == decode.decode(same)
    assert decode.decode(one)["totals"]["failed"] == 1


def test_a_span_above_says_whose_a_call_is_before_the_resource_does() -> None:
    root, call = otlp.span(1), otlp.span(1, **{"org.id": ""})
    call |= {"spanId": "2" * 16, "parentSpanId": root["spanId"]}
    root["attributes"] = [{"key": "org.id", "value": {"stringValue": "acme"}}]
    told = otlp.body(call, root)
    told["resourceSpans"][0]["resource"]["attributes"] = [
        {"key": key, "value": {"stringValue": "of all"}} for key in ("org.id", "user.id")
    ]
    (counted,) = decode.decode(decode.bodies(json.dumps(told).encode()))["calls"]
    assert (counted["org_id"], counted["user_id"]) == ("acme", "of all")
