"""What platforms' own libraries send: Monocle, HoneyHive, Respan, Logfire before version 4."""

import json
from typing import Any

import pytest

from tests.unit.otlp.bodies import any_value
from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, decoded

COMPLETION = {
    "prompt_tokens": 1030, "completion_tokens": 203, "prompt_tokens_details": {"cached_tokens": 303}
}  # fmt: skip
CLAUDE = {"input_tokens": 640, "output_tokens": 205, "cache_read_input_tokens": 305,
          "cache_creation_input_tokens": 105}  # fmt: skip


def event(**told: Any) -> dict[str, Any]:
    told_as = [{"key": key, "value": any_value(value)} for key, value in told.items()]
    return {"events": [{"name": "metadata", "timeUnixNano": "1", "attributes": told_as}]}


def asked(provider: str, model: str) -> dict[str, Any]:
    return {"span.type": "inference", "entity.1.type": f"inference.{provider}",
            "entity.2.name": model, "scope.org_id": "acme"}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "known", "used", "expected"),
    [
        ("openai", "openai", {"prompt_tokens": "1010", "completion_tokens": "201",
                              "cache_read_input_tokens": "301"}, (1010, 301, None, 201, None)),
        ("anthropic", "anthropic", {"prompt_tokens": "608", "completion_tokens": "201",
                                    "cache_read_input_tokens": "301", "total_tokens": "809"},
         (909, 301, None, 201, None)),
        ("gemini", "gcp.gemini", {"prompt_tokens": "1040", "completion_tokens": "204",
                                  "thoughts_tokens": "54", "total_tokens": "1298"},
         (1040, None, None, 258, 54)),
    ],
)  # fmt: skip
def test_a_call_of_monocle(
    provider: str, known: str, used: dict[str, str], expected: tuple[int | None, ...]
) -> None:
    run = step(1, {"span.type": "workflow", "entity.1.type": "workflow.openai"})
    one = step(2, asked(provider, "m"), run) | event(**used)
    (call,) = decoded(run, one, scope="monocle_apptrace")["calls"]
    assert (tokens(call), call["provider"], call["org_id"]) == (expected, known, "acme")
    assert call["model_requested"] == "m"


def test_a_frameworks_request_and_the_sdks_inside_it_are_one_call_of_monocle() -> None:
    outer = step(1, asked("openai", "gpt-4o") | {"span.type": "inference.framework"})
    outer |= event(prompt_tokens="9", completion_tokens="4")
    inner = step(2, {"span.type": "inference.modelapi"}, outer)
    embedding = step(3, {"span.type": "embedding", "entity.1.name": "text-embedding-3-small",
                         "entity.1.type": "model.embedding.text-embedding-3-small"})  # fmt: skip
    calls = decoded(outer, inner, embedding, scope="monocle_apptrace")["calls"]
    found = {(call["operation"], call["provider"], call["input_tokens_total"]) for call in calls}
    assert found == {("chat", "openai", 9), ("embeddings", "openai", None)}


def test_an_event_of_honeyhive_is_a_call_where_nothing_inside_it_is() -> None:
    told = {
        "honeyhive_event_type": "model", "honeyhive.session_id": "s-1",
        "honeyhive_config.model": "gpt-4o", "honeyhive_config.provider": "openai",
        "honeyhive_metadata.prompt_tokens": 90, "honeyhive_metadata.completion_tokens": 40,
        "honeyhive_metadata.org_id": "acme", "honeyhive_user_properties.user_id": "u-1",
    }  # fmt: skip
    outer = step(1, told)
    inner = step(2, CHAT | {INPUT: 91, OUTPUT: 41}, outer)
    for spans, expected in (((outer,), (90, 40)), ((inner, outer), (91, 41))):
        (call,) = decoded(*spans, scope="honeyhive.1")["calls"]
        assert tokens(call)[::3] == expected
        known = (call["org_id"], call["user_id"], call["conversation_id"])
        assert known == ("acme", "u-1", "s-1")


