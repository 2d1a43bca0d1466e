"""The importers: fields they do not know fail, modes and sizes are kept apart, belief is told."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace as Told
from typing import Any

import pytest

from services.prices import genai, litellm_map
from services.prices.build import doubts
from services.prices.merge import AGREED, DISPUTED, SINGLE, Merged, Taken, merge
from services.prices.naming import Library, Named, from_genai, from_litellm
from services.prices.sheet import MILLION, Sheet, carried

TAKEN = Taken("2026-11-20", "dated@1", "undated@1")
M = Decimal(MILLION)


class Tiered:
    """As genai-prices tells a price with a threshold."""

    def __init__(self, base: str, start: int, price: str) -> None:
        self.base, self.tiers = Decimal(base), [Told(start=start, price=Decimal(price))]


def model(*names: str, prices: Any, variants: Any = None, clause: str = "equals") -> Any:
    match = Told(or_=[Told(**{clause: name}) for name in names])

    def is_match(ref: str) -> bool:
        return any(ref == n if clause == "equals" else ref.startswith(n) for n in names)

    return Told(id=names[0], match=match, is_match=is_match, prices=prices, price_variants=variants)


def provider(name: str, *models: Any) -> Any:
    def find(ref: str) -> Any:
        return next((m for m in models if m.is_match(ref)), None)

    return Told(id=name, models=list(models), pricing_urls=["https://p"], _match_model=find)


def merged(dated: Library, mapped: Library) -> Merged:
    return merge(dated, mapped, frozenset(), TAKEN)


def entry(**fields: Any) -> dict[str, Any]:
    return {"litellm_provider": "openai", "mode": "chat"} | fields


def test_an_unknown_price_field_fails_the_import() -> None:
    with pytest.raises(litellm_map.UnknownFieldError, match="input_cost_per_thought"):
        litellm_map.sheet(entry(input_cost_per_thought=1e-6), anthropic=False)
    with pytest.raises(genai.UnknownFieldError, match="thought_mtok"):
        genai.sheets(model("m", prices=Told(thought_mtok=Decimal(1))), anthropic=False)
    odd = [Told(when={"mood": "good"}, prices=Told(), constraint=None)]
    with pytest.raises(genai.UnknownFieldError, match="mood"):
        genai.sheets(model("m", prices=Told(input_mtok=Decimal(1)), variants=odd), anthropic=False)


def test_phoenix_14314_fields_above_a_size_are_kept() -> None:
    told = litellm_map.sheet(
        entry(
            input_cost_per_token=1e-6, input_cost_per_token_above_200k_tokens=2e-6,
            input_cost_per_token_above_200k_tokens_batches=1e-6,
            cache_creation_input_token_cost_above_1hr=4e-6,
            cache_creation_input_token_cost_above_1hr_above_200k_tokens=8e-6,
        ),
        anthropic=True,
    )  # fmt: skip
    assert told.cells[("", 0)] == {"input": (1, MILLION), "cache_write_1h": (4, MILLION)}
    assert told.cells[("", 200_000)] == {"input": (2, MILLION), "cache_write_1h": (8, MILLION)}
    assert told.cells[("batch", 200_000)] == {"input": (1, MILLION)}


def test_litellm_8867_float_noise_is_not_a_price() -> None:
    told = litellm_map.sheet(entry(input_cost_per_token=1.2500000000000001e-07), anthropic=False)
    assert told.base()["input"] == (Decimal("0.125"), MILLION)


def test_all_zero_is_not_known_rather_than_free() -> None:
    assert not from_litellm({"m": entry(input_cost_per_token=0.0, output_cost_per_token=0.0)})


def test_dates_and_recorded_variants() -> None:
    prices = [
        Told(constraint=None, prices=Told(input_mtok=Decimal(10), output_mtok=Decimal(40))),
        Told(constraint=Told(start_date=date(2025, 6, 10)),
             prices=Told(input_mtok=Decimal(2), output_mtok=Decimal(8))),
    ]  # fmt: skip
    batch = Told(
        when={"processing": "batch"}, constraint=Told(start_date=date(2026, 10, 14)),
        prices=Told(input_mtok=Decimal(1), output_mtok=Decimal(4)),
    )  # fmt: skip
    first, second = genai.sheets(model("o3", prices=prices, variants=[batch]), anthropic=False)  # type: ignore[misc]
    assert ("batch", 0) not in first.cells
    assert second.cells["batch", 0] == {"input": (1, MILLION), "output": (4, MILLION)}
    earlier, _ = carried([first, second], "2026-11-20")
    assert earlier.cells["batch", 0] == {"input": (5, MILLION), "output": (20, MILLION)}
    other = Sheet(cells={("", 0): {"input": (M, 1)}})
    assert carried([other, second], "2020-01-01") == [other, second]


def test_hours_of_the_day_are_left_to_a_person() -> None:
    night = [Told(constraint=Told(start_time=1), prices=Told(input_mtok=Decimal(1)))]
    assert genai.sheets(model("m", prices=night), anthropic=False) is None


def test_at_least_is_told_apart_from_more_than() -> None:
    tiers = Told(input_mtok=Tiered("1", 199_999, "2"))
    record = merged(from_genai([provider("x-ai", model("grok", prices=tiers))], {}), {}).records[0]
    assert record["variants"][0]["when"] == {"context_tokens": {"gte": 200_000}}
    tiers = Told(input_mtok=Tiered("1", 200_000, "2"))
    record = merged(from_genai([provider("google", model("g", prices=tiers))], {}), {}).records[0]
    assert record["variants"][0]["when"] == {"context_tokens": {"gt": 200_000}}


def test_belief_and_its_reason_are_in_the_record() -> None:
    dated = from_genai(
        [provider("openai", model("same", prices=Told(input_mtok=Decimal(1))),
                  model("other", prices=Told(input_mtok=Decimal(2))))], {}
    )  # fmt: skip
    mapped = from_litellm(
        {"same": entry(input_cost_per_token=1e-6, input_cost_per_token_flex=5e-7),
         "other": entry(input_cost_per_token=3e-6, input_cost_per_token_priority=6e-6),
         "alone": entry(input_cost_per_token=4e-6)}
    )  # fmt: skip
    found = merged(dated, mapped)
    by_model = {record["model"]: record for record in found.records}
    told = {name: record["source"]["confidence"] for name, record in by_model.items()}
    assert told == {"same": AGREED, "other": DISPUTED, "alone": SINGLE}
    assert by_model["other"]["rates"]["input"]["price"] == "2"
    assert "variants" not in by_model["other"], "a mode of another price"
    assert "another library says 3" in by_model["other"]["audit"]["reason"]
    assert by_model["same"]["variants"][0]["rates"]["input"]["price"] == "0.5"
    assert [(d.named, d.dimension) for d in found.differences] == [
        (Named("openai", "other"), "input")
    ]


def test_what_is_not_believed_of_a_model_is_not_believed_of_its_snapshot() -> None:
    dated = from_genai(
        [provider("openai", model("m", prices=Told(input_audio_mtok=Decimal(3))))], {}
    )
    heard = {"input_cost_per_audio_token": 1.25e-06, "input_cost_per_token": 1e-06}
    mapped = from_litellm({"m": entry(**heard), "m-2025-03-20": entry(**heard)})
    for record in merged(dated, mapped).records:
        assert record["rates"]["input_audio"]["price"] == "3", record["model"]
        assert record["rates"]["input"]["price"] == "1"


def test_genai_471_a_prefix_prices_no_newer_model_at_another_price() -> None:
    command = model("command-a", prices=Told(input_mtok=Decimal(1)), clause="starts_with")
    mapped = from_litellm(
        {"command-a-plus": entry(litellm_provider="cohere_chat", input_cost_per_token=9e-6)}
    )
    dated = from_genai([provider("cohere", command)], {"cohere": ["command-a-plus"]})
    found = {r["model"]: r["rates"]["input"]["price"] for r in merged(dated, mapped).records}
    assert found == {"command-a": "1", "command-a-plus": "9"}
    assert genai.snapshots(command, "cohere") == ["command-a-20"]


def test_names_of_places_become_regions() -> None:
    mapped = from_litellm(
        {
            "azure/gpt-4o": entry(litellm_provider="azure", input_cost_per_token=1e-6),
            "azure/eu/gpt-4o": entry(litellm_provider="azure", input_cost_per_token=2e-6),
            "bedrock/us-gov-west-1/m": entry(litellm_provider="bedrock", input_cost_per_token=1e-6),
        }
    )
    assert set(mapped) == {Named("azure.ai.openai", "gpt-4o")}
    [record] = merged({}, mapped).records
    assert {"region": ["eu"]} in [variant["when"] for variant in record["variants"]]
    assert [a["when"] for a in record["adjustments"]] == [{"region": ["us"]}]


def test_a_snapshot_of_azure_costs_in_a_zone_what_its_model_does() -> None:
    azure = {"litellm_provider": "azure", "search_context_cost_per_query": {"low": 0.01}}
    mapped = from_litellm({
        "azure/gpt-6-x": entry(**azure, input_cost_per_token=1e-6),
        "azure/eu/gpt-6-x": entry(litellm_provider="azure", input_cost_per_token=1.2e-6),
        "azure/gpt-6-x-2026-09-03": entry(**azure, input_cost_per_token=1e-6),
        "azure/gpt-6-x-2026-05-13": entry(**azure, input_cost_per_token=2e-6),
    })  # fmt: skip
    records = {record["model"]: record for record in merged({}, mapped).records}
    for name in ("gpt-6-x", "gpt-6-x-2026-09-03"):
        [eu] = records[name]["variants"]
        assert (eu["when"], eu["inherit"]) == ({"region": ["eu"]}, ["web_search"])
        assert eu["rates"]["input"]["price"] == "1.2"
    dearer = records["gpt-6-x-2026-05-13"]
    assert [a["when"] for a in dearer["adjustments"]] == [{"region": ["eu"]}, {"region": ["us"]}]


def rates_of(record: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Prices by variant."""
    told = {"": record["rates"]} | {v["id"]: v["rates"] for v in record.get("variants", ())}
    return {name: {n: r["price"] for n, r in rates.items()} for name, rates in told.items()}


