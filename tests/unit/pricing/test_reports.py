"""Mispricings that users of other tools reported: each a test, named after its report."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from services.pricer.quote import read_book
from services.pricing import seed
from services.pricing.book import PriceBook
from services.pricing.quote import quote_line
from tests.unit.pricing.make import book_of, price_record, rates

AT = "2026-11-20T14:00:00Z"
Told = dict[str, Any]


@pytest.fixture(scope="module")
def shipped() -> PriceBook:
    return read_book(seed.lines(), "seed")


def ask(book: PriceBook, model: str, provider: str = "openai", **call: Any) -> Told:
    line = {"id": 1, "provider": provider, "model": model, "time": AT} | call
    answer, _ = quote_line(orjson.dumps(line), book)
    return answer


def own(**fields: Any) -> PriceBook:
    """A book with m1 of openai at 2 for input and 10 for output."""
    return book_of(price_record(**fields))


def lines(answer: Told) -> dict[str, str]:
    return {line["dimension"]: line["quantity"] for line in answer["lines"]}


def test_litellm_6215_cached_tokens_are_inside_prompt_tokens() -> None:
    book = own(rates=rates(input="2", cache_read="1", output="10"))
    told = {"prompt_tokens": 1000, "completion_tokens": 1, "total_tokens": 1001,
            "prompt_tokens_details": {"cached_tokens": 900}}  # fmt: skip
    answer = ask(book, "m1", usage_payload=told, flavour="openai.chat")
    assert lines(answer) == {"input": "100", "cache_read": "900", "output": "1"}
    assert answer["cost_usd"] == "0.00111"


def test_litellm_9812_cache_creation_is_not_also_prompt(shipped: PriceBook) -> None:
    told = {"input_tokens": 4, "cache_creation_input_tokens": 12304, "cache_read_input_tokens": 0,
            "output_tokens": 550}  # fmt: skip
    answer = ask(shipped, "claude-3-7-sonnet-20250219", "anthropic", usage_payload=told)
    assert answer["cost_usd"] == "0.054402"


def test_litellm_14849_gemini_cached_content_is_inside_the_prompt(shipped: PriceBook) -> None:
    told = {"promptTokenCount": 1000, "cachedContentTokenCount": 800, "candidatesTokenCount": 10,
            "totalTokenCount": 1010}  # fmt: skip
    answer = ask(shipped, "gemini-2.5-flash", "gcp.gemini", usage_payload=told)
    assert lines(answer) == {"input": "200", "cache_read": "800", "output": "10"}


def test_litellm_40006_an_orgs_own_price_uses_the_same_arithmetic() -> None:
    named = rates(input="2", cache_read="1", output="10")
    listed = price_record(rates=named)
    book = book_of(listed, listed | {"scope": "org:acme"})
    told = {"usage": {"input": 100, "cache_read": 900, "output": 50}}
    mine, all_others = (ask(book, "m1", org_id=org, **told) for org in ("acme", "other"))
    assert mine["record"] != all_others["record"]
    assert (mine["lines"], mine["cost"]) == (all_others["lines"], all_others["cost"])


def test_litellm_29145_every_quantity_has_a_line_or_the_call_is_pending() -> None:
    answer = ask(own(), "m1", usage={"input": 1, "cache_read": 5, "output": 1})
    assert (answer["outcome"], answer["reason"]) == ("pending", "rate_missing")
    assert answer["detail"] == "cache_read"


@pytest.mark.parametrize("prefix", ["us.", "eu."])
def test_litellm_30768_a_region_prefix_is_part_of_the_name(prefix: str) -> None:
    book = own(provider="aws.bedrock", model="anthropic.claude-x")
    answer = ask(book, f"{prefix}anthropic.claude-x", "aws.bedrock", usage={"input": 1})
    assert answer["reason"] == "model_unknown"


def test_litellm_42679_the_bare_id_is_the_dearer_one(shipped: PriceBook) -> None:
    model = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    bare, everywhere = (
        ask(shipped, name, "aws.bedrock", usage={"input": 1000})["cost_usd"]
        for name in (model, f"global.{model}")
    )
    assert (bare, everywhere) == ("0.0033", "0.003")


def test_litellm_37046_a_missing_tier_is_not_the_standard_price() -> None:
    answer = ask(own(), "m1", usage={"input": 1}, attributes={"service_tier": "priority"})
    assert (answer["reason"], answer["detail"]) == ("variant_missing", "service_tier=priority")


def test_litellm_31837_the_served_tier_is_billed_not_the_requested_one() -> None:
    tier = {"id": "p", "when": {"service_tier": ["priority"]},
            "rates": rates(input="4", output="20")}  # fmt: skip
    told = {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000}
    body = {"object": "chat.completion", "model": "m1", "service_tier": "default", "usage": told}
    answer = ask(own(variants=[tier]), "m1", usage_payload=body, flavour="openai.chat",
                 attributes={"service_tier": "priority"})  # fmt: skip
    assert (answer["variant"] or "", answer["cost_usd"]) == ("", "0.002")


def test_litellm_39861_batch_and_long_context_have_a_rate_of_their_own(shipped: PriceBook) -> None:
    costs = [
        ask(shipped, "gemini-2.5-pro", "gcp.gemini", usage={"input": tokens},
            attributes={"processing": way})["cost_usd"]
        for tokens in (200_000, 200_001) for way in ("standard", "batch")
    ]  # fmt: skip
    assert costs == ["0.25", "0.125", "0.5000025", "0.25000125"]


def test_litellm_35925_reasoning_falls_back_inside_the_variant() -> None:
    tier = {"id": "p", "when": {"service_tier": ["priority"]},
            "rates": rates(input="4", output="20")}  # fmt: skip
    book = own(fallback={"reasoning": "output"}, variants=[tier])
    answer = ask(book, "m1", usage={"reasoning": 1000}, attributes={"service_tier": "priority"})
    assert answer["cost_usd"] == "0.02"


def test_litellm_37077_free_and_unknown_are_different_facts() -> None:
    free = ask(own(rates=rates(input="0", output="0")), "m1", usage={"input": 5})
    assert (free["outcome"], free["cost_usd"]) == ("priced", "0")
    unknown = ask(own(rates={}), "m1", usage={"input": 5})
    assert (unknown["outcome"], unknown["cost_usd"]) == ("pending", None)


def test_litellm_8867_no_float_ever(shipped: PriceBook) -> None:
    answer = ask(shipped, "gpt-4o-mini", usage={"input": 1767, "output": 2250})
    assert answer["cost_usd"] == "0.00161505"


@pytest.mark.parametrize("number", [0.0000025, 2])
def test_litellm_38015_a_price_is_text_with_its_unit_never_a_number(number: float) -> None:
    from services.pricer.quote import BookError

    record = price_record(rates={"input": {"price": number, "per": 1_000_000}})
    with pytest.raises(BookError, match="price"):
        read_book([orjson.dumps(record)], "file")


@pytest.mark.parametrize(("calls", "fee"), [(0, None), (3, "0.03")])
def test_litellm_10384_31316_searches_are_billed_when_made(calls: int, fee: str | None) -> None:
    named = rates(input="2", output="10") | {"web_search": {"price": "10", "per": 1000}}
    told = {
        "input_tokens": 10,
        "output_tokens": 1,
        "server_tool_use": {"web_search_requests": calls},
    }
    answer = ask(own(provider="anthropic", rates=named), "m1", "anthropic", usage_payload=told)
    amounts = {line["dimension"]: line["amount"] for line in answer["lines"]}
    assert amounts.get("web_search") == fee


def test_litellm_38378_speed_is_priced_by_explicit_rates_cache_included() -> None:
    fast = {"id": "fast", "when": {"speed": ["fast"]}, "rates": rates(input="30", output="150")}
    book = own(rates=rates(input="5", cache_read="0.5", output="25"), variants=[fast])
    told = {"usage": {"input": 1, "cache_read": 1}, "attributes": {"speed": "fast"}}
    assert ask(book, "m1", **told)["detail"] == "cache_read"


def test_litellm_37992_zero_is_an_answer() -> None:
    told = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    answer = ask(own(), "m1", usage_payload=told, flavour="openai.chat")
    assert (answer["outcome"], answer["cost_usd"]) == ("priced", "0")


def test_litellm_7004_a_deployment_name_needs_an_operators_alias() -> None:
    listed = price_record(provider="azure.ai.openai")
    asked = {"provider": "azure.ai.openai", "usage": {"input": 1000}}
    assert ask(book_of(listed), "my-prod-chat", **asked)["reason"] == "model_unknown"
    alias = {"kind": "alias", "provider": "azure.ai.openai", "reference": "my-prod-chat",
             "model": "m1", "effective_from": "2026-01-01T00:00:00Z"}  # fmt: skip
    assert ask(book_of(listed, alias), "my-prod-chat", **asked)["cost_usd"] == "0.002"


def test_litellm_31606_peak_hours_by_the_time_of_the_call(shipped: PriceBook) -> None:
    at = ("2026-11-20T00:59:59Z", "2026-11-20T01:00:00Z")
    costs = [
        ask(shipped, "deepseek-v4-flash", "deepseek", usage={"input": 10**6}, time=time)["cost_usd"]
        for time in at
    ]
    assert Decimal(costs[1]) == 2 * Decimal(costs[0])


def test_langfuse_12996_a_threshold_counts_tokens_not_words_of_a_name() -> None:
    long = {"id": "l", "when": {"context_tokens": {"gt": 200_000}}, "rates": rates(input="4")}
    answer = ask(own(variants=[long]), "m1", usage={"input": 200_000, "output": 300_000})
    assert (answer["variant"] or "") == ""


def test_langfuse_15334_an_unmatched_name_is_pending_with_the_name() -> None:
    answer = ask(own(), "m1[1m]", usage={"input": 1})
    assert (answer["reason"], answer["detail"]) == ("model_unknown", "openai m1[1m]")


def test_langfuse_12184_an_old_call_is_priced_at_its_own_time() -> None:
    newer = price_record(rates=rates(input="9", output="9"), effective_from="2026-11-21T00:00:00Z")
    book = book_of(newer, price_record())
    assert ask(book, "m1", usage={"input": 1000})["cost_usd"] == "0.002"


def test_genai_prices_241_a_context_tier_is_a_cliff(shipped: PriceBook) -> None:
    below, over = (
        Decimal(ask(shipped, "gemini-2.5-pro", "gcp.gemini", usage={"input": n})["cost_usd"])
        for n in (200_000, 200_001)
    )
    assert over == 2 * below + Decimal("0.0000025")


def test_genai_prices_471_a_prefix_rule_is_no_default(shipped: PriceBook) -> None:
    answer = ask(shipped, "command-a-next-09-2031", "cohere", usage={"input": 1})
    assert answer["reason"] == "model_unknown"


def test_phoenix_13379_an_unexplained_total_is_no_output() -> None:
    told = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 500}
    answer = ask(own(), "m1", usage_payload=told, flavour="openai.chat")
    assert (answer["outcome"], answer["cost_usd"]) == ("quarantined", None)


def test_helicone_5700_a_new_model_is_not_free() -> None:
    answer = ask(own(), "m2", usage={"input": 1000})
    assert (answer["outcome"], answer["cost_usd"]) == ("pending", None)


def test_langsmith_1858_a_cost_is_never_negative() -> None:
    told = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 11}}  # fmt: skip
    answer = ask(own(), "m1", usage_payload=told, flavour="openai.chat")
    assert answer["outcome"] == "quarantined"


def test_models_dev_2919_an_amount_keeps_its_currency() -> None:
    answer = ask(own(currency="EUR"), "m1", usage={"input": 1000})
    assert (answer["cost"], answer["currency"], answer["cost_usd"]) == ("0.002", "EUR", None)


def test_pi_8875_a_sentinel_is_no_price() -> None:
    from services.pricer.quote import BookError

    record = price_record(rates={"input": {"price": "-1", "per": 1}})
    with pytest.raises(BookError, match="price"):
        read_book([orjson.dumps(record)], "file")


def test_pi_5737_an_hours_write_has_its_own_rate(shipped: PriceBook) -> None:
    told = {"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 1000, "cache_creation": {
                "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 1000}}  # fmt: skip
    answer = ask(shipped, "claude-sonnet-4-5-20250929", "anthropic", usage_payload=told)
    assert (lines(answer), answer["cost_usd"]) == ({"cache_write_1h": "1000"}, "0.006")


@pytest.mark.parametrize("name", ["m1-mini", "m", "xm1"])
def test_tokscale_523_llmtrim_238_nothing_is_matched_by_likeness(name: str) -> None:
    assert ask(own(), name, usage={"input": 1})["reason"] == "model_unknown"


def test_ccusage_938_the_last_snapshot_of_a_stream_counts_once() -> None:
    events = [
        {"type": "message_start", "message": {"id": "msg_1", "model": "m1", "usage": {
            "input_tokens": 100, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "output_tokens": 1}}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 40}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 90}},
    ]  # fmt: skip
    answer = ask(own(provider="anthropic"), "m1", "anthropic",
                 usage_payload={"events": events}, flavour="anthropic.stream")  # fmt: skip
    assert lines(answer) == {"input": "100", "output": "90"}
