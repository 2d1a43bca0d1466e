"""A call that a provider's SDK tells beside the instrumentation around it, not below."""

import json
from typing import Any

import pytest

from services.ingest.decode import decode
from services.ingest.otlp import wire
from tests.unit.otlp.bodies import NOW_NS, body
from tests.unit.otlp.test_agents import step
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT

SDK, AROUND = "mistralai_sdk_tracer", "opentelemetry.instrumentation.mistralai"
ASKED = CHAT | {"gen_ai.provider.name": "mistral_ai", "gen_ai.request.model": "mistral-large"}
REQUEST = {
    "http.request.method": "POST", "gen_ai.provider.name": "mistral_ai",
    "gen_ai.request.model": "mistral-large",
}  # fmt: skip
FAILED = {"status": {"code": 2}}
ROOT = step(9, {"gen_ai.operation.name": "invoke_workflow", "org.id": "acme"})


def asked(n: int, told: dict[str, Any], begins: int = 0, ends: int = 1000) -> dict[str, Any]:
    """A span below the root that begins and ends so many milliseconds into the second."""
    at = {"startTimeUnixNano": NOW_NS + begins * 10**6, "endTimeUnixNano": NOW_NS + ends * 10**6}
    return step(n, told, ROOT) | at | {"name": "chat_completion_v1_chat_completions_post"}


def calls(around: list[dict[str, Any]], sdk: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made = body(ROOT, *around)
    scoped = {"scope": {"name": SDK}, "spans": sdk}
    made["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = AROUND
    made["resourceSpans"][0]["scopeSpans"].insert(0, scoped)
    listed: list[dict[str, Any]] = decode(wire.spans(json.dumps(made).encode(), is_json=True))[
        "calls"
    ]
    return listed


def test_both_tell_one_call() -> None:
    outer = asked(1, ASKED | {INPUT: 90, OUTPUT: 40, "gen_ai.response.id": "r-1"})
    (call,) = calls([outer], [asked(2, REQUEST | {INPUT: 90, OUTPUT: 40}, 10, 990)])
    assert [told["scope"] for told in call["told_by"]] == [AROUND, SDK]
    assert (call["response_id"], call["input_tokens_total"], call["org_id"]) == ("r-1", 90, "acme")


def test_a_failure_that_the_sdk_does_not_say_and_has_no_id_for() -> None:
    outer = asked(1, ASKED | {"error.type": "SDKError"}) | FAILED
    (call,) = calls([outer], [asked(2, REQUEST, 10, 990)])
    assert (call["status"], call["error_type"]) == ("error", "SDKError")


def test_calls_side_by_side_are_told_apart() -> None:
    outer = [asked(n, ASKED, n, 1000 + n) for n in (1, 2)]
    inner = [asked(n + 2, REQUEST | {INPUT: n, OUTPUT: n}, n + 5, 900 + n) for n in (1, 2)]
    listed = calls(outer, inner)
    assert [call["input_tokens_total"] for call in listed] == [1, 2]
    assert [len(call["told_by"]) for call in listed] == [2, 2]
    assert len(calls(outer[:1], inner)) == 2


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ({}, 1001),
        ({"gen_ai.request.model": "mistral-small"}, 990),
        ({INPUT: 91, OUTPUT: 40}, 990),
        ({INPUT: 90, OUTPUT: 40, "gen_ai.response.id": "r-2"}, 990),
        ({"gen_ai.operation.name": "embeddings"}, 990),
    ],
)
def test_two_calls_that_differ_in_what_both_tell(told: dict[str, Any], ends: int) -> None:
    outer = asked(1, ASKED | {INPUT: 90, OUTPUT: 40, "gen_ai.response.id": "r-1"})
    assert len(calls([outer], [asked(2, REQUEST | told, 10, ends)])) == 2


def test_what_stands_elsewhere_in_the_trace_is_another_call() -> None:
    outer = asked(1, ASKED)
    elsewhere = asked(2, REQUEST, 10, 990) | {"parentSpanId": "00000000000000aa"}
    assert len(calls([outer], [elsewhere])) == 2


def test_spans_that_are_sent_twice() -> None:
    outer, inner = asked(1, ASKED), asked(2, REQUEST, 10, 990)
    assert [len(call["told_by"]) for call in calls([outer], [inner, inner])] == [2]
    assert [len(call["told_by"]) for call in calls([outer, outer], [inner, inner])] == [2]