def test_an_announced_price_keeps_modes_and_fees_and_holds_on_vertex() -> None:
    start = Told(start_date=date(2026, 12, 1))
    prices = [
        Told(constraint=None, prices=Told(input_mtok=Decimal(2), output_mtok=Decimal(10))),
        Told(constraint=start, prices=Told(input_mtok=Decimal(4), output_mtok=Decimal(20))),
    ]
    mapped = from_litellm({
        name: entry(
            litellm_provider=kind, input_cost_per_token=first, output_cost_per_token=1e-5,
            input_cost_per_token_flex=1e-6, output_cost_per_token_flex=5e-6,
            input_cost_per_token_priority=3.6e-6, output_cost_per_token_priority=1.8e-5,
            google_maps_grounding_cost_per_query=0.014, regional_endpoint_uplift_multiplier=1.1,
        )
        for name, kind, first in (
            ("gemini/gemini-4-x", "gemini", 2e-6), ("vertex_ai/gemini-4-x", "vertex_ai-x", 2e-6),
            ("vertex_ai/gemini-4-y", "vertex_ai-x", 3e-6),
        )
    })  # fmt: skip
    dated = from_genai([provider("google", model("gemini-4-x", prices=prices))], {})
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in merged(dated, mapped).records:
        found.setdefault((record["provider"], record["model"]), []).append(record)
    for named in (("gcp.gemini", "gemini-4-x"), ("gcp.vertex_ai", "gemini-4-x")):
        _, later = found[named]
        assert later["effective_from"] == "2026-12-01T00:00:00Z"
        assert rates_of(later) == {
            "": {"input": "4", "output": "20", "maps_search": "14"},
            "flex": {"input": "2", "output": "10"}, "priority": {"input": "7.2", "output": "36"},
        }  # fmt: skip
    assert later["adjustments"][0]["multiply"] == "1.1"
    assert len(found["gcp.vertex_ai", "gemini-4-y"]) == 1


