"""A call as it was told: voids, payloads that cannot be read, whose prices count, conditions."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.call import CallEvent
from schemas.price import Threshold
from services.pricing.conditions import Attributes, least
from services.pricing.core import NOTHING_DUE, Priced, price
from services.pricing.matching import Pending
from services.pricing.quote import quote_line
from services.pricing.quote import told as quoted
from services.pricing.told import Decision, decide, read
from tests.unit.pricing.make import NOON, START, book_of, call, cost, price_record, rates

ODD = {"usage": None, "usage_payload": {"units": 3}}


def markup(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "markup", "scope": "*", "rule_id": "fee", "effective_from": START, "multiply": "2",
    } | fields  # fmt: skip


def test_a_void_costs_nothing_whatever_it_tells() -> None:
    told = call(is_void=True, revision=1, **ODD)
    assert decide(told, book_of()) == Decision(told, None, NOTHING_DUE)


def test_a_payload_with_more_than_one_reading_waits_for_its_flavour() -> None:
    told = call(**ODD)
    detail = "flavour: the payload's shape leaves more than one reading"
    assert read(told) == Pending("usage_not_normalised", detail)


@pytest.mark.parametrize("flavour", ["nobody.knows", "x" * 200])
def test_a_flavour_nobody_knows_waits_for_its_reader(flavour: str) -> None:
    told = call(flavour=flavour, **ODD)
    assert read(told) == Pending("usage_not_normalised", flavour)


def test_the_prices_of_whom_another_span_tells_count() -> None:
    own = price_record(scope="org:acme", rates=rates(input="1", output="1"))
    book = book_of(price_record(), own)
    told = call(org_id="")
    assert decide(told, book).result == price(told, book)
    billed = decide(told, book, "acme")
    assert billed.event == told
    assert isinstance(billed.result, Priced)
    assert billed.result.cost == Decimal("0.0015")


@pytest.mark.parametrize(
    ("when", "fields", "charge"),
    [
        ({"provider": ["Azure.OpenAI"]}, {}, "0.007"),
        ({"provider": ["azure.openai", " OpenAI"]}, {}, "0.014"),
        ({"model": ["M1 "]}, {}, "0.014"),
        ({"model": ["m2"]}, {}, "0.007"),
        ({"model": ["m1-dated"]}, {"response_model": "m1-dated"}, "0.014"),
        ({"model": ["m1"]}, {"response_model": "m1-dated"}, "0.014"),
        ({"provider": ["openai"], "model": ["m2"]}, {}, "0.007"),
    ],
)
def test_a_markup_of_a_provider_or_model(
    when: dict[str, Any], fields: dict[str, Any], charge: str
) -> None:
    result = price(call(**fields), book_of(price_record(), markup(when=when)))
    assert isinstance(result, Priced)
    assert (result.cost, result.charge) == (Decimal("0.007"), Decimal(charge))


def test_every_rule_that_holds_is_paid_and_the_others_are_passed_over() -> None:
    rules = [
        markup(rule_id="a", multiply="3", when={"model": ["m2"]}),
        markup(rule_id="b", multiply="2"),
    ]
    result = price(call(), book_of(price_record(), *rules))
    assert isinstance(result, Priced)
    assert result.charge == Decimal("0.014")
    assert [line.dimension for line in result.lines if line.kind == "markup"] == ["b"]


def test_standard_is_an_ordinary_tier_but_a_quality_like_any_other() -> None:
    told = [{"id": "s", "when": {"quality": ["standard"]}, "rates": rates(input="4", output="0")}]
    book = book_of(price_record(variants=told))
    assert cost(call(quality="standard"), book) == "0.004"
    assert cost(call(), book) == "0.007"
    tier = [
        {"id": "t", "when": {"service_tier": ["default"]}, "rates": rates(input="4", output="0")}
    ]
    book = book_of(price_record(variants=tier))
    assert cost(call(service_tier="standard"), book) == "0.004"
    assert cost(call(), book) == "0.004"


@pytest.mark.parametrize(
    ("threshold", "fewest"), [({"gt": 0}, 1), ({"gt": 7}, 8), ({"gte": 0}, 0), ({"gte": 7}, 7)]
)
def test_the_fewest_tokens_of_a_threshold(threshold: dict[str, int], fewest: int) -> None:
    assert least(Threshold.model_validate(threshold)) == fewest


@pytest.mark.parametrize("threshold", [{}, {"gt": 1, "gte": 1}])
def test_a_threshold_has_one_bound(threshold: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"^context_tokens needs exactly one of gt and gte$"):
        least(Threshold.model_construct(**{"gt": None, "gte": None} | threshold))


_TOLD = st.sampled_from(["", "openai", "m1", "eu", "batch", "priority", "standard", "acme"])
_PAYLOADS = st.sampled_from([
    {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    {"usage": {"prompt_tokens": 7, "completion_tokens": 5}, "model": "m1", "service_tier": "flex"},
    {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 13},
    {},
])  # fmt: skip


@given(
    fields=st.fixed_dictionaries({}, optional={"provider": _TOLD, "model": _TOLD, "org_id": _TOLD}),
    served=st.fixed_dictionaries({}, optional=dict.fromkeys(Attributes._fields, _TOLD)),
    usage=st.none() | st.just({"input": 7, "output": 5}) | st.just({"audio_second": "0.5"}),
    payload=st.none() | _PAYLOADS,
)
def test_a_request_is_quoted_what_the_call_costs_that_it_describes(
    fields: dict[str, str],
    served: dict[str, str],
    usage: dict[str, Any] | None,
    payload: dict[str, Any] | None,
) -> None:
    tiers = [
        {"id": "b", "when": {"processing": ["batch"]}, "rates": rates(input="1", output="5")},
        {"id": "f", "when": {"service_tier": ["flex"]}, "rates": rates(input="1", output="4")},
    ]
    own = price_record(scope="org:acme", rates=rates(input="1", output="1", audio_second="3"))
    book = book_of(price_record(variants=tiers), own)
    told = {"usage": usage} if payload is None else {"usage_payload": payload}
    request = {"id": "q", "time": NOON, **told, **fields, "attributes": served}
    answer, _ = quote_line(orjson.dumps(request), book)
    model = fields.get("model", "")
    event = {**fields, **served, **told, "event_id": "q", "occurred_at": NOON}
    event.pop("model", None)
    decision = decide(
        CallEvent.model_validate_json(orjson.dumps(event | {"response_model": model})), book
    )
    assert answer == {"id": "q"} | quoted(decision.reading, decision.result)
