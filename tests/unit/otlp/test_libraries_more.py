"""More of what single libraries do unlike the others: spans as they really sent them, shortened."""

import json
from typing import Any

import pytest

from tests.unit.otlp.bodies import span
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, TOKENS, WRITE, decoded, only

LLM = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 1475,
       "llm.token_count.completion": 75}  # fmt: skip
REASONING = "gen_ai.usage.reasoning_tokens"
OPENLIT_GOOGLE = "openlit.instrumentation.google_ai_studio"
AG2 = "opentelemetry.instrumentation.ag2"
OPENAI_USAGE = {
    "prompt_tokens": 1688, "completion_tokens": 458,
    "prompt_tokens_details": {"cached_tokens": 494},
    "completion_tokens_details": {"reasoning_tokens": 214},
}  # fmt: skip
RESPONSES_USAGE = {
    "input_tokens": 1475, "input_tokens_details": {"cached_tokens": 325}, "output_tokens": 75,
    "output_tokens_details": {"reasoning_tokens": 30},
}  # fmt: skip
ANTHROPIC_USAGE = {"input_tokens": 1025, "output_tokens": 75, "cache_read_input_tokens": 325,
                   "cache_creation_input_tokens": 125}  # fmt: skip
ANTHROPIC_META = {"usage": {"prompt_tokens": 1025, "completion_tokens": 75,
                            "cache_read_input_tokens": 325}}  # fmt: skip
VERCEL_BEDROCK = {
    "ai.operationId": "ai.streamText.doStream", INPUT: 1458, OUTPUT: 508,
    "ai.response.providerMetadata": '{"bedrock": {"usage": {"cacheWriteInputTokens": 558}}}',
}  # fmt: skip


def answer(**told: Any) -> dict[str, str]:
    return {"output.value": json.dumps(told)}


def genkit(output: Any) -> dict[str, str]:
    return {"genkit:metadata:subtype": "model", "genkit:name": "googleai/gemini-2.5-flash",
            "genkit:output": json.dumps(output)}  # fmt: skip


def component(kind: str, output: Any) -> dict[str, str]:
    return {"haystack.component.type": kind, "haystack.component.output": json.dumps(output)}


