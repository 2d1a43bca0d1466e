"""Calls as gateways, servers of models and Java's libraries tell them."""

import json
from typing import Any

import pytest

from services.ingest import decode
from tests.unit.otlp.bodies import body, span
from tests.unit.otlp.test_agents import event, step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, WRITE, decoded

SPRING = "org.springframework.boot"
CACHED = {INPUT: "5540", OUTPUT: "705", READ: "1505", WRITE: "1005"}
SERVED = {"gen_ai.usage.prompt_tokens": 384, "gen_ai.usage.completion_tokens": 32,
          "gen_ai.latency.e2e": 1, "gen_ai.request.id": "chatcmpl-1"}  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "told", "expected"),
    [
        (SPRING, {"gen_ai.system": "anthropic"} | CACHED, (8050, 1505, 1005, 705, None)),
        (SPRING, {"gen_ai.system": "openai"} | CACHED, (5540, 1505, 1005, 705, None)),
        ("opentelemetry.instrumentation.llamaindex", {"gen_ai.provider.name": "anthropic_llm"}
         | CACHED, (8050, 1505, 1005, 705, None)),
        ("agent_framework", {"gen_ai.provider.name": "anthropic"} | CACHED,
         (8050, 1505, 1005, 705, None)),
        ("agent_framework", {"gen_ai.provider.name": "azure.ai.foundry",
                             "gen_ai.request.model": "claude-sonnet-4-5"} | CACHED,
         (8050, 1505, 1005, 705, None)),
        ("agent_framework", {"gen_ai.provider.name": "azure.ai.foundry",
                             "gen_ai.request.model": "gpt-4o"} | CACHED,
         (5540, 1505, 1005, 705, None)),
        ("envoyproxy/ai-gateway", {"gen_ai.response.id": "msg_1"} | CACHED,
         (8050, 1505, 1005, 705, None)),
        ("envoyproxy/ai-gateway", {"gen_ai.response.id": "chatcmpl-1"} | CACHED,
         (5540, 1505, 1005, 705, None)),
    ],
)  # fmt: skip
def test_tokens(scope: str, told: dict[str, Any], expected: tuple[int | None, ...]) -> None:
    (call,) = decoded(step(1, CHAT | told), scope=scope)["calls"]
    assert tokens(call) == expected


@pytest.mark.parametrize(("said", "conversation"), [("c-1", "c-1"), ("default", None)])
def test_a_chat_of_spring_ai(said: str, conversation: str | None) -> None:
    client = step(1, {"gen_ai.operation.name": "framework", "gen_ai.system": "spring_ai",
                      "spring.ai.chat.client.conversation.id": said})  # fmt: skip
    failed = {"gen_ai.system": "openai", "gen_ai.response.model": "none"}
    chat = step(2, CHAT | failed, client) | {"status": {"code": 2}}
    (call,) = decoded(client, chat, scope=SPRING)["calls"]
    assert (call["conversation_id"], call["model_answered"]) == (conversation, None)


def test_the_request_of_a_server_counts_once_and_as_the_client_tells_it() -> None:
    alone = step(2, SERVED)
    (call,) = decoded(alone, scope="vllm.llm_engine")["calls"]
    assert tokens(call) == (384, None, None, 32, None)
    known = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "qwen3", INPUT: 384,
             OUTPUT: 32, READ: 300}  # fmt: skip
    client = step(1, CHAT | known)
    (call,) = decoded(client, step(2, SERVED, client), scope="x")["calls"]
    assert (call["provider"], call["model_requested"]) == ("openai", "qwen3")
    assert tokens(call) == (384, 300, None, 32, None)


def test_a_response_id_of_a_gateway_that_is_too_long_for_a_name_ties_all_the_same() -> None:
    made = "resp_" + "x" * 300
    both = [span(n, **{"gen_ai.response.id": made}) for n in (1, 2)]
    (call,) = decoded(*both, scope="litellm")["calls"]
    assert call["response_id"].startswith("resp_xxx")
    assert len(call["response_id"]) <= 256
    other = span(3, **{"gen_ai.response.id": made + "y"})
    assert len(decoded(*both, other, scope="litellm")["calls"]) == 2


