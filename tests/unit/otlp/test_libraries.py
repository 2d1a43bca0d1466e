"""What single libraries do unlike the others: spans as they really sent them, shortened."""

import json
from typing import Any

import pytest

from services.ingest import decode
from tests.unit.otlp.bodies import body, span

ANTHROPIC = {"input_tokens": 1729, "cache_creation_input_tokens": 313,
             "cache_read_input_tokens": 543}  # fmt: skip
TOKENS = ("input_tokens_total", "cache_read_tokens", "cache_write_tokens", "output_tokens",
          "reasoning_tokens")  # fmt: skip


def decoded(*spans: dict[str, Any], scope: str) -> dict[str, Any]:
    told = body(*spans)
    told["resourceSpans"][0]["scopeSpans"][0]["scope"]["name"] = scope
    return decode.decode(decode.bodies(json.dumps(told).encode()))


def only(one: dict[str, Any], *names: str) -> dict[str, Any]:
    """The span with these attributes, and without what `span` adds."""
    return one | {"attributes": [item for item in one["attributes"] if item["key"] in names]}


def vercel(version_4_or_5: dict[str, Any], **told: Any) -> dict[str, Any]:
    return {
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "anthropic.messages",
        "gen_ai.usage.input_tokens": 1729, "gen_ai.usage.output_tokens": 293,
        "ai.response.providerMetadata": json.dumps({"anthropic": version_4_or_5}),
    } | told  # fmt: skip


INPUT, OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens"
CHAT = {"gen_ai.operation.name": "chat"}
BEDROCK = CHAT | {"gen_ai.provider.name": "aws.bedrock", INPUT: 1162, OUTPUT: 104, READ: 354,
                  WRITE: 124}  # fmt: skip
AGNO = {
    "openinference.span.kind": "LLM", "llm.provider": "Anthropic", "llm.token_count.prompt": 1450,
    "llm.token_count.completion": 200, "llm.token_count.prompt_details.cache_read": 450,
    "llm.token_count.prompt_details.cache_write": 220,
}  # fmt: skip
GEMINI = CHAT | {"gen_ai.provider.name": "gcp.gen_ai", INPUT: 1054, OUTPUT: 59,
                 "gen_ai.usage.total_tokens": 1122}  # fmt: skip
ADK = {
    "gen_ai.system": "gcp.vertex.agent", "gen_ai.request.model": "gemini-2.5-flash", INPUT: 1603,
    OUTPUT: 241, "gcp.vertex.agent.llm_response": json.dumps({"usage_metadata": {
        "cached_content_token_count": 501, "candidates_token_count": 241,
        "prompt_token_count": 1603, "thoughts_token_count": 10, "total_token_count": 1854}}),
}  # fmt: skip
OPENAI_METADATA = json.dumps({"openai": {"cachedPromptTokens": 520, "reasoningTokens": 8}})


@pytest.mark.parametrize(
    ("scope", "told", "expected"),
    [
        ("opentelemetry.instrumentation.bedrock", BEDROCK, (1640, 354, 124, 104, None)),
        ("opentelemetry.instrumentation.botocore.bedrock-runtime", BEDROCK,
         (1640, 354, 124, 104, None)),
        ("openinference.instrumentation.bedrock", BEDROCK, (1162, 354, 124, 104, None)),
        ("openinference.instrumentation.agno", AGNO, (2120, 450, 220, 200, None)),
        ("openinference.instrumentation.agno", AGNO | {"llm.provider": "OpenAI"},
         (1450, 450, 220, 200, None)),
        ("ai", vercel({"usage": ANTHROPIC, "cacheCreationInputTokens": 313}),
         (2585, 543, 313, 293, None)),
        ("ai", vercel({"cacheReadInputTokens": 543, "cacheCreationInputTokens": 313}),
         (2585, 543, 313, 293, None)),
        ("ai", vercel({"usage": ANTHROPIC}, **{INPUT: 2585}), (2585, 543, 313, 293, None)),
        ("ai", vercel({}, **{"ai.response.providerMetadata": OPENAI_METADATA}),
         (1729, 520, None, 293, 8)),
        ("opentelemetry.instrumentation.google_generativeai", GEMINI,
         (1054, None, None, 68, None)),
        ("x", CHAT | {INPUT: 10, OUTPUT: 5, "gen_ai.usage.reasoning.output_tokens": 7,
                      "gen_ai.usage.total_tokens": 22}, (10, None, None, 12, 7)),
        ("x", CHAT | {INPUT: 10, OUTPUT: 12, "gen_ai.usage.reasoning.output_tokens": 7,
                      "gen_ai.usage.total_tokens": 22}, (10, None, None, 12, 7)),
        ("gcp.vertex.agent", ADK, (1603, 501, None, 251, 10)),
    ],
)  # fmt: skip
def test_tokens(scope: str, told: dict[str, Any], expected: tuple[int | None, ...]) -> None:
    one = only(span(**told), *told)
    one["name"] = "call_llm" if scope == "gcp.vertex.agent" else "step"
    (call,) = decoded(one, scope=scope)["calls"]
    assert tuple(call[name] for name in TOKENS) == expected


