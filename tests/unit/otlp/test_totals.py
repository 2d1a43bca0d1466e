"""Counts that stand where a library's other tellings do not have them."""

import json
from typing import Any

import pytest

from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, WRITE, decoded

GEMINI = {
    "input_tokens": 1080, "output_tokens": 208, "total_tokens": 1346,
    "input_token_details": {"cache_read": 308}, "output_token_details": {"reasoning": 58},
}  # fmt: skip
LITELLM = {"usage": {"prompt_tokens": 1600, "completion_tokens": 260,
                     "prompt_tokens_details": {"cached_tokens": 360}}}  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "told", "expected"),
    [
        ("opentelemetry.instrumentation.genai.bedrock",
         CHAT | {"gen_ai.provider.name": "aws.bedrock", INPUT: 776, OUTPUT: 222, READ: 322,
                 WRITE: 122}, (1220, 322, 122, 222, None)),
        ("langsmith",
         {"langsmith.span.kind": "llm", "langsmith.metadata.ls_provider": "google",
          "gen_ai.request.model": "gemini-2.5-flash", INPUT: 1080, OUTPUT: 208,
          "gen_ai.usage.total_tokens": 1288,
          "langsmith.metadata.usage_metadata": json.dumps(GEMINI)}, (1080, 308, None, 266, 58)),
        ("openlit.otel.tracing",
         CHAT | {"gen_ai.provider.name": "gemini", INPUT: 1120, OUTPUT: 212,
                 "gen_ai.usage.reasoning_tokens": 62}, (1120, None, None, 274, 62)),
        ("openinference.instrumentation.cohere",
         {"openinference.span.kind": "EMBEDDING", "embedding.model_name": "embed-v4.0",
          "output.value": '{"id": "em-1", "meta": {"billed_units": {"input_tokens": 45.0}}}'},
         (45, None, None, None, None)),
        ("mlflow.tracing.provider",
         {"mlflow.spanType": '"LLM"', "model": '"gpt-3.5-turbo-instruct"',
          "mlflow.spanOutputs": '{"usage": {"prompt_tokens": 90, "completion_tokens": 40}}'},
         (90, None, None, 40, None)),
        ("mlflow.tracing.provider",
         {"mlflow.spanType": '"LLM"', "mlflow.spanOutputs": '{"usage": {"total_tokens": 1860}}',
          "mlflow.chat.tokenUsage": '{"input_tokens": 1600, "output_tokens": 260}',
          "raw_llm_response": json.dumps(LITELLM)}, (1600, 360, None, 260, None)),
    ],
)  # fmt: skip
def test_tokens(scope: str, told: dict[str, Any], expected: tuple[int | None, ...]) -> None:
    (call,) = decoded(step(1, told), scope=scope)["calls"]
    assert tokens(call) == expected