def test_a_mode_of_another_ratio_is_not_carried_to_other_versions() -> None:
    told = {"input": (M, 1), "cache_read": (M, 1), "output": (M, 1)}
    half = {"input": (M / 2, 1), "cache_read": (M, 1), "output": (M / 2, 1)}
    later = Sheet(
        "2027-01-01T00:00:00Z", cells={("", 0): {n: (p * 2, 1) for n, (p, _) in told.items()}}
    )
    _, kept = carried([Sheet(cells={("", 0): told, ("batch", 0): half}), later], "2026-11-20")
    assert kept.cells["batch", 0] == {"input": (M, 1), "cache_read": (2 * M, 1), "output": (M, 1)}
    odd = {"input": (M / 2, 1), "output": (M, 1)}
    _, kept = carried([Sheet(cells={("", 0): told, ("batch", 0): odd}), later], "2026-11-20")
    assert ("batch", 0) not in kept.cells


@pytest.mark.parametrize(
    ("second", "price", "per"),
    [
        (7.167e-05, "0.0043", 60), (0.0001, "0.006", 60), (6.11e-05, "0.22", 3600),
        (2.778e-05, "0.1", 3600), (8.75e-05, "0.00525", 60), (3.333e-05, "0.002", 60),
    ],
)  # fmt: skip
def test_a_price_of_a_second_is_that_of_the_minute_or_hour_it_was_rounded_from(
    second: float, price: str, per: int
) -> None:
    told = entry(mode="audio_transcription", input_cost_per_second=second)
    assert litellm_map.sheet(told, anthropic=False).base()["audio_second"] == (Decimal(price), per)


def test_the_noise_of_a_float_is_no_price_in_either_library() -> None:
    prices = Told(input_mtok=Decimal("0.13999999999999999"), output_mtok=Decimal("0.2799999999999"))
    [sheet] = genai.sheets(model("m", prices=prices), anthropic=False)  # type: ignore[misc]
    assert sheet.base() == {
        "input": (Decimal("0.14"), MILLION),
        "output": (Decimal("0.28"), MILLION),
    }


def test_the_price_of_a_step_is_not_taken_for_that_of_a_token() -> None:
    def record(price: str) -> dict[str, Any]:
        rates = {"input": {"price": price, "per": MILLION}, "cache_read": {"price": "0.001"}}
        return {"provider": "fireworks", "model": "flux", "rates": rates}

    assert doubts(record("0.0019"))
    assert not doubts(record("0.002"))
    assert not doubts(record("0"))
