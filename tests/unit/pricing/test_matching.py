"""The matching table: what is found, what is not, and what decides between two."""

from typing import Any

import orjson
import pytest

from schemas.dead import Refusal
from services.pricing.book import PriceBook
from services.pricing.core import Priced, price
from services.pricing.matching import Pending, candidates
from services.pricing.providers import canonical
from tests.unit.pricing.make import NOON, book_of, call, cost, key_of, price_record, put, rates

FREE = {"rates": rates(input="0", output="0")}


@pytest.mark.parametrize(
    ("provider", "reference", "found"),
    [
        ("openai", " GPT-4o ", "gpt-4o"),
        ("openai", "openai/gpt-4o", "gpt-4o"),
        ("azure", "azure/gpt-4o", "gpt-4o"),
        ("azure.openai", "gpt-4o", "gpt-4o"),
        ("bedrock", "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.claude-x", "eu.claude-x"),
        ("vertex_ai", "projects/p/locations/l/publishers/google/models/gemini-2", "gemini-2"),
        ("bedrock", "bedrock/converse/eu.claude-x", "eu.claude-x"),
        ("bedrock", "converse/arn:aws:bedrock:eu-west-1:1:inference-profile/eu.c", "eu.c"),
        ("vertex_ai", "anthropic/claude-x@20250929", "claude-x@20250929"),
        ("fireworks", "fireworks_ai/llama-v3", "accounts/fireworks/models/llama-v3"),
        ("gemini", "models/gemini-2", "gemini-2"),
        ("google", "google/gemini-2", "gemini-2"),
        ("openai", "ft:gpt-4o-2024-08-06:acme::abc", "ft:gpt-4o-2024-08-06"),
        ("openai", "ft:gpt-4o-20240806:acme::abc", "ft:gpt-4o-2024-08-06"),
        ("openai", "gpt-4o-20240806", "gpt-4o-2024-08-06"),
        ("openrouter", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4.5"),
        ("Our-Own-GPUs", "llama-ours", "llama-ours"),
    ],
)
def test_found(provider: str, reference: str, found: str) -> None:
    book = book_of(price_record(found, provider))
    assert cost(call(provider=provider, request_model=reference), book) == "0.007"


@pytest.mark.parametrize(
    ("provider", "reference", "priced"),
    [
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("openai", "ft:gpt-4o:acme::abc", "gpt-4o"),
        ("openai", "anthropic/gpt-4o", "gpt-4o"),
        ("openai", "my-gpt-4o", "gpt-4o"),
        ("bedrock", "eu.claude-x", "claude-x"),
        ("openai", "models/gpt-4o", "gpt-4o"),
        ("fireworks", "accounts/acme/models/llama-v3", "accounts/fireworks/models/llama-v3"),
    ],
)
def test_nothing_matches_by_likeness(provider: str, reference: str, priced: str) -> None:
    book = book_of(price_record(priced, provider))
    result = price(call(provider=provider, request_model=reference), book)
    assert isinstance(result, Pending)
    assert result.reason == "model_unknown"


def test_another_providers_price_is_never_used() -> None:
    book = book_of(price_record("m1", "anthropic"))
    assert price(call(), book) == Pending("model_unknown", "openai m1")


def test_another_orgs_records_make_no_provider_known() -> None:
    """Else the reason would tell one org that another buys there."""
    book = book_of(price_record("m1", "own-cloud", scope="org:globex"))
    for org, reason in (("acme", "provider_unknown"), ("globex", "model_unknown")):
        result = price(call(org_id=org, provider="own-cloud", request_model="m2"), book)
        assert isinstance(result, Pending)
        assert result.reason == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"provider": "nobody"}, "provider_unknown"),
        ({"provider": ""}, "provider_unknown"),
        ({"request_model": ""}, "model_missing"),
        ({"request_model": "m2"}, "model_unknown"),
        ({"occurred_at": "2025-12-31T23:59:59Z"}, "no_version_at_time"),
        ({"usage": None}, "usage_missing"),
        ({"usage": {}}, "usage_missing"),
        ({"usage": {"input": 1, "image": 2}}, "rate_missing"),
        ({"processing": "batch"}, "variant_missing"),
        ({"service_tier": "priority"}, "variant_missing"),
        ({"speed": "fast"}, "variant_missing"),
    ],
)
def test_pending_reasons(fields: dict[str, Any], reason: str) -> None:
    result = price(call(**fields), book_of(price_record()))
    assert isinstance(result, Pending)
    assert result.reason == reason


def test_an_adjustment_for_something_else_names_no_tier() -> None:
    adjustments = [
        {"id": "eu", "when": {"region": ["eu"]}, "multiply": "1.1"},
        {"id": "fast", "when": {"speed": ["fast"]}, "multiply": "6"},
    ]
    book = book_of(price_record(adjustments=adjustments))
    priced = price(call(region="eu", speed="fast"), book)
    unnamed = price(call(region="eu", service_tier="flex"), book)
    assert isinstance(priced, Priced)
    assert unnamed == Pending("variant_missing", "service_tier=flex")


@pytest.mark.parametrize("word", ["", "standard", "DEFAULT", "on_demand", "auto", "null"])
def test_ordinary_tiers_mean_nothing(word: str) -> None:
    event = call(processing=word, service_tier=word, speed=word)
    assert cost(event, book_of(price_record())) == "0.007"


def test_response_model_before_request_model() -> None:
    book = book_of(price_record(), price_record("m1-dated", **FREE))
    assert cost(call(response_model="m1-dated"), book) == "0"
    assert cost(call(response_model="m1-unheard-of"), book) == "0.007"


