"""What only the whole response of an API tells: tools, grounding, keys of one's own, streams."""

from typing import Any

import pytest

from schemas.dead import Refusal
from services.pricing.usage import Reading, normalise


def told(flavour: str, payload: dict[str, Any]) -> Reading:
    reading = normalise(flavour, payload)
    assert isinstance(reading, Reading), reading
    return reading


def grounded(version: str, *answers: dict[str, Any]) -> dict[str, int | str]:
    payload = {
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 6, "totalTokenCount": 11},
        "candidates": [{"groundingMetadata": answer} for answer in answers],
        "modelVersion": version,
    }
    return {
        name: value
        for name, value in told("google.gemini", payload).quantities.items()
        if name.endswith("_search")
    }


def test_grounding_is_billed_by_query_from_gemini_3_on_and_by_answer_before() -> None:
    searched = {"webSearchQueries": ["a", "b"]}
    assert grounded("gemini-3.5-flash", searched) == {"web_search": 2}
    assert grounded("gemini-2.5-flash", searched) == {"web_search": 1}
    assert grounded("models/gemini-2.0-flash", searched, searched) == {"web_search": 1}
    assert grounded("gemini-3.5-flash", {}) == {}
    assert grounded("gemini-3.5-flash", {"groundingChunks": [{"maps": {}}, {"web": {}}]}) == {
        "maps_search": 1
    }


@pytest.mark.parametrize(
    ("named", "served"),
    [
        ({"serviceTier": "PRIORITY"}, {"service_tier": "priority"}),
        ({"serviceTier": "SERVICE_TIER_UNSPECIFIED"}, {}),
        ({"trafficType": "TRAFFIC_TYPE_UNSPECIFIED"}, {}),
        ({"traffic_type": "TrafficType.ON_DEMAND_FLEX"}, {"service_tier": "flex"}),
    ],
)
def test_a_tier_of_google_that_says_nothing_is_none(
    named: dict[str, str], served: dict[str, str]
) -> None:
    assert told("google.vertex", {"promptTokenCount": 5, **named}).served == served


XAI = {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}


@pytest.mark.parametrize(
    ("used", "details", "expected"),
    [
        (0, None, {}),
        (3, {"web_search_calls": 2, "code_interpreter_calls": 1},
         {"web_search": 2, "code_session": 1}),
        (3, {"web_search_calls": 1, "x_search_calls": 2}, {"web_search": 3}),
        (3, {"web_search_calls": 1, "document_search_calls": 2}, {"web_search": 1, "request": 2}),
        (2, {"file_search_calls": 1, "mcp_calls": 1}, {"file_search": 1}),
        (4, None, {"request": 4}),
    ],
)  # fmt: skip
def test_tools_that_xai_ran_are_never_left_out(
    used: int, details: dict[str, int] | None, expected: dict[str, int]
) -> None:
    usage = XAI | {"num_server_side_tools_used": used, "num_sources_used": 0}
    reading = told("xai.responses", usage | {"server_side_tool_usage_details": details})
    assert reading.quantities == {"input": 5, "output": 6} | expected


def test_a_key_of_ones_own_is_not_billed_at_the_prices_of_openrouter() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}
    assert told("openrouter.chat", usage | {"is_byok": True}).served == {"service_tier": "byok"}
    assert told("openrouter.chat", usage | {"is_byok": False}).served == {}
    searched = told("openrouter.chat", usage | {"server_tool_use": {"web_search_requests": 2}})
    assert searched.quantities["web_search"] == 2


def test_an_image_made_by_a_tool_is_counted_so_that_it_is_not_free() -> None:
    made = {"usage": XAI, "output": [{"type": "image_generation_call"}]}
    assert told("openai.responses", made).quantities["image"] == 1


