"""The shipped price book: every record usable, every golden case exact, the files as generated."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.price import BOOK_RECORD, PriceRecord
from services.pricer.quote import answers, read_book
from services.pricing import seed
from services.pricing.book import PriceBook
from services.pricing.cover import matched_by
from services.pricing.publishing import flaws

CASES = json.loads((Path(__file__).parents[2] / "data" / "pricing_cases.json").read_text())["cases"]
NAMES = {"proc": "processing", "tier": "service_tier", "speed": "speed", "region": "region"}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return read_book(seed.lines(), "the shipped price book")


def asked(case: dict[str, Any]) -> bytes:
    attributes = {NAMES[name]: value for name, value in case["context"].items()}
    return orjson.dumps(
        {"id": case["case_id"], "provider": case["provider"], "model": case["model"],
         "time": case["timestamp"], "usage_payload": case["provider_usage_payload"],
         "attributes": attributes}
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case_id"])
def test_golden_case_is_exact_by_the_shipped_book(case: dict[str, Any], book: PriceBook) -> None:
    [(line, understood)] = answers([asked(case)], book)
    answer = orjson.loads(line)
    assert understood
    if case["expected_outcome"] == "priced":
        assert (answer["outcome"], answer["cost_usd"]) == ("priced", case["expected_cost_usd"])
    else:
        assert (answer["outcome"], answer["cost_usd"]) == ("quarantined", None)


def test_every_record_passes_the_checks_of_publishing() -> None:
    series: Counter[str] = Counter()
    for line in seed.lines():
        record = BOOK_RECORD.validate_json(line)
        assert record.source.confidence if hasattr(record, "source") else record.audit.reason
        if isinstance(record, PriceRecord):
            assert flaws(record, None) == [], line
            series[record.provider] += 1
    assert len(series) > 100
    assert min(series[p] for p in ("openai", "anthropic", "gcp.gemini", "aws.bedrock")) > 40


def quoted(book: PriceBook, provider: str, model: str, usage: dict[str, int], **more: Any) -> Any:
    call = {"id": 1, "provider": provider, "model": model, "time": "2026-11-20T14:00:00Z",
            "usage": usage} | more  # fmt: skip
    [(line, _)] = answers([orjson.dumps(call)], book)
    return orjson.loads(line)


@pytest.mark.parametrize(
    ("provider", "model", "attributes", "time", "variant"),
    [
        ("openai", "gpt-6-astra", {"processing": "batch"}, None, "batch-above-272k"),
        ("openai", "gpt-5", {"service_tier": "fast"}, None, "priority"),
        ("azure", "gpt-4o-2024-08-06", {"region": "eu", "processing": "batch"}, None, "eu-batch"),
        ("deepseek", "deepseek-v4-pro", {}, "2026-11-24T02:00:00Z", "peak"),
        ("deepseek", "deepseek-v4-pro", {}, "2026-11-24T04:00:00Z", None),
        ("deepseek", "deepseek-v4-pro", {}, "2026-10-01T02:00:00Z", None),
        ("deepseek", "deepseek-v4-pro", {}, "2026-08-22T02:00:00Z", "peak"),
        ("anthropic", "claude-opus-5-5", {"speed": "fast"}, None, "fast"),
    ],
)  # fmt: skip
def test_variant_of_the_shipped_book(
    book: PriceBook, provider: str, model: str, attributes: dict[str, str], time: str | None,
    variant: str | None,
) -> None:  # fmt: skip
    usage = {"input": 300_000, "output": 10}
    at = {"time": time} if time else {}
    answer = quoted(book, provider, model, usage, attributes=attributes, **at)
    assert (answer["outcome"], answer["variant"]) == ("priced", variant)


@pytest.mark.parametrize(
    ("model", "attributes", "reason"),
    [
        ("gpt-4o", {"service_tier": "flex"}, "variant_missing"),
        ("o1", {"service_tier": "priority"}, "variant_missing"),
        ("gpt-99", {}, "model_unknown"),
        ("gpt-4o-lookalike", {}, "model_unknown"),
    ],
)
def test_what_is_not_known_is_pending(
    book: PriceBook, model: str, attributes: dict[str, str], reason: str
) -> None:
    answer = quoted(book, "openai", model, {"input": 1}, attributes=attributes)
    assert (answer["outcome"], answer["reason"], answer["cost_usd"]) == ("pending", reason, None)


@pytest.mark.parametrize("at", [199_999, 200_000, 200_001])
def test_thresholds_of_google_and_xai(book: PriceBook, at: int) -> None:
    google = quoted(book, "google", "gemini-2.5-pro", {"input": at})
    xai = quoted(book, "xai", "grok-4.20-0309-reasoning", {"input": at})
    assert google["variant"] == ("above-200k" if at > 200_000 else None)
    assert xai["variant"] == ("above-200k" if at >= 200_000 else None)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-3-opus-20240229"), ("anthropic", "claude-opus-4-1-20250805"),
        ("anthropic", "claude-sonnet-4-20250514"), ("openai", "gpt-4-0613"),
        ("openai", "o4-mini-2025-04-16"), ("google", "gemini-1.5-pro-002"),
        ("google", "models/gemini-2.5-pro"), ("xai", "grok-4"), ("mistral", "mistral-small-2503"),
        ("bedrock", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"), ("groq", "gemma2-9b-it"),
        ("openrouter", "openai/gpt-4o"), ("openai", "ft:gpt-4o-2024-08-06:acme::id"),
    ],
)  # fmt: skip
def test_models_in_use_and_retired_ones_are_known(
    book: PriceBook, provider: str, model: str
) -> None:
    assert matched_by(book, "", provider, model, datetime(2026, 11, 20, tzinfo=UTC)).price_key


def test_in_region_ids_of_bedrock_cost_a_tenth_more(book: PriceBook) -> None:
    usage = {"input": 100_000}
    costs = [
        quoted(book, "bedrock", f"{profile}anthropic.claude-sonnet-4-5-20250929-v1:0", usage)
        for profile in ("global.", "us.", "eu.", "")
    ]
    assert [cost["cost_usd"] for cost in costs] == ["0.3", "0.33", "0.33", "0.33"]


def test_free_models_are_explicitly_free(book: PriceBook) -> None:
    free = sorted(n for _, p, n in book.prices if p == "openrouter" and n.endswith(":free"))
    answer = quoted(book, "openrouter", free[0], {"input": 5, "output": 6})
    assert (answer["outcome"], answer["cost_usd"], len(answer["lines"])) == ("priced", "0", 2)