@pytest.mark.parametrize(("told", "status"), [({}, "error"), ({INPUT: 9, OUTPUT: 4}, "ok")])
def test_what_was_raised_and_not_answered_has_failed(told: dict[str, Any], status: str) -> None:
    raised = {"events": [event("exception", **{"exception.type": "java.io.IOException"})]}
    asked = CHAT | {"gen_ai.provider.name": "open_ai", "gen_ai.request.model": "gpt-4o"}
    (call,) = decoded(step(1, asked | told) | raised, scope="io.quarkus.opentelemetry")["calls"]
    assert (call["status"], call["provider"]) == (status, "openai")
    assert call["error_type"] == ("java.io.IOException" if status == "error" else None)


@pytest.mark.parametrize(
    ("told", "expected"),
    [("google_ai_gemini", "gcp.gemini"), ("gcp.anthropic", "gcp.vertex_ai"),
     ("openai_responses_llm", "openai"), ("anthropic_llm", "anthropic"), ("genai", "gcp.gemini"),
     ("aws.anthropic", "aws.bedrock")],
)  # fmt: skip
def test_names_of_providers(told: str, expected: str) -> None:
    (call,) = decoded(span(**{"gen_ai.provider.name": told}), scope="x")["calls"]
    assert call["provider"] == expected


def test_what_openrouter_broadcasts() -> None:
    told = {
        "gen_ai.request.model": "anthropic/claude-sonnet-4.5", "gen_ai.response.id": "gen-1",
        INPUT: 8050, OUTPUT: 705, "gen_ai.usage.input_tokens.cached": 1505,
        "gen_ai.usage.input_tokens.cache_creation": 1005, "span.type": "generation",
        "gen_ai.usage.output_tokens.reasoning": 44, "session.id": "s-1", "user.id": "u-1",
        "trace.metadata.org_id": "acme", "trace.metadata.feature": "search",
    }  # fmt: skip
    root = step(1, told)
    inside = [step(n, {"span.type": "generation"}, root) for n in (2, 3)]
    (call,) = decoded(root, *inside, scope="openrouter")["calls"]
    assert tokens(call) == (8050, 1505, 1005, 705, 44)
    who = (call["org_id"], call["feature"], call["conversation_id"], call["user_id"])
    assert who == ("acme", "search", "s-1", "u-1")


def test_a_gateway_knows_the_model_that_its_client_calls_by_another_name() -> None:
    said = CHAT | {"gen_ai.response.id": "chatcmpl-1", "gen_ai.provider.name": "openai"} | CACHED
    client = step(1, said | {"gen_ai.request.model": "my-gpt", "gen_ai.response.model": "my-gpt"})
    proxy = step(2, said | {"gen_ai.request.model": "gpt-4o-mini"}, client)
    told = body(client)
    told["resourceSpans"] += body(proxy)["resourceSpans"]
    told["resourceSpans"][1]["scopeSpans"][0]["scope"]["name"] = "litellm"
    (call,) = decode.decode(decode.bodies(json.dumps(told).encode()))["calls"]
    assert (call["model_requested"], call["span_id"]) == ("gpt-4o-mini", client["spanId"])


def test_a_model_that_litellm_was_asked_for_by_a_name_of_its_own() -> None:
    named = {"gen_ai.request.model": "my-claude", "gen_ai.response.model": "my-claude",
             "litellm.provider.model": "anthropic/claude-sonnet-4-5"}  # fmt: skip
    (call,) = decoded(step(1, CHAT | named), scope="litellm")["calls"]
    told = (call["provider"], call["model_requested"], call["model_answered"])
    assert told == ("anthropic", "claude-sonnet-4-5", "my-claude")
