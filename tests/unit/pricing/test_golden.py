"""The field's telling cases: exact cost from official rates and disjoint usage."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.pricing.core import Priced, price
from tests.unit.pricing.make import book_of, call

CASES = json.loads((Path(__file__).parents[2] / "data" / "pricing_cases.json").read_text())["cases"]
PRICEABLE = [case for case in CASES if case["expected_outcome"] == "priced"]


def record_of(case: dict[str, Any]) -> dict[str, Any]:
    context = case["context"]
    given = {
        name: {"price": value, "per": 1_000_000}
        for name, value in case["official_rates_usd_per_1M_units"].items()
    }
    model = {"rob-03": "gpt-4o", "rob-04": "gpt-4o-2024-08-06"}.get(case["case_id"], case["model"])
    record = {
        "kind": "price", "provider": case["provider"], "model": model,
        "effective_from": "2020-01-01T00:00:00Z", "rates": given,
        "fallback": {"reasoning": "output"},
    }  # fmt: skip
    when = {"batch": "processing", "priority": "service_tier", "fast": "speed"}
    tiers = [value for value in context.values() if value in when]
    if tiers:
        condition = {when[tiers[0]]: tiers}
        record["variants"] = [{"id": tiers[0], "when": condition, "rates": given}]
    if case["multiplier"] != "1":
        record["adjustments"] = [{
            "id": "region", "when": {"region": [context["region"]]},
            "multiply": case["multiplier"], "dimensions": "tokens",
        }]  # fmt: skip
    return record


def event_fields(case: dict[str, Any]) -> dict[str, Any]:
    names = {"proc": "processing", "tier": "service_tier", "speed": "speed", "region": "region"}
    return {names[name]: value for name, value in case["context"].items()} | {
        "provider": case["provider"], "response_model": case["model"], "request_model": "",
        "occurred_at": case["timestamp"], "usage": case["usage_disjoint"],
    }  # fmt: skip


@pytest.mark.parametrize("case", PRICEABLE, ids=lambda case: case["case_id"])
def test_golden_case(case: dict[str, Any]) -> None:
    result = price(call(**event_fields(case)), book_of(record_of(case)))
    assert isinstance(result, Priced), result
    assert result.cost == Decimal(case["expected_cost_usd"])


def test_every_priceable_case_is_here() -> None:
    assert len(PRICEABLE) == 39
