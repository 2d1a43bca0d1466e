"""Calls of libraries with a word of their own for what a span is."""

import json
from typing import Any

import pytest

from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, decoded

MODEL = {"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini"}
USED = {INPUT: 8490, OUTPUT: 749}


def braintrust(kind: str, **metrics: int) -> dict[str, str]:
    known = {"provider": "anthropic", "model": "claude-sonnet-4-5", "id": "msg_1", "org_id": "acme"}
    told = {"span_attributes": {"type": kind}, "metrics": metrics, "metadata": known}
    return {f"braintrust.{name}": json.dumps(value) for name, value in told.items()}


@pytest.mark.parametrize(
    ("told", "operation", "expected"),
    [
        ({"gen_ai.span.kind": "LLM", "gen_ai.usage.input_tokens.cache_read": 1549,
          "gen_ai.usage.output_tokens.reasoning": 599} | USED, "chat",
         (8490, 1549, None, 749, 599)),
        ({"gen_ai.span.kind": "EMBEDDING", "embedding.model_name": "text-embedding-3-small",
          INPUT: 559}, "embeddings", (559, None, None, None, None)),
        ({"fi.span.kind": "LLM", "llm.token_count.prompt": 9}, "chat", (9,) + (None,) * 4),
        ({"gen_ai.operation.name": "embed", INPUT: 559, OUTPUT: 0} | MODEL, "embeddings",
         (559, None, None, 0, None)),
        ({"gen_ai.operation.name": "openai.responses.create"} | MODEL | USED, "chat",
         (8490, None, None, 749, None)),
        ({"gen_ai.operation.name": "a.new.one", "gen_ai.usage.cached_tokens": 9} | MODEL | USED,
         "chat", (8490, 9, None, 749, None)),
        ({"gen_ai.request.type": "embedding"} | MODEL, "embeddings", (None,) * 5),
        (braintrust("llm", prompt_tokens=151, completion_tokens=20, prompt_cached_tokens=40,
                    prompt_cache_creation_tokens=11), "chat", (151, 40, 11, 20, None)),
    ],
)  # fmt: skip
def test_a_call(told: dict[str, Any], operation: str, expected: tuple[int | None, ...]) -> None:
    (call,) = decoded(step(1, told), scope="x")["calls"]
    assert (call["operation"], tokens(call)) == (operation, expected)


@pytest.mark.parametrize(
    "told",
    [
        {"gen_ai.span.kind": "AGENT"} | MODEL | USED,
        {"gen_ai.operation.name": "my_agent_loop"} | MODEL | USED,
        {"gen_ai.operation.name": "orchestrate_tools"} | MODEL | USED,
        {"gen_ai.operation.name": "a.new.one"} | MODEL,
        braintrust("task", prompt_tokens=151, completion_tokens=20),
    ],
)
def test_no_call(told: dict[str, Any]) -> None:
    assert decoded(step(1, told), scope="x")["calls"] == []


def test_what_braintrust_tells_of_a_call() -> None:
    (call,) = decoded(step(1, braintrust("llm")), scope="braintrust-go")["calls"]
    told = (call["provider"], call["model_answered"], call["response_id"], call["org_id"])
    assert told == ("anthropic", "claude-sonnet-4-5", "msg_1", "acme")


@pytest.mark.parametrize(("said", "told"), [("chatcmpl-1", "chatcmpl-1"), ("toolu_1", None)])
def test_an_answer_inside_a_list_of_answers(said: str, told: str | None) -> None:
    one = CHAT | {"openinference.span.kind": "LLM", "output.value": json.dumps([{"id": said}])}
    (call,) = decoded(step(1, one), scope="x")["calls"]
    assert call["response_id"] == told