def test_own_price_of_an_org_before_the_list() -> None:
    own = price_record(scope="org:Acme", effective_from="2026-11-20T00:00:00Z", **FREE)
    book = book_of(price_record(), own)
    assert cost(call(org_id="Acme"), book) == "0"
    assert cost(call(org_id="acme"), book) == "0.007"
    before = call(org_id="Acme", occurred_at="2026-11-19T23:59:59Z")
    assert cost(before, book) == "0.007"


def alias(reference: str, model: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "alias", "provider": "openai", "reference": reference, "model": model,
        "effective_from": "2026-01-01T00:00:00Z",
    } | fields  # fmt: skip


def pattern(rule_id: str, prefix: str, model: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "pattern", "provider": "openai", "rule_id": rule_id,
        "match": {"prefix": prefix}, "model": model,
    } | fields  # fmt: skip


def test_alias_by_its_own_time() -> None:
    book = book_of(
        price_record(), price_record("m2", **FREE), alias("latest", "m1"),
        alias("latest", "m2", effective_from=NOON),
    )  # fmt: skip
    event = call(request_model="latest", occurred_at="2026-11-20T11:59:59.999Z")
    assert cost(event, book) == "0.007"
    assert cost(call(request_model="latest"), book) == "0"
    early = call(request_model="latest", occurred_at="2025-11-20T00:00:00Z")
    assert price(early, book) == Pending("model_unknown", "openai latest")


def test_price_before_alias_before_pattern() -> None:
    book = book_of(price_record(), alias("m1", "m2"), price_record("m2", **FREE))
    assert cost(call(), book) == "0.007"
    book = book_of(price_record("m2", **FREE), alias("m1", "m2"), pattern("p", "m", "m3"))
    assert cost(call(), book) == "0"


def test_patterns_by_priority_then_prefix_then_rule() -> None:
    models = [price_record(name, rates=rates(input=str(n), output="0"))
              for n, name in enumerate(["a", "b", "c"], 1)]  # fmt: skip
    long_and_short = book_of(*models, pattern("x", "m", "a"), pattern("y", "m1", "b"))
    assert cost(call(), long_and_short) == "0.002"
    prior = pattern("z", "m", "c", priority=200)
    assert cost(call(), book_of(*models, pattern("y", "m1", "b"), prior)) == "0.003"
    by_rule = book_of(*models, pattern("r2", "m", "a"), pattern("r1", "m", "b"))
    assert cost(call(), by_rule) == "0.002"


def test_withdrawn_version_ends_the_price() -> None:
    gone = price_record(effective_from=NOON, status="withdrawn")
    book = book_of(price_record(), gone)
    assert price(call(), book) == Pending("no_version_at_time", "m1")
    assert cost(call(occurred_at="2026-11-20T11:59:59Z"), book) == "0.007"


def test_effective_to_is_exclusive() -> None:
    book = book_of(price_record(effective_to=NOON))
    assert price(call(), book) == Pending("no_version_at_time", "m1")
    assert cost(call(occurred_at="2026-11-20T11:59:59.999999Z"), book) == "0.007"


def test_tombstone_forgets_one_version() -> None:
    record = price_record(effective_from=NOON, **FREE)
    book = book_of(price_record(), record)
    assert cost(call(), book) == "0"
    book.apply(key_of(record), None, book.position)
    assert cost(call(), book) == "0.007"


def test_bad_record_leaves_the_old_one_standing() -> None:
    book = book_of(price_record())
    bad = price_record(rates={"input": {"price": 3, "per": 1}})
    refused = book.apply(key_of(price_record()), orjson.dumps(bad), book.position)
    assert isinstance(refused, Refusal)
    assert refused.reason == "price_record_invalid"
    assert cost(call(), book) == "0.007"
    assert book.position == 2


def test_key_must_be_the_records_own() -> None:
    book = PriceBook()
    refused = book.apply(b"price|*|openai|m2|x", orjson.dumps(price_record()), 0)
    assert isinstance(refused, Refusal)
    assert refused.field == "key"
    assert len(book) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"rates": {"tokens": {"price": "1", "per": 1}}},
        {"rates": {"input": {"price": "-1", "per": 1}}},
        {"rates": {"input": {"price": "NaN", "per": 1}}},
        {"rates": {"input": {"price": "1", "per": 0}}},
        {"effective_to": "2025-01-01T00:00:00Z"},
        {"variants": [{"id": "a", "when": {"context_tokens": {}}, "rates": {}}]},
        {"surprise": 1},
    ],
)
def test_refused_records(change: dict[str, Any]) -> None:
    record = price_record() | change
    book = PriceBook()
    assert isinstance(book.apply(key_of(price_record()), orjson.dumps(record), 0), Refusal)


def test_cached_lookup_follows_the_book() -> None:
    book = book_of(price_record("other"))
    assert isinstance(price(call(), book), Pending)
    put(book, price_record())
    assert isinstance(price(call(), book), Priced)


def test_synonyms_are_one_provider() -> None:
    assert canonical("azure") == canonical("azure.ai.openai") == canonical("Azure.OpenAI")
    assert canonical("gcp.vertex_ai") != canonical("gcp.gemini")
    assert candidates("openai", "openai/openai/x") == ("openai/openai/x", "openai/x")


@pytest.mark.parametrize("told", [{"processing": "batch"}, {"service_tier": "batch"}])
@pytest.mark.parametrize("named", ["processing", "service_tier"])
def test_batch_is_a_way_of_processing_wherever_it_is_told(told: dict[str, str], named: str) -> None:
    variant = {"id": "b", "when": {named: ["batch"]}, "rates": rates(input="1", output="5")}
    assert cost(call(**told), book_of(price_record(variants=[variant]))) == "0.0035"
