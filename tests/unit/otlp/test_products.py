"""What products send that have names of their own for a kind of span, or for whom it is."""

import json
from typing import Any

import pytest

from tests.unit.otlp.bodies import span
from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, WRITE, decoded

LAMINAR = {"lmnr.span.type": "LLM", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}
RAINDROP = "ai.telemetry.metadata.raindrop."
PROPERTIES = "lmnr.association.properties."


def test_a_call_of_laminar_and_one_that_failed() -> None:
    who = {
        f"{PROPERTIES}session_id": "s-1",
        f"{PROPERTIES}user_id": "u-1",
        f"{PROPERTIES}metadata.org_id": "acme",
        f"{PROPERTIES}metadata.feature": "search",
    }
    root = step(1, {"lmnr.span.type": "DEFAULT"} | who)
    answered = step(2, LAMINAR | who | {INPUT: 1010, OUTPUT: 201}, root)
    failed = step(3, LAMINAR | {"error.type": "RateLimitError"}, root) | {"status": {"code": 2}}
    calls = decoded(root, answered, failed, scope="lmnr.tracer")["calls"]
    assert sorted(call["status"] for call in calls) == ["error", "ok"]
    for call in calls:
        known = (call["org_id"], call["user_id"], call["conversation_id"], call["feature"])
        assert known == ("acme", "u-1", "s-1", "search")
    tool = step(1, {"lmnr.span.type": "TOOL", "gen_ai.request.model": "gpt-4o", INPUT: 9})
    assert decoded(tool, scope="lmnr.tracer")["calls"] == []


def test_a_total_of_laminar_that_counts_the_first_part_of_a_stream_twice() -> None:
    told = LAMINAR | {
        "gen_ai.system": "gemini",
        INPUT: 3011,
        OUTPUT: 111,
        READ.replace("cache_read.input", "cache_read_input"): 811,
        "llm.usage.total_tokens": 3284,
    }
    (call,) = decoded(step(1, told), scope="lmnr.tracer")["calls"]
    assert tokens(call) == (3011, 811, None, 111, None)


@pytest.mark.parametrize(
    ("told", "user", "conversation"),
    [
        ({"posthog.distinct_id": "u-1", "$session_id": "s-1"}, "u-1", "s-1"),
        ({"ai.telemetry.metadata.posthog_distinct_id": "u-1"}, "u-1", None),
        ({"wandb.thread_id": "t-1"}, None, "t-1"),
        ({"galileo.session.id": "s-1"}, None, "s-1"),
        ({"microsoft.session.id": "s-1"}, None, "s-1"),
        ({f"{RAINDROP}ai.userId": "u-1", f"{RAINDROP}convoId": "s-1"}, "u-1", "s-1"),
    ],
)
def test_who_it_is_for(told: dict[str, Any], user: str | None, conversation: str | None) -> None:
    (call,) = decoded(span(**CHAT | told), scope="x")["calls"]
    assert (call["user_id"], call["conversation_id"]) == (user, conversation)


def test_an_id_that_stands_for_none_ties_no_calls() -> None:
    """OpenAI's Agents SDK makes it up for every stream of chat completions."""
    fake = {"output.value": '[{"id": "__fake_id__", "output": [{"provider_data": '
            '{"response_id": "%s"}}]}]', "openinference.span.kind": "LLM"}  # fmt: skip
    both = [
        step(n, fake | {"output.value": fake["output.value"] % f"chatcmpl-{n}"}) for n in (1, 2)
    ]
    calls = decoded(*both, scope="openinference.instrumentation.openai_agents")["calls"]
    assert sorted(call["response_id"] for call in calls) == ["chatcmpl-1", "chatcmpl-2"]
    made = [span(n, **{"gen_ai.response.id": "__fake_id__"}) for n in (1, 2)]
    assert len(decoded(*made, scope="x")["calls"]) == 2


