"""The provider's own answer, as libraries put it into what they returned."""

import json
from typing import Any

import pytest

from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import decoded

SMOLAGENTS = "openinference.instrumentation.smolagents"
COMPLETION = (
    "ChatCompletion(id='chatcmpl-1', choices=[Choice(index=0, message=Message(content='usage=1'))],"
    " usage=CompletionUsage(completion_tokens=201, prompt_tokens=1010, total_tokens=1211,"
    " completion_tokens_details=CompletionTokensDetails(audio_tokens=0, reasoning_tokens=51),"
    " prompt_tokens_details=PromptTokensDetails(audio_tokens=0, cached_tokens=301)))"
)
MODEL_RESPONSE = (
    "ModelResponse(id='chatcmpl-2', usage=Usage(completion_tokens=307, prompt_tokens=1071,"
    " prompt_tokens_details=PromptTokensDetailsWrapper(audio_tokens=None, cached_tokens=907),"
    " cache_creation_input_tokens=57, cache_read_input_tokens=907))"
)


@pytest.mark.parametrize(
    ("raw", "told", "expected", "made"),
    [
        (COMPLETION, (1010, 201), (1010, 301, None, 201, 51), "chatcmpl-1"),
        (MODEL_RESPONSE, (1071, 307), (1071, 907, 57, 307, None), "chatcmpl-2"),
        ("Other(cached_tokens=7)", (9, 4), (9, None, None, 4, None), None),
    ],
)
def test_an_answer_as_python_writes_it(
    raw: str, told: tuple[int, int], expected: tuple[int | None, ...], made: str | None
) -> None:
    sent: dict[str, Any] = {
        "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o",
        "llm.token_count.prompt": told[0], "llm.token_count.completion": told[1],
        "output.value": json.dumps({"role": "assistant", "content": "hi", "raw": raw}),
    }  # fmt: skip
    (call,) = decoded(step(1, sent), scope=SMOLAGENTS)["calls"]
    assert (tokens(call), call["response_id"]) == (expected, made)


def test_a_model_of_an_account_that_portkey_knows() -> None:
    told = {"openinference.span.kind": "LLM", "llm.model_name": "@my-account/claude-sonnet-4-5"}
    (call,) = decoded(step(1, told), scope="openinference.instrumentation.portkey")["calls"]
    assert call["provider"] == "anthropic"