@pytest.mark.parametrize(
    ("scope", "told", "expected"),
    [
        ("openlit.instrumentation.bedrock",
         CHAT | {INPUT: 1369, OUTPUT: 419, READ: 669, WRITE: 469}, (2507, 669, 469, 419, None)),
        (OPENLIT_GOOGLE, CHAT | {"gen_ai.provider.name": "gemini", INPUT: 1510, OUTPUT: 155,
                                 REASONING: 125}, (1510, None, None, 280, 125)),
        (AG2, CHAT | {"gen_ai.provider.name": "anthropic", INPUT: 1360, OUTPUT: 410,
                      "gen_ai.usage.cache_read_input_tokens": 660,
                      "gen_ai.usage.cache_creation_input_tokens": 460},
         (2480, 660, 460, 410, None)),
        (AG2, CHAT | {"gen_ai.provider.name": "google", INPUT: 20, OUTPUT: 5,
                      "gen_ai.usage.thinking_tokens": 7}, (20, None, None, 12, 7)),
        (AG2, CHAT | {"gen_ai.provider.name": "openai", INPUT: 20, OUTPUT: 12,
                      "gen_ai.usage.thinking_tokens": 7}, (20, None, None, 12, 7)),
        ("openinference.instrumentation.bedrock", LLM | answer(usage=ANTHROPIC_USAGE),
         (1475, 325, 125, 75, None)),
        ("x", LLM | {"llm.token_count.prompt": 1025} | answer(usage=ANTHROPIC_USAGE),
         (1475, 325, 125, 75, None)),
        ("openinference.instrumentation.openai", LLM | answer(usage=RESPONSES_USAGE),
         (1475, 325, None, 75, 30)),
        ("openinference.instrumentation.mistralai", LLM | answer(data={"usage": OPENAI_USAGE}),
         (1475, 494, None, 75, 214)),
        ("openinference.instrumentation.vertexai",
         LLM | {"llm.provider": "google", "llm.token_count.total": 1614}
         | answer(usage_metadata={"cached_content_token_count": 344, "thoughts_token_count": 64}),
         (1475, 344, None, 139, 64)),
        ("mlflow.tracing.provider",
         {"mlflow.spanType": '"CHAT_MODEL"',
          "mlflow.spanOutputs": json.dumps({"usage": OPENAI_USAGE}),
          "mlflow.chat.tokenUsage": '{"input_tokens": 1688, "output_tokens": 458}'},
         (1688, 494, None, 458, 214)),
        ("mlflow.tracing.provider",
         {"mlflow.spanType": '"EMBEDDING"',
          "mlflow.spanOutputs": '{"usage": {"prompt_tokens": 9}}'},
         (9, None, None, None, None)),
        ("my_app",
         component("OpenAIChatGenerator", {"replies": [{"meta": {"usage": OPENAI_USAGE}}]}),
         (1688, 494, None, 458, 214)),
        ("my_app", component("OpenAIGenerator", {"meta": [{"usage": OPENAI_USAGE}]}),
         (1688, 494, None, 458, 214)),
        ("my_app", component("AnthropicChatGenerator", {"replies": [{"meta": ANTHROPIC_META}]}),
         (1350, 325, None, 75, None)),
        ("my_app", component("CohereTextEmbedder", {"meta": {"usage": {"prompt_tokens": 9}}}),
         (9, None, None, None, None)),
        ("genkit-tracer", genkit({"usage": {
            "inputTokens": 3344, "outputTokens": 1072, "thoughtsTokens": 1042, "totalTokens": 5458,
            "cachedContentTokens": 1322}}), (3344, 1322, None, 2114, 1042)),
        ("genkit-tracer", genkit({"usage": {"inputTokens": 1688, "outputTokens": 458},
                                  "raw": {"usage": OPENAI_USAGE}}), (1688, 494, None, 458, 214)),
        ("genkit-tracer", genkit({"usage": {"inputTokens": 1025, "outputTokens": 75},
                                  "custom": {"usage": ANTHROPIC_USAGE}}),
         (1475, 325, 125, 75, None)),
        ("@arizeai/openinference-instrumentation-langchain",
         LLM | answer(generations=[[{"message": {"kwargs": {"usage_metadata": {
             "input_token_details": {"cache_creation": 125, "cache_read": 325}}}}}]]),
         (1475, 325, 125, 75, None)),
        ("logfire.openai", CHAT | {INPUT: 1475, OUTPUT: 75,
                                   "gen_ai.usage.raw": json.dumps(RESPONSES_USAGE)},
         (1475, 325, None, 75, 30)),
        ("logfire.anthropic", CHAT | {INPUT: 1475, OUTPUT: 75,
                                      "gen_ai.usage.raw": json.dumps(ANTHROPIC_USAGE)},
         (1475, 325, 125, 75, None)),
        ("logfire.openai_agents", CHAT | {INPUT: 1475, OUTPUT: 75,
                                          "usage": json.dumps(RESPONSES_USAGE)},
         (1475, 325, None, 75, 30)),
        ("openlit.instrumentation.litellm", CHAT | {INPUT: 0, OUTPUT: 0}, (None,) * 5),
        ("ai", VERCEL_BEDROCK | {"ai.response.id": "aitxt-a", "ai.usage.cachedInputTokens": 758},
         (2774, 758, 558, 508, None)),
        ("@arizeai/openinference-instrumentation-bedrock",
         LLM | {"llm.provider": "aws", "llm.token_count.total": 2000},
         (1925, None, None, 75, None)),
        ("ai", VERCEL_BEDROCK | {"ai.response.id": "r-1", INPUT: 2016},
         (2016, None, 558, 508, None)),
    ],
)  # fmt: skip
def test_tokens(scope: str, told: dict[str, Any], expected: tuple[int | None, ...]) -> None:
    (call,) = decoded(only(span(**told), *told), scope=scope)["calls"]
    assert tuple(call[name] for name in TOKENS) == expected


def test_usage_that_ag2_tells_again_is_no_call() -> None:
    usages = {"gen_ai.response.model": "gpt-4o", INPUT: 10, OUTPUT: 5}
    for kind, calls in (("model_call", 0), ("subtask", 0), ("compaction", 1), ("aggregation", 1)):
        told = {"ag2.usage.kind": kind} | usages
        one = only(span(**told), *told) | {"name": f"record_usage {kind}"}
        assert len(decoded(one, scope=AG2)["calls"]) == calls