def test_the_answer_before_this_one_is_no_conversation() -> None:
    agent = step(1, {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": "c-1"})
    chat = step(2, CHAT | {"gen_ai.conversation.id": "resp_1"}, agent)
    (call,) = decoded(agent, chat, scope="agent_framework")["calls"]
    assert call["conversation_id"] == "c-1"


@pytest.mark.parametrize(
    ("provider", "output"), [("openai", 205), ("anthropic", 205), ("gcp.gemini", 260)]
)
def test_thoughts_that_googles_kit_adds_to_an_output_that_has_them(
    provider: str, output: int
) -> None:
    told = {"gen_ai.operation.name": "generate_content", "gen_ai.provider.name": provider,
            INPUT: 1050, OUTPUT: 260, "gen_ai.usage.reasoning.output_tokens": 55}  # fmt: skip
    (call,) = decoded(step(1, told), scope="gcp.vertex.agent")["calls"]
    assert tokens(call) == (1050, None, None, output, 55)


USAGE = {"prompt_tokens": 1050, "completion_tokens": 205,
         "prompt_tokens_details": {"cached_tokens": 305},
         "completion_tokens_details": {"reasoning_tokens": 55}}  # fmt: skip
RESPONSE = {"input_tokens": 2030, "input_tokens_details": {"cached_tokens": 703},
            "output_tokens": 403, "output_tokens_details": {"reasoning_tokens": 153}}  # fmt: skip


def message(meta: dict[str, Any]) -> str:
    return f"ChatMessage(_role=<ChatRole.ASSISTANT: 'assistant'>, _name=None, _meta={meta!r})"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"llm.token_count.prompt": 1050, "llm.token_count.completion": 205,
          "output.value": json.dumps({"replies": [message({"usage": USAGE})]})},
         (1050, 305, None, 205, 55)),
        ({"output.value": json.dumps({"replies": [message({"id": "resp_1", "usage": RESPONSE})]})},
         (2030, 703, None, 403, 153)),
        ({"openinference.span.kind": "EMBEDDING",
          "output.value": json.dumps({"meta": {"usage": {"prompt_tokens": 14}}})},
         (14, None, None, None, None)),
        ({"output.value": json.dumps({"replies": [message({"usage": None})]})}, (None,) * 5),
        ({"output.value": json.dumps({"replies": ["ChatMessage(_meta={'usage': {)"]})},
         (None,) * 5),
    ],
)  # fmt: skip
def test_an_answer_inside_what_a_component_of_haystack_returned(
    told: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    one = step(1, {"openinference.span.kind": "LLM"} | told)
    (call,) = decoded(one, scope="openinference.instrumentation.haystack")["calls"]
    assert tokens(call) == expected


def test_an_agent_of_haystack_asks_its_model_in_a_step_of_its_own() -> None:
    component = {"haystack.component.type": "Agent", "haystack.component.output": json.dumps(
        {"messages": [], "meta": {"usage": USAGE}})}  # fmt: skip
    agent = step(1, component)
    replies = json.dumps({"replies": [{"meta": {"model": "gpt-4o-mini", "usage": USAGE}}]})
    inside = step(2, {"haystack.agent.step.llm.output": replies}, agent)
    inside |= {"name": "haystack.agent.step.llm"}
    (call,) = decoded(agent, inside, scope="my_app")["calls"]
    assert (tokens(call), call["model_answered"]) == ((1050, 305, None, 205, 55), "gpt-4o-mini")
    silent = step(3, {}) | {"name": "haystack.agent.step.llm"}
    assert decoded(silent, scope="my_app")["totals"]["calls"] == 1


def test_the_request_of_codex_that_says_the_model() -> None:
    told = {INPUT: 2020, OUTPUT: 402, READ: 702, "codex.usage.total_tokens": 2422}
    turn = step(1, {"model": "gpt-5", "conversation.id": "c-1"}) | {"name": "session_task.turn"}
    asked = step(2, {"model": "gpt-5"}, turn) | {"name": "try_run_sampling_request"}
    received = step(3, {}, asked) | {"name": "receiving_stream"}
    answer = step(4, told, received) | {"name": "handle_responses"}
    (call,) = decoded(turn, asked, received, answer, scope="codex_exec")["calls"]
    assert (call["provider"], call["model_requested"]) == ("openai", "gpt-5")
    assert (tokens(call), call["conversation_id"]) == ((2020, 702, None, 402, None), "c-1")


def test_a_call_of_langwatch_and_one_that_failed() -> None:
    who = {"metadata": '{"user_id": "u-1", "thread_id": "s-1", "customer_id": "acme"}'}
    root = step(1, {"langwatch.span.type": "span"} | who)
    asked = {"langwatch.span.type": "llm", "gen_ai.request.model": "openai/gpt-4o"}
    used = {"gen_ai.usage.prompt_tokens": 1010, "gen_ai.usage.completion_tokens": 201,
            "langwatch.metrics": '{"prompt_tokens": 1010, "reasoning_tokens": 51}'}  # fmt: skip
    failed = step(3, asked, root) | {"status": {"code": 2}}
    calls = decoded(root, step(2, asked | used, root), failed, scope="langwatch")["calls"]
    assert sorted(map(tokens, calls), key=str) == [(1010, None, None, 201, 51), (None,) * 5]
    assert {(call["org_id"], call["user_id"], call["conversation_id"]) for call in calls} == {
        ("acme", "u-1", "s-1")
    }
    typed = {"langwatch.metrics": '{"type": "json", "value": {"promptTokens": 9}}'}
    (call,) = decoded(step(1, asked | typed), scope="langwatch")["calls"]
    assert tokens(call) == (9, None, None, None, None)


@pytest.mark.parametrize(
    ("told", "feature"),
    [
        ({"langfuse.trace.tags": "beta", "langfuse.trace.metadata.feature": "search"}, "search"),
        ({"langfuse.trace.tags": "beta"}, "beta"),
        ({f"{PROPERTIES}tags": "beta"}, "beta"),
    ],
)
def test_a_feature_that_is_named_and_a_tag(told: dict[str, Any], feature: str) -> None:
    (call,) = decoded(span(**told), scope="x")["calls"]
    assert call["feature"] == feature


def test_what_is_unknown_is_not_told() -> None:
    """LangChain4j and Ruby's instrumentation write it for what they do not know."""
    unknown: tuple[str, ...] = (
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.response.model",
    )
    (call,) = decoded(step(1, CHAT | dict.fromkeys(unknown, "unknown")), scope="x")["calls"]
    assert [call[name] for name in ("provider", "model_requested", "model_answered")] == [None] * 3
    other = {"gen_ai.provider.name": "OTHER", "gen_ai.request.model": "claude-sonnet-4-5"}
    (call,) = decoded(step(1, CHAT | other), scope="x")["calls"]
    assert call["provider"] == "anthropic"


@pytest.mark.parametrize(
    ("provider", "known", "total"),
    [("anthropic", "anthropic", 3515), ("aws.bedrock", "aws.bedrock", 3515),
     ("openairesponses", "openai", 2005)],
)  # fmt: skip
def test_a_call_of_pipecat(provider: str, known: str, total: int) -> None:
    told = {"gen_ai.provider.name": provider, INPUT: 2005, OUTPUT: 305, READ: 905, WRITE: 605}
    (call,) = decoded(step(1, CHAT | told), scope="pipecat")["calls"]
    assert (tokens(call), call["provider"]) == ((total, 905, 605, 305, None), known)


def test_a_call_that_confident_ai_names() -> None:
    who = {"confident.trace.user_id": "u-1", "confident.trace.thread_id": "t-1",
           "confident.trace.metadata": '{"org_id": "acme", "feature": "search"}'}  # fmt: skip
    told = {
        "confident.span.type": "llm",
        "confident.llm.model": "gpt-4o",
        "confident.llm.input_token_count": 9,
        "confident.llm.output_token_count": 4,
    }
    root = step(1, {"confident.span.type": "agent"} | who)
    (call,) = decoded(root, step(2, told, root), scope="x")["calls"]
    assert (tokens(call)[::3], call["provider"]) == ((9, 4), "openai")
    known = (call["org_id"], call["user_id"], call["conversation_id"], call["feature"])
    assert known == ("acme", "u-1", "t-1", "search")


def test_the_context_of_a_flow_of_genkit() -> None:
    context = '{"auth": "<redacted>", "org_id": "acme", "session_id": "s-1"}'
    flow = step(1, {"genkit:metadata:subtype": "flow", "genkit:metadata:context": context})
    told = {"genkit:metadata:subtype": "model", "genkit:name": "openai/gpt-4o"}
    (call,) = decoded(flow, step(2, told, flow), scope="genkit-tracer")["calls"]
    assert (call["org_id"], call["conversation_id"]) == ("acme", "s-1")


def test_a_call_of_judgment_once_though_it_is_sent_while_it_runs() -> None:
    usage = "judgment.usage."
    told = {"judgment.span_kind": "llm", "judgment.llm.model": "gpt-4o",
            "judgment.customer_id": "acme", "judgment.session_id": "s-1"}  # fmt: skip
    used = {f"{usage}non_cached_input_tokens": 718, f"{usage}cache_read_input_tokens": 302,
            f"{usage}output_tokens": 202, f"{usage}metadata": json.dumps(USAGE)}  # fmt: skip
    running = [step(1, told | {"judgment.update_id": n}) for n in range(3)]
    (call,) = decoded(*running, step(1, told | used), scope="judgeval")["calls"]
    assert tokens(call) == (1020, 302, None, 202, 55)
    assert (call["org_id"], call["conversation_id"], call["provider"]) == ("acme", "s-1", "openai")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({INPUT: 90, OUTPUT: 40, "gen_ai.usage.cache_read_tokens": 30,
          "gen_ai.usage.cache_write_tokens": 20, "gen_ai.usage.reasoning_output_tokens": 10},
         (90, 30, 20, 40, 10)),
        ({INPUT: 90, OUTPUT: 40, "gen_ai.usage.input_tokens_details.cached_tokens": 30,
          "gen_ai.usage.output_tokens_details.reasoning_tokens": 10}, (90, 30, None, 40, 10)),
        ({"llm.usage.prompt_tokens": 90, "llm.usage.completion_tokens": 40,
          "llm.usage.cache_read_input_tokens": 30,
          "llm.usage.cache_creation_input_tokens": 20}, (90, 30, 20, 40, None)),
    ],
)  # fmt: skip
def test_other_names_of_tokens(told: dict[str, Any], expected: tuple[int | None, ...]) -> None:
    (call,) = decoded(step(1, {"gen_ai.operation.name": "chat_streaming"} | told), scope="my_app")[
        "calls"
    ]
    assert tokens(call) == expected


