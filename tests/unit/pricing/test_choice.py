"""What a call may choose from: found once for all calls alike, and by every name the call tells."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from schemas.price import PriceRecord
from services.pricing.book import PriceBook
from services.pricing.choice import NAMES, case_of, choice_of, choose
from services.pricing.conditions import attributes
from services.pricing.core import NOTHING_DUE, Priced, price
from services.pricing.matching import Key, Pending, candidates, find_version, new_plan, plan
from services.pricing.rates import Version, compile_price
from services.pricing.told import decide
from tests.unit.pricing.make import START, book_of, call, cost, price_record, put, rates

MARKUP = {"kind": "markup", "scope": "*", "rule_id": "fee", "effective_from": START}


def priced(book: PriceBook, **fields: Any) -> Priced:
    result = price(call(**fields), book)
    assert isinstance(result, Priced), result
    return result


def test_what_calls_alike_share_is_found_once() -> None:
    book = book_of(price_record())
    names = tuple(getattr(call(org_id="acme"), name) for name in NAMES)
    case, other = case_of(book, names), case_of(book, ("zeta", *names[1:]))
    assert case is case_of(book, names)
    assert case is not other
    assert case.alike is other.alike
    assert not isinstance(case.steps, Pending)
    version = case.steps[0].versions[0]
    choice = choice_of(case.alike, version)
    assert choice is choice_of(case.alike, version)
    for one, two in zip(choose(choice, ()), choose(choice, ()), strict=True):
        assert one is two


@pytest.mark.parametrize(
    ("provider", "region", "told", "deployment"),
    [
        ("gcp.vertex_ai", "us-east5", "", "regional"), ("gcp.vertex_ai", "global", "", ""),
        ("gcp.vertex_ai", "", "", ""), ("gcp.vertex_ai", "eu", "Multi-Region", "multi-region"),
        ("gcp.vertex_ai", "", "regional", "regional"), ("gcp.gemini", "us-east5", "", ""),
    ],
)  # fmt: skip
def test_a_place_of_vertex_is_a_regional_deployment(
    provider: str, region: str, told: str, deployment: str
) -> None:
    found = attributes(("", "", "", region, told, "", "", ""), provider)
    assert (found.region, found.deployment) == (region, deployment)


@pytest.mark.parametrize(
    ("provider", "deployment", "told", "region", "processing"),
    [
        ("azure.ai.openai", "DataZoneStandard", "swedencentral", "eu", ""),
        ("azure.ai.openai", "data-zone-batch", "EastUS2", "us", "batch"),
        ("azure.ai.openai", "GlobalBatch", "westeurope", "westeurope", "batch"),
        ("azure.ai.inference", "DataZoneStandard", "japaneast", "japaneast", ""),
        ("azure.ai.openai", "GlobalStandard", "eu", "eu", ""),
        ("openai", "DataZoneBatch", "eastus2", "eastus2", ""),
    ],
)  # fmt: skip
def test_the_type_of_an_azure_deployment_tells_zone_and_batch(
    provider: str, deployment: str, told: str, region: str, processing: str
) -> None:
    found = attributes(("", "", "", told, deployment, "", "", ""), provider)
    assert (found.region, found.processing) == (region, processing)


def test_a_data_zone_must_be_named_by_its_region() -> None:
    tenth = {"id": "eu", "multiply": "1.1", "when": {"region": ["eu"]}}
    book = book_of(price_record("m1", "azure", adjustments=[tenth]))
    told = {"provider": "azure", "request_model": "m1", "deployment": "DataZoneStandard"}
    assert cost(call(**told, region="westeurope"), book) == "0.0077"
    for region in ("", "us", "japaneast"):
        assert price(call(**told, region=region), book) == Pending(
            "variant_missing", "deployment=datazonestandard"
        )


def test_a_call_in_a_place_of_vertex_costs_what_a_regional_deployment_does() -> None:
    tenth = {"id": "r", "multiply": "1.1", "when": {"deployment": ["regional"]}}
    book = book_of(price_record(provider="vertex_ai", adjustments=[tenth]))
    assert cost(call(provider="vertex_ai", region="us-east5"), book) == "0.0077"
    assert cost(call(provider="vertex_ai", region="global"), book) == "0.007"


def test_a_plan_is_found_once_and_again_when_the_book_changes() -> None:
    book, key = book_of(price_record()), Key("acme", "openai", "", "m1")
    found = plan(book, key)
    assert found is plan(book, key)
    assert found == new_plan(book, key)
    version = find_version(book, key, call().occurred_at)
    assert isinstance(version, Version)
    assert version.model == "m1"
    before = datetime(2025, 12, 31, tzinfo=UTC)
    assert find_version(book, key, before) == Pending("no_version_at_time", "m1")
    assert find_version(book, key._replace(request_model="m2"), before) == Pending(
        "model_unknown", "openai m2"
    )
    put(book, price_record(scope="org:acme"))
    assert plan(book, key) != found
    put(book, ALIAS)
    early = find_version(book, Key("", "openai", "r", ""), call().occurred_at)
    assert early == Pending("model_unknown", "openai r")


@pytest.mark.parametrize(
    ("when", "fields", "charge"),
    [
        ({"model": ["m1"]}, {"response_model": "m2"}, "0.014"),
        ({"model": ["flex"]}, {"service_tier": "flex"}, "0.007"),
        ({"model": ["m2"]}, {"request_model": "my-name"}, "0.014"),
        ({"context_tokens": {"gt": 999}, "utc_weekly": {"days": [5], "minutes": [[0, 1440]]}},
         {}, "0.014"),
        ({"context_tokens": {"gt": 1000}, "utc_weekly": {"days": [5], "minutes": [[0, 1440]]}},
         {}, "0.007"),
        ({"model": ["m1"], "utc_weekly": {"days": [5], "minutes": [[0, 1440]]}}, {}, "0.014"),
        ({"model": ["m9"], "utc_weekly": {"days": [5], "minutes": [[0, 1440]]}}, {}, "0.007"),
    ],
)  # fmt: skip
def test_a_markup_looks_at_every_model_of_the_call_and_at_nothing_else(
    when: dict[str, Any], fields: dict[str, Any], charge: str
) -> None:
    flex = [{"id": "f", "when": {"service_tier": ["flex"]}, "rates": rates(input="2", output="10")}]
    alias = {
        "kind": "alias", "provider": "openai", "reference": "my-name", "model": "m2",
        "effective_from": START,
    }  # fmt: skip
    records = [price_record(variants=flex), price_record("m2"), alias]
    book = book_of(*records, MARKUP | {"multiply": "2", "when": when})
    assert priced(book, **fields).charge == Decimal(charge)


def test_an_adjustment_may_depend_on_the_size_of_the_call_and_name_its_dimensions() -> None:
    told = {"id": "big", "multiply": "2", "when": {"context_tokens": {"gt": 1000}}}
    book = book_of(price_record(adjustments=[told | {"dimensions": ["output"]}]))
    assert cost(call(), book) == "0.007"
    assert cost(call(usage={"input": 1001, "output": 500}), book) == "0.012002"


def test_context_is_what_the_record_says_it_is() -> None:
    long = [{"id": "l", "when": {"context_tokens": {"gt": 1000}}, "rates": rates(input="1")}]
    told = {"variants": long, "rates": rates(input="2", cache_read="1")}
    used = call(usage={"input": 1000, "cache_read": 1})
    assert price(used, book_of(price_record(**told))) == Pending("rate_missing", "cache_read")
    assert cost(used, book_of(price_record(**told, context_measure=["input"]))) == "0.002001"


def test_only_bought_capacity_must_be_named_of_all_deployments() -> None:
    book = book_of(price_record())
    assert cost(call(deployment="regional"), book) == "0.007"
    for bought in ("globalprovisionedmanaged", "ptu"):
        assert price(call(deployment=bought), book) == Pending(
            "variant_missing", f"deployment={bought}"
        )


def test_rules_that_do_not_hold_now_are_passed_over() -> None:
    later = MARKUP | {"scope": "org:acme", "rule_id": "a", "multiply": "3"}
    big = MARKUP | {"rule_id": "b", "multiply": "5", "when": {"context_tokens": {"gt": 9999}}}
    rules = [later | {"effective_from": "2027-01-01T00:00:00Z"}, big, MARKUP | {"multiply": "2"}]
    assert priced(book_of(price_record(), *rules), org_id="acme").charge == Decimal("0.014")


def test_what_is_pending_stays_so_with_a_markup() -> None:
    book = book_of(price_record(), MARKUP | {"multiply": "2"})
    assert price(call(usage={"page": 1}), book) == Pending("rate_missing", "page")
    assert price(call(usage=None), book) == Pending("usage_missing", "the call tells no usage")
    assert price(call(operation="execute_tool", usage=None), book) == NOTHING_DUE


def test_zero_of_one_dimension_ends_nothing() -> None:
    assert cost(call(usage={"input": 0, "output": 500}), book_of(price_record())) == "0.005"


@pytest.mark.parametrize(
    ("used", "fields", "saved"),
    [
        ({"input": 9}, {}, "0"), ({"input": 9, "cache_read": 1000}, {}, "0.0015"),
        ({"cache_write": 1000}, {}, "-0.001"),
        ({"cache_read": 1000}, {"region": "eu"}, "0.003"),
        ({"cache_read": 1000, "cache_write": 1000}, {}, "0.0005"),
    ],
)  # fmt: skip
def test_what_a_cache_saves(used: dict[str, int], fields: dict[str, str], saved: str) -> None:
    eu = {"id": "eu", "multiply": "2", "when": {"region": ["eu"]}}
    told = rates(input="2", cache_read="0.5", cache_write="3")
    result = priced(book_of(price_record(rates=told, adjustments=[eu])), usage=used, **fields)
    assert result.cache_saved == Decimal(saved)


PAYLOAD: dict[str, Any] = {"usage": None, "usage_payload": {"input_tokens": 10, "output_tokens": 5}}


def test_a_payload_is_read_as_the_flavour_says_and_names_what_the_call_does_not() -> None:
    book = book_of(price_record(), price_record("m2", rates=rates(input="4", output="4")))
    told = call(flavour="openai.responses", **PAYLOAD)
    decision = decide(told, book)
    assert isinstance(decision.result, Priced)
    assert decision.result.cost == Decimal("0.00007")
    assert decision.event.usage == {"input": 10, "output": 5}
    body = {"model": "m2", "usage": PAYLOAD["usage_payload"]}
    fields = {"flavour": "openai.responses", "usage": None, "usage_payload": body}
    for response, paid in (("", "0.00006"), ("m1", "0.00007")):
        found = decide(call(response_model=response, **fields), book).result
        assert isinstance(found, Priced)
        assert found.cost == Decimal(paid)


def test_an_orgs_own_price_counts_for_its_own_calls() -> None:
    own = price_record(scope="org:acme", rates=rates(input="1", output="1"))
    result = decide(call(org_id="acme"), book_of(price_record(), own)).result
    assert isinstance(result, Priced)
    assert result.cost == Decimal("0.0015")


@pytest.mark.parametrize(
    ("provider", "reference", "last"),
    [
        ("aws.bedrock", "amazon.nova-lite-v1:0:8k", "amazon.nova-lite-v1:0:8k"),
        ("openai", "ft:m1:acme", "ft:m1"), ("openai", "ft:m1", "ft:m1"),
        ("gcp.vertex_ai", "google/gemini-2", "gemini-2"),
        ("aws.bedrock", "arn:aws:bedrock:r:1:custom-model/base-8k/ab12", "ab12"),
        ("aws.bedrock", "arn:aws:bedrock:r::foundation-model/m1", "m1"),
        ("aws.bedrock", "arn:aws-us-gov:bedrock:r::foundation-model/m1", "us-gov.m1"),
        ("aws.bedrock", "arn:aws-us-gov:bedrock:r:1:inference-profile/us-gov.m1", "us-gov.m1"),
        ("aws.bedrock", "arn:aws-cn:bedrock:r::foundation-model/m1", "cn.m1"),
        ("aws.bedrock", "arn:aws:bedrock", "arn:aws:bedrock"),
    ],
)  # fmt: skip
def test_the_last_spelling_of_a_reference(provider: str, reference: str, last: str) -> None:
    assert candidates(provider, reference)[-1] == last


LATE = {"effective_from": "2027-01-01T00:00:00Z"}
ALIAS = {"kind": "alias", "provider": "openai", "reference": "r", "model": "m1"} | LATE
PATTERN = {"kind": "pattern", "provider": "openai", "rule_id": "p", "match": {"prefix": "r"}}


@pytest.mark.parametrize(
    ("records", "fields", "reason", "detail"),
    [
        ([], {"provider": " "}, "provider_unknown", "the call names no provider"),
        ([], {"provider": "x"}, "provider_unknown", "x"),
        ([], {"request_model": " "}, "model_missing", "openai"),
        ([price_record("r") | LATE], {}, "no_version_at_time", "r"),
        ([price_record("m2") | LATE, PATTERN | {"model": "m2"}], {},
         "no_version_at_time", "r -> m2"),
        ([PATTERN | {"model": "m9"}], {}, "model_unknown",
         "r -> m9: the pattern's model has no price"),
    ],
)  # fmt: skip
def test_why_there_is_no_price(
    records: list[dict[str, Any]], fields: dict[str, str], reason: Any, detail: str
) -> None:
    book = book_of(price_record(), *records)
    told = call(**{"response_model": "r" if records else "", **fields})
    assert price(told, book) == Pending(reason, detail)


def test_the_model_that_answered_is_looked_up_to_the_end_before_the_one_that_was_asked() -> None:
    book = book_of(price_record(), ALIAS)
    assert cost(call(response_model="r"), book) == "0.007"
    book = book_of(price_record(), ALIAS, PATTERN | {"model": "m2"}, price_record("m2"))
    assert priced(book, response_model="r").price_key.startswith("price|*|openai|m2")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"effective_to": START}, "effective_to must be after effective_from"),
        ({"variants": [{"id": "v", "when": {"region": [r]}, "rates": {}} for r in ("eu", "us")]},
         "two variants have the same id"),
        ({"variants": [{"id": "v", "rates": {}, "when": {
            "utc_weekly": {"days": [1], "minutes": [[60, 60]]}}}]},
         "a span of minutes must end after it starts; split it at midnight"),
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_says_where(fields: dict[str, Any], why: str) -> None:
    record = PriceRecord.model_validate_json(orjson.dumps(price_record(**fields)))
    with pytest.raises(ValueError, match=f"^{why}$"):
        compile_price(record, "k")
