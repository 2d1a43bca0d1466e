"""Agents: sums that no other span tells, requests to those of a provider, spans that are events."""

import json
from typing import Any

import pytest

from tests.unit.otlp.bodies import any_value, span
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, TOKENS, WRITE, decoded, only

AGENT = {"gen_ai.operation.name": "invoke_agent"}
CLAUDE = "openinference.instrumentation.claude_agent_sdk"
CLAUDE_RUN = {
    "openinference.span.kind": "AGENT", "llm.model_name": "claude-sonnet-4-5",
    "llm.token_count.prompt": 3740, "llm.token_count.completion": 274,
    "llm.token_count.prompt_details.cache_read": 1074,
    "llm.token_count.prompt_details.cache_write": 574,
}  # fmt: skip
FOUNDRY = AGENT | {
    "gen_ai.provider.name": "microsoft.foundry", "gen_ai.response.model": "gpt-4o-mini",
    "gen_ai.response.id": "resp_1", INPUT: 30, OUTPUT: 7,
}  # fmt: skip
RUN = {"gen_ai.system": "az.ai.agents", "gen_ai.thread.run.id": "run_1",
       "gen_ai.thread.id": "thread_1", "gen_ai.response.model": "gpt-4o-mini"}  # fmt: skip


def step(n: int, told: dict[str, Any], above: dict[str, Any] | None = None) -> dict[str, Any]:
    """A span with these attributes alone, inside another one."""
    one = only(span(n, **told), *told) | {"name": "step"}
    inside = {"traceId": above["traceId"], "parentSpanId": above["spanId"]} if above else {}
    return one | inside


def tokens(call: dict[str, Any]) -> tuple[int | None, ...]:
    return tuple(call[name] for name in TOKENS)


def test_an_agent_counts_where_its_library_tells_no_call_inside_it() -> None:
    run = step(1, CLAUDE_RUN)
    (call,) = decoded(run, scope=CLAUDE)["calls"]
    assert (call["operation"], call["provider"]) == ("chat", "anthropic")
    assert tokens(call) == (3740, 1074, 574, 274, None)
    inside = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 9,
              "llm.token_count.completion": 4}  # fmt: skip
    both = decoded(run, step(2, inside, run), step(3, inside, run), scope=CLAUDE)
    assert [call["input_tokens_total"] for call in both["calls"]] == [9, 9]
    assert decoded(run, scope="openinference.instrumentation.agno")["calls"] == []
    silent = {"openinference.span.kind": "AGENT", "llm.model_name": "claude-sonnet-4-5"}
    assert decoded(step(1, silent), scope=CLAUDE)["calls"] == []


def test_an_agent_tells_in_full_what_the_call_inside_it_tells_in_part() -> None:
    scope = "logfire.claude_agent_sdk"
    known = {INPUT: 3810, OUTPUT: 281, READ: 1081, WRITE: 581}
    run = step(1, AGENT | known | {"gen_ai.response.model": "claude-sonnet-4-5"})
    part = {name.replace("usage.", "usage.partial."): value for name, value in known.items()}
    told = CHAT | part | {"gen_ai.usage.partial.output_tokens": 1, "gen_ai.response.id": "msg_1"}
    inside = step(2, told, run)
    (call,) = decoded(run, inside, scope=scope)["calls"]
    assert (tokens(call), call["response_id"]) == ((3810, 1081, 581, 281, None), "msg_1")
    other = step(3, told | {"gen_ai.response.id": "msg_2"}, run)
    calls = decoded(run, inside, other, scope=scope)["calls"]
    assert [tokens(call) for call in calls] == [(3810, 1081, 581, 1, None)] * 2


def test_an_agent_of_openlit_knows_the_output_of_the_call_inside_it() -> None:
    scope = "openlit.instrumentation.claude_agent_sdk"
    known = {INPUT: 3810, OUTPUT: 281, READ: 1081, WRITE: 581, "gen_ai.system": "anthropic"}
    run = step(1, AGENT | known)
    (call,) = decoded(run, step(2, CHAT | known | {OUTPUT: 1}, run), scope=scope)["calls"]
    assert tokens(call) == (3810, 1081, 581, 281, None)


