"""Frameworks for JavaScript: kinds of span of their own, and what a call is for."""

import pytest

from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, decoded

VOLT = {
    "span.type": "llm", "llm.model": "gpt-4o", "conversation.id": "c-1", "user.id": "u-1",
    "llm.usage.prompt_tokens": 1020, "llm.usage.completion_tokens": 202,
    "llm.usage.cached_tokens": 302, "llm.usage.reasoning_tokens": 52,
}  # fmt: skip


def test_a_call_of_voltagent_and_one_that_failed() -> None:
    agent = step(1, {"agent.context": '{"org_id": "acme"}', "usage.prompt_tokens": 2030,
                     "ai.model.name": "gpt-4o"})  # fmt: skip
    failed = step(3, {"span.type": "llm", "llm.model": "gpt-4o"}, agent) | {"status": {"code": 2}}
    beside = [
        step(n, {"span.type": kind}, agent) for n, kind in ((4, "memory"), (5, "tool"), (6, "x"))
    ]
    calls = decoded(agent, step(2, VOLT, agent), failed, *beside, scope="@voltagent/core")["calls"]
    assert sorted(map(tokens, calls), key=str) == [(1020, 302, None, 202, 52), (None,) * 5]
    assert {(call["org_id"], call["provider"]) for call in calls} == {("acme", "openai")}
    assert {call["status"] for call in calls} == {"ok", "error"}


def test_what_is_inside_a_request_of_mastra_is_no_call() -> None:
    llm = {"openinference.span.kind": "LLM"}
    asked = step(1, llm | {
        "mastra.span.type": "model_generation", "llm.model_name": "gpt-4o",
        "llm.token_count.prompt": 2030, "llm.token_count.completion": 403,
    })  # fmt: skip
    inside = step(2, llm | {"mastra.span.type": "model_step"}, asked)
    pieces = [step(n, llm | {"mastra.span.type": "model_chunk"}, inside) for n in (3, 4)]
    (call,) = decoded(*pieces, inside, asked, scope="@mastra/otel-exporter")["calls"]
    assert tokens(call) == (2030, None, None, 403, None)


@pytest.mark.parametrize(("scope", "feature"), [("gen_ai", "support-chat"), ("pydantic-ai", None)])
def test_what_a_call_of_vercels_sdk_is_for(scope: str, feature: str | None) -> None:
    """From version 7 on the name of the function stands on the agent, where others have a name."""
    agent = step(1, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support-chat"})
    (call,) = decoded(agent, step(2, CHAT | {INPUT: 9, OUTPUT: 4}, agent), scope=scope)["calls"]
    assert call["feature"] == feature


@pytest.mark.parametrize(
    ("scope", "model", "expected"),
    [
        ("my-service", "claude-sonnet-4-5", ("anthropic", 945)),
        ("strands-agents", "claude-sonnet-4-5", ("anthropic", 945)),
        ("my-service", "gpt-4o", ("openai", 640)),
        ("strands.telemetry.tracer", "claude-sonnet-4-5", ("my-service", 640)),
    ],
)
def test_strands_tells_the_service_for_the_provider(
    scope: str, model: str, expected: tuple[str, int]
) -> None:
    told = CHAT | {"gen_ai.request.model": model, INPUT: 640, OUTPUT: 205, READ: 305,
                   "gen_ai.event.start_time": "2026-11-28T05:16:01.884Z"}  # fmt: skip
    system = "my-service" if scope.startswith("strands.") else scope
    one = step(1, {key: value for key, value in told.items() if key != "gen_ai.provider.name"}
               | {"gen_ai.system": system})  # fmt: skip
    (call,) = decoded(one, scope=scope)["calls"]
    assert (call["provider"], call["input_tokens_total"]) == expected