@pytest.mark.parametrize(
    ("name", "told", "operation"),
    [
        ("chat_completion_v1_chat_completions_post", {}, "chat"),
        ("stream_chat", {}, "chat"),
        ("agents_completion_v1_agents_completions_post", {}, "chat"),
        ("embeddings_v1_embeddings_post", {INPUT: 9}, "embeddings"),
        ("models_v1_models_get", {}, None),
        ("invoke_agent helper", {"gen_ai.operation.name": "invoke_agent", INPUT: 9}, "chat"),
        ("chat mistral-large", {"gen_ai.operation.name": "chat"}, "chat"),
        ("create_agent helper", {"gen_ai.operation.name": "create_agent"}, None),
    ],
)  # fmt: skip
def test_a_request_of_mistrals_sdk(name: str, told: dict[str, Any], operation: str | None) -> None:
    told = told | {"http.request.method": "POST", "gen_ai.request.model": "mistral-large"}
    one = only(span(**told), *told) | {"name": name}
    calls = decoded(one, scope="mistralai_sdk_tracer")["calls"]
    assert [call["operation"] for call in calls] == ([operation] if operation else [])


def test_a_message_in_an_answer_of_mistrals_agents_is_no_call() -> None:
    one = only(span(**CHAT), *CHAT) | {"name": "chat mistral-large"}
    assert decoded(one, scope="mistralai_sdk_tracer")["calls"] == []
    tool = span(**{"gen_ai.operation.name": "execute_tool"})
    assert decoded(tool, scope="mistralai_sdk_tracer")["calls"] == []


@pytest.mark.parametrize(
    "kind", ["TransformersChatGenerator", "SentenceTransformersTextEmbedder", "PromptBuilder"]
)
def test_a_component_of_haystack_that_asks_no_provider_is_no_call(kind: str) -> None:
    told = component(kind, {})
    assert decoded(only(span(**told), *told), scope="my_app")["calls"] == []


def test_a_failed_call_of_langsmith_says_so_in_what_langchain_made_of_it() -> None:
    made = {"generations": [[{"message": {"kwargs": {"response_metadata": {"status_code": 429}}}}]]}
    told = {"langsmith.span.kind": "llm", "langsmith.span.tags": "graph:step:1, support",
            "gen_ai.completion": json.dumps(made)}  # fmt: skip
    (call,) = decoded(only(span(**told), *told), scope="langsmith")["calls"]
    assert (call["status"], call["feature"]) == ("error", "support")


def test_an_error_type_that_is_the_repr_of_a_class() -> None:
    one = span(**{"error.type": "<class 'app.errors.RateLimit'>"})
    (call,) = decoded(one, scope="semantic_kernel")["calls"]
    assert call["error_type"] == "app.errors.RateLimit"


@pytest.mark.parametrize(
    ("scope", "told", "expected"),
    [
        ("mlflow.tracing.provider", {"gen_ai.provider.name": "us", "gen_ai.response.model":
                                     "us.anthropic.claude-sonnet-4-5-v1:0"}, "aws.bedrock"),
        ("openlit.instrumentation.groq", {"gen_ai.request.model": "openai/gpt-oss-120b"}, "groq"),
        ("openlit.instrumentation.litellm", {"gen_ai.provider.name": "litellm",
                                             "gen_ai.request.model": "groq/llama-3.3-70b",
                                             "gen_ai.response.model": "llama-3.3-70b"}, "groq"),
        ("openinference.instrumentation.portkey",
         {"gen_ai.request.model": "@anthropic/sonnet"}, "anthropic"),
        ("@traceloop/instrumentation-cohere", {"gen_ai.request.model": "mine"}, "cohere"),
        ("opentelemetry.instrumentation.bedrock", {"gen_ai.system": "anthropic"}, "aws.bedrock"),
        ("openinference.instrumentation.openai", {"gen_ai.request.model": "claude-sonnet-4-5"},
         "anthropic"),
    ],
)  # fmt: skip
def test_the_provider(scope: str, told: dict[str, Any], expected: str) -> None:
    (call,) = decoded(only(span(**CHAT | told), *CHAT, *told), scope=scope)["calls"]
    assert call["provider"] == expected


def test_an_answer_with_tokens_has_not_failed_whatever_its_finish_reason() -> None:
    """LangChain names none for OpenAI's responses, and its instrumentation says "error" then."""
    (call,) = decoded(span(**{"gen_ai.response.finish_reasons": "error"}), scope="x")["calls"]
    assert call["status"] == "ok"