def test_the_sum_of_a_crew_counts_where_its_calls_are_not_told() -> None:
    metrics = {"prompt_tokens": 13190, "cached_prompt_tokens": 2719, "completion_tokens": 1119,
               "reasoning_tokens": 819, "cache_creation_tokens": 0}  # fmt: skip
    crew = step(1, AGENT | {"crewai.crew.usage_metrics": str(metrics)})
    scope = "opentelemetry.instrumentation.crewai.instrumentation"
    (call,) = decoded(crew, scope=scope)["calls"]
    assert tokens(call) == (13190, 2719, 0, 1119, 819)
    model = step(2, CHAT | {"gen_ai.request.model": "gpt-4o", INPUT: 9, OUTPUT: 4}, crew)
    (call,) = decoded(crew, model, scope=scope)["calls"]
    assert tokens(call) == (9, None, None, 4, None)


def test_an_agent_of_agno_counts_where_traceloop_tells_its_sum_alone() -> None:
    run = {"traceloop.span.kind": "agent", "gen_ai.system": "agno", INPUT: 22610, OUTPUT: 2061,
           "gen_ai.request.model": "gpt-4o-mini"}  # fmt: skip
    agent = step(1, run)
    scope = "opentelemetry.instrumentation.agno"
    (call,) = decoded(agent, step(2, {"traceloop.span.kind": "tool"}, agent), scope=scope)["calls"]
    assert (call["provider"], tokens(call)) == ("openai", (22610, None, None, 2061, None))


def test_a_request_to_an_agent_of_azure_is_a_call() -> None:
    (call,) = decoded(step(1, FOUNDRY), scope="azure.ai.projects")["calls"]
    assert (call["operation"], call["response_id"]) == ("chat", "resp_1")
    assert call["provider"] == "azure.ai.openai"
    assert decoded(step(1, FOUNDRY), scope="agent_framework")["calls"] == []
    other = step(1, FOUNDRY | {"gen_ai.provider.name": "openai"})
    assert decoded(other, scope="app")["calls"] == []


def test_a_run_of_azures_agents_counts_once_however_often_its_state_is_asked_for() -> None:
    used = RUN | {INPUT: 30, OUTPUT: 7}
    begun = step(1, RUN | {"gen_ai.operation.name": "start_thread_run"})
    asked = [step(n, used | {"gen_ai.operation.name": "get_thread_run"}) for n in (2, 3)]
    (call,) = decoded(begun, *asked, scope="azure.ai.agents")["calls"]
    assert (call["response_id"], call["conversation_id"]) == ("run_1", "thread_1")
    assert tokens(call) == (30, None, None, 7, None)
    processed = step(4, used | {"gen_ai.operation.name": "process_thread_run"})
    assert len(decoded(processed, scope="azure.ai.agents")["calls"]) == 1


def test_a_span_of_beeai_that_is_an_event_is_no_call() -> None:
    scope = "openinference.instrumentation.beeai"
    told = {"openinference.span.kind": "LLM", "metadata.usage.cached_prompt_tokens": "1395",
            "llm.token_count.prompt": 6950, "llm.token_count.completion": 595}  # fmt: skip
    model = step(1, told)
    token = step(2, {"openinference.span.kind": "LLM", "metadata.trace.run_id": "r"}, model)
    (call,) = decoded(model, token | {"name": "new_token"}, scope=scope)["calls"]
    assert tokens(call) == (6950, 1395, None, 595, None)


def event(name: str, **told: str) -> dict[str, Any]:
    listed = [{"key": key, "value": any_value(value)} for key, value in told.items()]
    return {"name": name, "attributes": listed}