@pytest.mark.parametrize("brand", ["respan", "keywordsai"])
def test_for_whom_a_call_is_under_respan(brand: str) -> None:
    who = {
        f"{brand}.customer_params.customer_identifier": "u-1",
        f"{brand}.threads.thread_identifier": "t-1", f"{brand}.metadata.org_id": "acme",
    }  # fmt: skip
    root = step(1, {"traceloop.span.kind": "workflow"} | who)
    (call,) = decoded(root, step(2, CHAT, root), scope="x")["calls"]
    assert (call["org_id"], call["user_id"], call["conversation_id"]) == ("acme", "u-1", "t-1")


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("streaming response from {request_data[model]!r} took {duration:.2f}s",
         {"logfire.span_type": "log", "response_data": json.dumps({"usage": COMPLETION})},
         (1030, 303, None, 203, None)),
        ("Chat Completion with {request_data[model]!r}",
         {INPUT: 1030, OUTPUT: 203, "response_data": json.dumps({"usage": COMPLETION})},
         (1030, 303, None, 203, None)),
        ("Message with {request_data[model]!r}",
         {INPUT: 640, OUTPUT: 205, "response_data": json.dumps({"usage": CLAUDE})},
         (1050, 305, 105, 205, None)),
    ],
)  # fmt: skip
def test_an_answer_that_logfire_keeps_whole(
    name: str, told: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    asked = {"gen_ai.request.model": "gpt-4o", "request_data": '{"model": "gpt-4o"}'}
    (call,) = decoded(step(1, asked | told) | {"name": name}, scope="logfire.openai")["calls"]
    assert tokens(call) == expected


def test_a_model_call_that_a_converter_knew_no_kind_for() -> None:
    told = {"openinference.span.kind": "CHAIN", "gen_ai.operation.name": "embeddings", INPUT: 18}
    (call,) = decoded(step(1, told), scope="agent_framework")["calls"]
    assert (call["operation"], call["input_tokens_total"]) == ("embeddings", 18)
    agent = {"openinference.span.kind": "CHAIN", "gen_ai.operation.name": "invoke_agent"}
    assert decoded(step(1, agent | {INPUT: 18}), scope="agent_framework")["calls"] == []


@pytest.mark.parametrize(
    ("told", "model", "expected"),
    [
        ("api.openai.com", "mine", "openai"),
        ("mine.openai.azure.com", "gpt-4o", "azure.ai.openai"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "mine", "aws.bedrock"),
        ("127.0.0.1:4000", "claude-sonnet-4-5", "anthropic"),
        ("localhost:4000", "mine", None),
        ("llm.acme.example", "mine", "llm.acme.example"),
        ("openai.chat", "mine", "openai"),
        ("@openai-prod", "gpt-4o", "openai"),
    ],
)
def test_a_provider_told_by_its_host_or_an_account(
    told: str, model: str, expected: str | None
) -> None:
    asked = {"gen_ai.provider.name": told, "gen_ai.request.model": model}
    (call,) = decoded(step(1, CHAT | asked), scope="livekit-agents")["calls"]
    assert call["provider"] == expected


def test_a_call_that_litellm_tells_on_a_span_of_langfuse() -> None:
    span = {"langfuse.observation.type": "span", "langfuse.trace.metadata.org_id": "acme"}
    told = {"openinference.span.kind": "LLM", "llm.provider": "anthropic",
            "llm.model_name": "claude-sonnet-4-5", "llm.response.id": "chatcmpl-1",
            "llm.token_count.prompt": 1130, "llm.token_count.completion": 213}  # fmt: skip
    (call,) = decoded(step(1, span | told), scope="langfuse-sdk")["calls"]
    assert (tokens(call)[::3], call["response_id"]) == ((1130, 213), "chatcmpl-1")
    assert (call["org_id"], call["provider"]) == ("acme", "anthropic")
    assert decoded(step(1, span), scope="langfuse-sdk")["calls"] == []


def test_details_that_mirascope_tells_beside_the_convention() -> None:
    usage = {"input_tokens": 1040, "cache_read_tokens": 304, "cache_write_tokens": 104,
             "reasoning_tokens": 54}  # fmt: skip
    told = CHAT | {INPUT: 1040, OUTPUT: 204, "mirascope.response.usage": json.dumps(usage)}
    (call,) = decoded(step(1, told), scope="mirascope.llm")["calls"]
    assert tokens(call) == (1040, 304, 104, 204, 54)


@pytest.mark.parametrize(
    ("said", "operation"),
    [("Chat", "chat"), ("TextCompletion", "text_completion"), ("GenerateContent", "chat")],
)
def test_a_call_of_microsofts_agents_for_a_tenant(said: str, operation: str) -> None:
    told = {"gen_ai.operation.name": said, "gen_ai.request.model": "gpt-4o",
            "microsoft.tenant.id": "acme"}  # fmt: skip
    (call,) = decoded(step(1, told), scope="Agent365Sdk")["calls"]
    assert (call["operation"], call["org_id"]) == (operation, "acme")