def test_a_failed_call_of_adk_has_no_attributes() -> None:
    failed = span() | {"name": "call_llm", "attributes": [], "status": {"code": 2}}
    document = decoded(failed, scope="gcp.vertex.agent")
    assert document["totals"]["failed"] == document["totals"]["calls"] == 1
    assert decoded(failed, scope="app")["totals"]["calls"] == 0


def test_a_stream_of_logfire_is_told_by_its_log() -> None:
    answer = {"logfire.span_type": "log", "gen_ai.response.id": "chatcmpl-1"}
    request = {"logfire.span_type": "span", "request_data": '{"model":"gpt-4o"}'}
    asked, log = span(1, **request), span(2, **request | answer)
    asked["attributes"] = [item for item in asked["attributes"] if "usage" not in item["key"]]
    log |= {"traceId": asked["traceId"]}
    (call,) = decoded(asked, log, scope="logfire.openai")["calls"]
    assert call["span_id"] == log["spanId"]
    failed = asked | {"status": {"code": 2}}
    assert decoded(failed, scope="logfire.openai")["totals"]["failed"] == 1


def test_a_helper_of_llama_index_is_no_call() -> None:
    helper = span(**{"openinference.span.kind": "LLM"})
    helper["name"] = "OpenAI._prepare_chat_with_tools"
    scope = "openinference.instrumentation.llama_index"
    assert decoded(helper, scope=scope)["calls"] == []


def test_litellm_tells_openinference_collectors_the_caller_in_one_text() -> None:
    told = {
        "openinference.span.kind": "LLM", "llm.response.id": "chatcmpl-9",
        "llm.response.model": "gpt-4o-2024-08-06", "llm.model_name": "gpt-4o",
        "metadata": json.dumps({"user_api_key_org_id": "acme", "user_api_key_end_user_id": "u-1"}),
    }  # fmt: skip
    one = span(**told)
    one["attributes"] = [item for item in one["attributes"] if item["key"] != "org.id"]
    (call,) = decoded(one, scope="litellm")["calls"]
    assert (call["response_id"], call["model_answered"]) == ("chatcmpl-9", "gpt-4o-2024-08-06")
    assert (call["org_id"], call["user_id"]) == ("acme", "u-1")


def test_amazon_as_openinference_names_it() -> None:
    (call,) = decoded(span(**{"gen_ai.provider.name": "aws"}), scope="x")["calls"]
    assert call["provider"] == "aws.bedrock"


@pytest.mark.parametrize("reasons", ['["error"]', ["error"]])
def test_a_failed_call_of_mastra_says_so_in_the_finish_reason(reasons: Any) -> None:
    one = only(span(**CHAT, **{"mastra.metadata.orgId": "acme"}), *CHAT, "mastra.metadata.orgId")
    listed = {"arrayValue": {"values": [{"stringValue": reason} for reason in reasons]}}
    told = {"stringValue": reasons} if isinstance(reasons, str) else listed
    one["attributes"].append({"key": "gen_ai.response.finish_reasons", "value": told})
    (call,) = decoded(one, scope="@mastra/otel-exporter")["calls"]
    assert (call["status"], call["org_id"]) == ("error", "acme")


def test_a_call_that_failed_at_once_has_its_name_alone() -> None:
    failed = span() | {"name": "chat claude-sonnet-4-5", "attributes": [], "status": {"code": 2}}
    (call,) = decoded(failed, scope="openlit.instrumentation.anthropic")["calls"]
    told = (call["status"], call["operation"], call["provider"], call["model_requested"])
    assert told == ("error", "chat", "anthropic", "claude-sonnet-4-5")
    for other in (failed | {"name": "POST"}, failed | {"status": {}}):
        assert decoded(other, scope="openlit.instrumentation.anthropic")["calls"] == []
    assert decoded(failed, scope="app")["calls"] == []