MODEL = {"model_dict.model_name": "gpt-4o-mini"}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": "7380", "prompt_tokens_details.cached_tokens": "1438",
          "prompt_tokens_details.cache_write_tokens": "null", "completion_tokens": "638",
          "completion_tokens_details.reasoning_tokens": "488"}, (7380, 1438, None, 638, 488)),
        ({"input_tokens": "100", "cache_read_input_tokens": "40", "output_tokens": "20",
          "cache_creation_input_tokens": "11"}, (151, 40, 11, 20, None)),
    ],
)  # fmt: skip
def test_what_llama_index_tells_in_events(
    usage: dict[str, str], expected: tuple[int | None, ...]
) -> None:
    answer = {f"response.raw.usage.{name}": value for name, value in usage.items()}
    ended = event("LLMChatEndEvent", **answer, **{"response.raw.id": "chatcmpl-1",
                  "response.raw.model": "gpt-4o-mini-2024-07-18"})  # fmt: skip
    events = {"events": [event("LLMChatStartEvent", **MODEL), ended]}
    (call,) = decoded(step(1, {}) | events, scope="llamaindex.opentelemetry.tracer")["calls"]
    told = (call["model_requested"], call["model_answered"], call["response_id"])
    assert told == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", "chatcmpl-1")
    assert tokens(call) == expected


def test_what_llama_index_tells_of_no_call() -> None:
    scope = "llamaindex.opentelemetry.tracer"
    assert decoded(step(1, {}), scope=scope)["calls"] == []
    failed = {"events": [event("LLMCompletionStartEvent", **MODEL)], "status": {"code": 2}}
    (call,) = decoded(step(1, {}) | failed, scope=scope)["calls"]
    assert (call["status"], call["model_requested"]) == ("error", "gpt-4o-mini")
    embedded = {"events": [event("EmbeddingStartEvent", **MODEL)]}
    assert decoded(step(1, {}) | embedded, scope=scope)["calls"][0]["operation"] == "embeddings"


def test_a_conversation_of_logfires_agents_is_their_group() -> None:
    for group, conversation in (("conv-1", "conv-1"), ("null", None)):
        told = {"group_id": group, "metadata": '{"org_id": "acme"}'}
        trace = step(1, told)
        (call,) = decoded(trace, step(2, CHAT, trace), scope="logfire.openai_agents")["calls"]
        assert (call["conversation_id"], call["org_id"]) == (conversation, "acme")


def test_newer_claude_code_tells_the_input_by_the_convention_too() -> None:
    told = {"span.type": "llm_request", "input_tokens": 2164, "cache_read_tokens": 1083,
            "cache_creation_tokens": 583, INPUT: 3830, OUTPUT: 283, READ: 1083,
            "gen_ai.usage.cache_write.input_tokens": 583}  # fmt: skip
    (call,) = decoded(step(1, told), scope="com.anthropic.claude_code.tracing")["calls"]
    assert tokens(call) == (3830, 1083, 583, 283, None)


def langfuse(usage: Any) -> dict[str, str]:
    return {"langfuse.observation.type": "generation",
            "langfuse.observation.usage_details": json.dumps(usage)}  # fmt: skip


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 100, "input_audio_tokens": 30, "output": 20, "output_audio_tokens": 5},
         (130, None, None, 25, None)),
        ({"input": 100, "input_audio_tokens": 30, "input_text_tokens": 70, "output": 20},
         (100, None, None, 20, None)),
        ({"inputTokens": 100, "cacheReadInputTokens": 40, "cacheWriteInputTokens": 11,
          "outputTokens": 20, "totalTokens": 171}, (151, 40, 11, 20, None)),
        ({"inputTokens": 100, "cachedInputTokens": 40, "outputTokens": 20, "reasoningTokens": 7},
         (100, 40, None, 20, 7)),
        ({"prompt_token_count": 140, "candidates_token_count": 20, "thoughts_token_count": 7,
          "cached_content_token_count": 40, "total_token_count": 167}, (140, 40, None, 27, 7)),
        ({"input": 100, "cache_read": 40, "cache_write": 11, "output": 20},
         (151, 40, 11, 20, None)),
        ({"input_tokens": 140, "output_tokens": 27, "input_token_details": {"cache_read": 40},
          "output_token_details": {"reasoning": 7}}, (140, 40, None, 27, 7)),
    ],
)  # fmt: skip
def test_usage_that_was_handed_to_langfuse(usage: Any, expected: tuple[int | None, ...]) -> None:
    (call,) = decoded(step(1, langfuse(usage)), scope="langfuse-sdk")["calls"]
    assert tokens(call) == expected
