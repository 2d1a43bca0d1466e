"""A flavour is told by names alone only where no rule looks at what stands under them."""

from typing import Any

import pytest

from services.pricing.usage.infer import by_names, infer


@pytest.mark.parametrize(
    ("provider", "payload", "values"),
    [
        ("openai", {"prompt_tokens": 1}, ["x", None, {}]),
        ("openai", {"input_tokens": 1, "type": None}, ["duration", "other", "tokens"]),
        ("openai", {"input_tokens": 1, "input_tokens_details": None}, [{}, None, {"cached": 1}]),
        ("openai", {"input_tokens": 1, "object": None}, ["list", "response", None]),
        ("groq", {"input_tokens": 1, "object": None}, ["response", "list", "response"]),
        ("groq", {"input_tokens": 1, "type": None}, ["message", None, "message"]),
        ("voyage", {"total_tokens": 1}, [1, None]),
        ("anthropic", {"input_tokens": 1, "input_token_details": None}, [{"cache_read": 1}, {}]),
        ("cohere", {"billed_units": None}, [{"search_units": 1}, {"output_tokens": 1}, None, {}]),
        ("cohere", {"meta": None}, [{"tokens": {}}, {"billed_units": {"input_tokens": 1}}, None]),
        ("openai", {"usage": None}, [{"input_tokens": 1}, {"prompt_tokens": 1}, None, {}]),
        ("openai", {"response": None}, [{"usage": {"input_tokens": 1}, "object": "response"}, {}]),
    ],
)
def test_a_value_counts_whatever_was_under_its_name_before(
    provider: str, payload: dict[str, Any], values: list[Any]
) -> None:
    name = list(payload)[-1]
    alone = [_alone(provider, payload | {name: value}) for value in values]
    assert [infer(provider, payload | {name: value}) for value in values] == alone
    assert [infer(provider, payload | {name: value}) for value in values] == alone


def _alone(provider: str, payload: dict[str, Any]) -> str | None:
    """As if no other payload had been seen before."""
    by_names.cache_clear()
    return infer(provider, payload)