@pytest.mark.parametrize(
    ("provider", "told", "expected"),
    [
        ("openai", {INPUT: 1050, OUTPUT: 205, "gen_ai.completion_json": json.dumps(
            {"id": "r-1", "usage": USAGE})}, (1050, 305, None, 205, 55)),
        ("anthropic", {INPUT: 100, OUTPUT: 40, "gen_ai.completion_json": json.dumps(
            {"id": "r-1", "usage": {"input_tokens": 100, "cache_read_input_tokens": 30,
                                    "cache_creation_input_tokens": 20}})},
         (150, 30, 20, 40, None)),
    ],
)  # fmt: skip
def test_a_call_of_cloudflares_gateway(
    provider: str, told: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    asked = {"gen_ai.model.provider": provider, "gen_ai.request.model": "m", "user_id": 7}
    (call,) = decoded(step(1, asked | told), scope="ai-gateway")["calls"]
    assert (tokens(call), call["provider"]) == (expected, provider)
    assert (call["response_id"], call["user_id"]) == ("r-1", "7")


def test_a_call_of_langchain4j() -> None:
    told = CHAT | {"gen_ai.provider.name": "GOOGLE_VERTEX_AI_ANTHROPIC", "outcome": "SUCCESS",
                   "gen_ai.request.model": "claude-sonnet-4-5", "input_tokens": "90",
                   "gen_ai.response.model": "unknown", "output_tokens": "40"}  # fmt: skip
    (call,) = decoded(step(1, told), scope="org.springframework.boot")["calls"]
    assert (tokens(call), call["provider"]) == ((90, None, None, 40, None), "gcp.vertex_ai")
    assert (call["model_requested"], call["model_answered"]) == ("claude-sonnet-4-5", None)
