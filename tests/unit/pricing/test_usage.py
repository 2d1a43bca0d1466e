"""Usage payloads to disjoint quantities: every flavour, the telling reports, and laws."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead import Refusal
from schemas.usage import INPUT, TOKEN_DIMENSIONS
from services.pricing.providers import canonical
from services.pricing.usage import FLAVOURS, SYNONYMS, Reading, canonical_flavour, infer, normalise
from tests.unit.pricing.usage_table import INVALID, READ
from tests.unit.pricing.usage_table_too import READ_TOO

CASES = json.loads((Path(__file__).parents[2] / "data" / "pricing_cases.json").read_text())["cases"]


def told(flavour: str, payload: dict[str, Any]) -> Reading:
    reading = normalise(flavour, payload)
    assert isinstance(reading, Reading), reading
    return reading


@pytest.mark.parametrize(("flavour", "payload", "quantities", "served"), READ + READ_TOO)
def test_payload_is_read(
    flavour: str, payload: dict[str, Any], quantities: dict[str, Any], served: dict[str, str]
) -> None:
    reading = told(flavour, payload)
    assert {name: value for name, value in reading.quantities.items() if value} == quantities
    assert reading.served == served
    name = canonical_flavour(flavour) or ""
    assert reading.normaliser == f"{name}@{FLAVOURS[name].version}"


def test_every_flavour_is_in_the_table() -> None:
    assert {canonical_flavour(row[0]) for row in READ + READ_TOO} == set(FLAVOURS)
    assert set(SYNONYMS.values()) <= set(FLAVOURS)


@pytest.mark.parametrize(("flavour", "payload", "field"), INVALID)
def test_contradiction_is_refused_with_its_field(
    flavour: str, payload: dict[str, Any], field: str
) -> None:
    refusal = normalise(flavour, payload)
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.reason, refusal.field) == ("usage_invalid", f"usage_payload.{field}")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case_id"])
def test_golden_case_is_inferred_and_read(case: dict[str, Any]) -> None:
    payload = case["provider_usage_payload"]
    flavour = infer(canonical(case["provider"]), payload)
    assert flavour is not None
    reading = normalise(flavour, payload)
    if case["expected_outcome"] != "priced":
        assert isinstance(reading, Refusal)
        return
    assert isinstance(reading, Reading)
    expected = dict(case["usage_disjoint"])
    if case["case_id"] == "orr-01":  # no lifetime is told: the record's fallback decides
        expected["cache_write"] = expected.pop("cache_write_5m")
    assert {name: value for name, value in reading.quantities.items() if value} == expected


@pytest.mark.parametrize(
    ("provider", "payload", "flavour"),
    [
        ("openai", {"input_tokens": 1, "output_tokens": 2}, None),
        ("openai", {"usage": {"prompt_tokens": 1}}, "openai.chat"),
        ("openai", {"input_tokens": 1, "output_tokens_details": {}}, "openai.responses"),
        ("openai", {"input_tokens": 1, "input_token_details": {"cached_tokens": 1}},
         "openai.realtime"),
        ("openai", {"input_tokens": 1, "input_token_details": {"audio_tokens": 1}},
         "openai.transcription"),
        ("anthropic", {"input_tokens": 1, "input_token_details": {"cache_read": 1}},
         "langchain.usage_metadata"),
        ("gcp.vertex_ai", {"input_tokens": 1, "output_tokens": 1}, "anthropic.messages"),
        ("gcp.gemini", {"prompt_tokens": 1}, "google.openai"),
        ("our-own", {"prompt_tokens": 1}, "openai.chat"),
        ("our-own", {"gen_ai.usage.input_tokens": 1}, "otel.genai"),
        ("our-own", {"tokens": 1}, None),
        ("cohere", {"tokens": {"input_tokens": 1}}, "cohere.chat"),
        ("cohere", {"input_tokens": 1}, None),
        ("openai", {"object": "response", "usage": {"input_tokens": 1}}, "openai.responses"),
        ("groq", {"object": "response", "usage": {"input_tokens": 1}}, "openai.responses"),
        ("openrouter", {"input_tokens": 1, "input_tokens_details": {}}, "openai.responses"),
        ("azure.ai.inference", {"type": "message", "usage": {"input_tokens": 1}},
         "anthropic.messages"),
        ("deepseek", {"input_tokens": 1, "cache_read_input_tokens": 2}, "anthropic.messages"),
        ("openai", {"type": "speech.audio.done", "usage": {"input_tokens": 1}}, "openai.speech"),
        ("openai", {"object": "chat.completion", "usage": None}, "openai.chat"),
        ("mistral_ai", {"text": "a", "usage": {"prompt_audio_seconds": 3}},
         "mistral.transcription"),
        ("aws.bedrock", {"metadata": {"usage": {"inputTokens": 1}}}, "aws.bedrock.converse"),
        ("our-own", {"llm.token_count.prompt": 1}, "otel.genai"),
        ("voyage", {"total_tokens": 1}, "openai.embeddings"),
        ("our-own", {"object": "list", "usage": {"total_tokens": 1}}, "openai.embeddings"),
        ("our-own", {"total_tokens": 1}, None),
        ("aws.bedrock", {"inputTokens": 1, "outputTokens": 2}, "aws.bedrock.converse"),
        ("aws.bedrock", {"inputTokens": 1, "inputTokenDetails": {}}, "vercel.usage"),
        ("anthropic", {"promptTokens": 1}, "vercel.usage"),
        ("anthropic", {"prompt_tokens": 1, "cache_read_input_tokens": 1}, "litellm.usage"),
        ("siliconflow", {"prompt_tokens": 1, "prompt_cache_hit_tokens": 1}, "deepseek.chat"),
        ("openai", {"custom_id": "a", "response": {"body": {"usage": {"prompt_tokens": 1}}}},
         "openai.chat"),
        ("anthropic", {"custom_id": "a", "result": {"message": {"usage": {"input_tokens": 1}}}},
         "anthropic.messages"),
        ("anthropic", {"custom_id": "a", "result": {"type": "errored"}}, "openai.chat"),
        ("openai", {"custom_id": "a", "response": {"body": {"error": {"code": "x"}}}},
         "openai.chat"),
        ("anthropic", {"type": "message_start", "message": {"usage": {"input_tokens": 1}}},
         "anthropic.stream"),
        ("anthropic", {"usage": {"output_tokens": 1}}, "anthropic.messages"),
        ("aws.bedrock", {"X-Amzn-Bedrock-Input-Token-Count": "1"}, "aws.bedrock.invoke"),
        ("gcp.gemini", {"total_input_tokens": 1}, "google.interactions"),
        ("gcp.vertex_ai", {"interaction": {"usage": {"totalInputTokens": 1}}},
         "google.interactions"),
        ("perplexity", {"input_tokens": 1}, "perplexity.responses"),
        ("ibm.watsonx.ai", {"results": [{"input_token_count": 1}]}, "ibm.watsonx.generation"),
        ("alibaba_cloud", {"input_tokens": 1, "prompt_tokens_details": {}}, "openai.responses"),
        ("minimax", {"input_tokens": 1, "output_tokens": 2}, "openai.responses"),
        ("minimax", {"input_tokens": 1, "output_tokens": 2, "cached": 1}, None),
        ("cloudflare", {"result": {"usage": {"prompt_tokens": 1}}}, "openai.chat"),
        ("elevenlabs", {"characters": 1}, "openai.speech"),
        ("aws.bedrock", {"event": {"usageEvent": {"totalInputTokens": 1}}}, "aws.bedrock.sonic"),
        ("aws.bedrock", {"input_tokens": 1, "input_tokens_details": {}}, "openai.responses"),
        ("anthropic", {"input_tokens": 1, "input_tokens_details": {}}, "openai.responses"),
        ("moonshot_ai", {"choices": [{"usage": {"prompt_tokens": 1}}]}, "openai.chat"),
        ("anthropic", {"input_tokens": 1, "cache_read_tokens": 1}, "pydantic_ai.usage"),
        ("openai", {"token_usage": {"prompt_tokens": 1}}, "openai.chat"),
    ],
)  # fmt: skip
def test_flavour_is_inferred_only_where_one_reading_is_left(
    provider: str, payload: dict[str, Any], flavour: str | None
) -> None:
    assert infer(provider, payload) == flavour


def test_response_tells_model_id_and_tools() -> None:
    reading = told(
        "openai.responses",
        {
            "id": "resp_1", "model": "gpt-5-2025-08-07", "service_tier": "flex",
            "usage": {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11},
            "output": [
                {"type": "web_search_call", "action": {"type": "search"}},
                {"type": "web_search_call", "action": {"type": "open_page"}},
                {"type": "file_search_call"},
                {"type": "code_interpreter_call", "container_id": "c1"},
                {"type": "code_interpreter_call", "container_id": "c1"},
                {"type": "message"},
            ],
        },
    )  # fmt: skip
    assert reading.quantities == {
        "input": 5, "output": 6, "web_search": 1, "file_search": 1, "code_session": 1,
    }  # fmt: skip
    assert (reading.response_model, reading.response_id) == ("gpt-5-2025-08-07", "resp_1")
    assert reading.served == {"service_tier": "flex"}


def test_open_questions_are_noted_not_guessed() -> None:
    usage = {
        "prompt_tokens": 100, "completion_tokens": 1,
        "prompt_tokens_details": {"cached_tokens": 40, "audio_tokens": 30},
    }  # fmt: skip
    reading = told("openai.chat", usage | {"total_tokens": 101})
    assert reading.quantities["input"] == 30
    assert "taken as text" in reading.notes[0]
    exclusive = told(
        "otel.genai",
        {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 1,
         "gen_ai.usage.cache_read.input_tokens": 50},
    )  # fmt: skip
    assert (exclusive.quantities["input"], exclusive.quantities["cache_read"]) == (5, 50)
    assert "taken as without them" in exclusive.notes[0]


def test_reported_cost_is_kept_beside() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    assert told("openrouter.chat", usage | {"cost": 0.01665}).reported_cost == "0.01665"
    assert told("xai.chat", usage | {"cost_in_usd_ticks": 37756000}).reported_cost == "0.0037756"
    cost = {"total_cost": 0.006}
    assert told("perplexity.chat", usage | {"cost": cost}).reported_cost == "0.006"


def test_missing_is_not_zero_and_zero_is_not_missing() -> None:
    assert told("openai.chat", {}).quantities == {}
    zero = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert told("openai.chat", zero).quantities == {"input": 0, "output": 0}
    null = {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": None}
    assert told("openai.chat", null).quantities == {"input": 3, "output": 2}


def test_unknown_flavour_is_none() -> None:
    assert normalise("openai.telepathy", {}) is None


COUNTS = st.integers(0, 10**6)


@given(parts=st.lists(COUNTS, min_size=5, max_size=5), reasoning=COUNTS, text=COUNTS)
def test_chat_parts_sum_to_the_totals(parts: list[int], reasoning: int, text: int) -> None:
    fresh, read, write, audio, image = parts
    usage = {
        "prompt_tokens": sum(parts), "completion_tokens": reasoning + text,
        "total_tokens": sum(parts) + reasoning + text,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": write,
                                  "audio_tokens": audio, "image_tokens": image},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }  # fmt: skip
    found = told("openai.chat", usage).quantities
    assert sum(int(found.get(name, 0)) for name in INPUT) == sum(parts)
    assert found["input"] == fresh
    assert int(found["output"]) + int(found.get("reasoning", 0)) == reasoning + text


@given(texts=st.tuples(COUNTS, COUNTS), audios=st.tuples(COUNTS, COUNTS), thoughts=COUNTS)
def test_gemini_modalities_partition_the_prompt(
    texts: tuple[int, int], audios: tuple[int, int], thoughts: int
) -> None:
    (text, text_hit), (audio, audio_hit) = texts, audios
    prompt = text + text_hit + audio + audio_hit
    usage = {
        "promptTokenCount": prompt, "cachedContentTokenCount": text_hit + audio_hit,
        "thoughtsTokenCount": thoughts, "totalTokenCount": prompt + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": text + text_hit},
                                {"modality": "AUDIO", "tokenCount": audio + audio_hit}],
        "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": text_hit},
                               {"modality": "AUDIO", "tokenCount": audio_hit}],
    }  # fmt: skip
    found = told("google.gemini", usage).quantities
    assert (found["input"], found.get("input_audio", 0)) == (text, audio)
    assert (found.get("cache_read", 0), found.get("cache_read_audio", 0)) == (text_hit, audio_hit)
    assert (found["output"], found.get("reasoning", 0)) == (0, thoughts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    sorted(
        {name for _, payload, *_ in READ + READ_TOO for name in payload} | {"usage", "id", "model"}
    )
)


@given(flavour=st.sampled_from(sorted(FLAVOURS)), payload=st.dictionaries(NAMES, JSON, max_size=8))
def test_any_json_is_read_or_refused(flavour: str, payload: dict[str, Any]) -> None:
    infer("openai", payload)
    reading = normalise(flavour, payload)
    assert isinstance(reading, Reading | Refusal)
    if isinstance(reading, Reading):
        for name, value in reading.quantities.items():
            assert float(value) >= 0
            assert isinstance(value, int) or name not in TOKEN_DIMENSIONS