def test_a_request_to_bedrock_of_which_traceloop_says_the_model_alone() -> None:
    told = {"gen_ai.provider.name": "aws.bedrock", "gen_ai.request.model": "claude-sonnet-4-5"}
    one = only(span(**told), *told) | {"name": "bedrock.completion"}
    scope = "@traceloop/instrumentation-bedrock"
    (call,) = decoded(one, scope=scope)["calls"]
    assert (call["operation"], call["input_tokens_total"]) == ("text_completion", None)
    assert decoded(one | {"name": "bedrock.create"}, scope=scope)["calls"] == []
    assert decoded(one, scope="my_app")["calls"] == []


def test_a_failed_request_of_logfire_says_what_it_was_in_its_template() -> None:
    told = {"gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o"}
    template = "Chat completion with {gen_ai.request.model!r}"
    one = only(span(**told), *told) | {"name": template, "status": {"code": 2}}
    (call,) = decoded(one, scope="logfire.openai_agents")["calls"]
    assert (call["operation"], call["status"]) == ("chat", "error")
    assert decoded(one | {"name": "Turn {turn}"}, scope="logfire.openai_agents")["calls"] == []


@pytest.mark.parametrize(
    ("model", "operation"),
    [("text-embedding-3-small", "embeddings"), ("rerank-v3.5", "rerank"), ("gpt-4o", "chat")],
)
def test_a_generation_of_a_model_that_writes_no_text(model: str, operation: str) -> None:
    told = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": model}
    (call,) = decoded(only(span(**told), *told), scope="langfuse-sdk")["calls"]
    assert call["operation"] == operation


def test_a_request_of_claude_code() -> None:
    told = {"span.type": "llm_request", "gen_ai.request.model": "claude-opus-4-8[1m]",
            "gen_ai.system": "anthropic", "input_tokens": 1996, "output_tokens": 1046,
            "cache_read_tokens": 1296, "cache_creation_tokens": 1096,
            "session.id": "s-1"}  # fmt: skip
    scope = "com.anthropic.claude_code.tracing"
    (call,) = decoded(only(span(**told), *told), scope=scope)["calls"]
    assert tuple(call[name] for name in TOKENS) == (4388, 1296, 1096, 1046, None)
    assert (call["conversation_id"], call["status"]) == ("s-1", "ok")
    failed = only(span(**told | {"status_code": 429}), *told, "status_code")
    assert decoded(failed, scope=scope)["totals"]["failed"] == 1
    around = only(span(**told | {"span.type": "interaction"}), *told)
    assert decoded(around, scope=scope)["calls"] == []


def test_the_usage_that_codex_tells_where_it_handled_the_answer() -> None:
    told = {INPUT: 3296, OUTPUT: 2066, READ: 1298, "codex.usage.total_tokens": 5362,
            "codex.usage.reasoning_output_tokens": 1018}  # fmt: skip
    one = only(span(**told), *told) | {"name": "handle_responses"}
    (call,) = decoded(one, scope="codex_exec")["calls"]
    assert tuple(call[name] for name in TOKENS) == (3296, 1298, None, 2066, 1018)


def test_a_call_of_gemini_cli() -> None:
    one = span(**{"gen_ai.operation.name": "llm_call"})
    (call,) = decoded(one, scope="gemini-cli")["calls"]
    assert call["operation"] == "chat"


def test_a_span_of_beeai_that_only_says_what_went_wrong_is_no_call() -> None:
    failed = span(1, **LLM) | {"status": {"code": 2}}
    said = span(2, **{"openinference.span.kind": "LLM"}) | {
        "name": "error", "traceId": failed["traceId"], "parentSpanId": failed["spanId"],
    }  # fmt: skip
    (call,) = decoded(failed, said, scope="openinference.instrumentation.beeai")["calls"]
    assert (call["span_id"], call["status"]) == (failed["spanId"], "error")


def test_a_chat_that_traceloop_calls_a_completion() -> None:
    told = {"llm.request.type": "completion", "gen_ai.system": "Anthropic"}
    one = only(span(**told), *told) | {"name": "anthropic.chat"}
    scope = "opentelemetry.instrumentation.anthropic"
    assert decoded(one, scope=scope)["calls"][0]["operation"] == "chat"
    completion = one | {"name": "anthropic.completion"}
    assert decoded(completion, scope=scope)["calls"][0]["operation"] == "text_completion"