@pytest.mark.parametrize(
    ("tool", "effort", "counted"),
    [
        ("web_search", None, "web_search"),
        ("web_search_preview", "medium", "web_search"),
        ("web_search_preview", None, "request"),
        ("web_search_preview_2025_03_11", None, "request"),
    ],
)
def test_searches_of_the_preview_are_told_apart_for_models_that_do_not_reason(
    tool: str, effort: str | None, counted: str
) -> None:
    body = {"usage": XAI, "output": [{"type": "web_search_call"}], "tools": [{"type": tool}]}
    reading = told("openai.responses", body | {"reasoning": {"effort": effort}})
    assert reading.quantities == {"input": 5, "output": 6, counted: 1}


START = {
    "type": "message_start",
    "message": {"id": "m1", "model": "claude", "usage": {"input_tokens": 5, "output_tokens": 1}},
}


def test_a_stream_tells_its_model_and_its_output_at_its_end() -> None:
    end = {"type": "message_delta", "usage": {"output_tokens": 9}}
    reading = told("anthropic.stream", {"events": [START, {"type": "ping"}, end]})
    assert reading.quantities == {"input": 5, "output": 9}
    assert (reading.response_model, reading.response_id) == ("claude", "m1")
    last = {"type": "message_delta", "usage": {"input_tokens": 5, "output_tokens": 9}}
    assert told("anthropic.stream", last).quantities == {"input": 5, "output": 9}


@pytest.mark.parametrize(
    ("flavour", "payload", "field"),
    [
        ("anthropic.stream", {"events": [START]}, "events"),
        ("openai.chat", {"prompt_tokens": 5, "completion_tokens": 6, "completion_tokens_details":
                         {"accepted_prediction_tokens": 4, "rejected_prediction_tokens": 3}},
         "completion_tokens"),
        ("mistral.chat", {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 9,
                          "prompt_audio_seconds": 3}, "total_tokens"),
        ("deepseek.chat", {"prompt_tokens": 5, "completion_tokens": 6,
                           "prompt_cache_miss_tokens": 6}, "prompt_cache_miss_tokens"),
        ("otel.genai", {"llm.token_count.prompt": 5, "llm.token_count.completion": 6,
                        "llm.token_count.total": 20}, "total_tokens"),
    ],
)  # fmt: skip
def test_contradiction_is_refused(flavour: str, payload: dict[str, Any], field: str) -> None:
    refusal = normalise(flavour, payload)
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.reason, refusal.field) == ("usage_invalid", f"usage_payload.{field}")


def test_a_line_of_the_results_of_a_batch_is_a_batch() -> None:
    body = {"model": "m1", "usage": {"prompt_tokens": 5, "completion_tokens": 6}}
    line = {"custom_id": "a", "response": {"status_code": 200, "body": body}}
    reading = told("openai.chat", line)
    assert (reading.served, reading.response_model) == ({"processing": "batch"}, "m1")
    assert told("openai.chat", body).served == {}


def test_names_of_openinference_are_read() -> None:
    reading = told(
        "otel.genai",
        {"llm.token_count.prompt": 10, "llm.token_count.completion": 6,
         "llm.token_count.total": 16, "llm.token_count.prompt_details.cache_read": 4,
         "llm.token_count.completion_details.reasoning": 2},
    )  # fmt: skip
    assert reading.quantities == {"input": 6, "cache_read": 4, "output": 4, "reasoning": 2}


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (None, {"input": 20, "cache_read": 80, "output": 7, "reasoning": 3}),
        (110, {"input": 20, "cache_read": 80, "output": 7, "reasoning": 3}),
        (190, {"input": 100, "cache_read": 80, "output": 7, "reasoning": 3}),
        (113, {"input": 20, "cache_read": 80, "output": 10, "reasoning": 3}),
    ],
)
def test_a_total_shows_what_an_emitter_counts_beside(
    total: int | None, expected: dict[str, int]
) -> None:
    attributes = {
        "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 80,
        "gen_ai.usage.reasoning.output_tokens": 3, "gen_ai.usage.total_tokens": total,
    }  # fmt: skip
    assert told("otel.genai", attributes).quantities == expected
