"""What providers document of a family of their models, and the libraries do not tell of all."""

from decimal import Decimal
from typing import Any

import pytest

from services.prices import litellm_map
from services.prices.documented import complete
from services.prices.naming import Named
from services.prices.sheet import MILLION, Origin, Sheet, records

M = Decimal(MILLION)


@pytest.mark.parametrize(
    ("named", "regions"),
    [
        (Named("openai", "gpt-5.2"), 0), (Named("openai", "gpt-5-2025-08-07"), 0),
        (Named("openai", "gpt-5.4-mini"), 10), (Named("openai", "gpt-6.1-terra"), 10),
        (Named("anthropic", "claude-opus-4-5"), 0), (Named("anthropic", "claude-opus-4-1"), 0),
        (Named("anthropic", "claude-opus-4-6"), 1), (Named("anthropic", "claude-fable-5-2"), 1),
        (Named("groq", "gpt-6"), 0),
    ],
)  # fmt: skip
def test_one_region_costs_a_tenth_more_since_the_provider_says_so(
    named: Named, regions: int
) -> None:
    [sheet] = complete(*named, [Sheet(cells={("", 0): {"input": (M, 1)}})])
    assert list(sheet.regions.values()) == [Decimal("1.1")] * regions


def test_speech_that_costs_what_text_does_costs_it_in_every_mode() -> None:
    base = {"output": (M, 1), "output_audio": (M, 1)}
    [sheet] = complete(
        "gcp.gemini", "x-tts", [Sheet(cells={("", 0): base, ("batch", 0): {"output": (M / 2, 1)}})]
    )
    assert sheet.cells["batch", 0]["output_audio"] == (M / 2, 1)
    other = {"output": (M, 1), "output_audio": (2 * M, 1)}
    [sheet] = complete(
        "gcp.gemini", "x-tts", [Sheet(cells={("", 0): other, ("batch", 0): {"output": (M / 2, 1)}})]
    )
    assert "output_audio" not in sheet.cells["batch", 0]


def test_a_batch_of_claude_halves_what_no_library_tells_of_it() -> None:
    base = {"input": (M, 1), "cache_write_1h": (2 * M, 1)}
    batch = {"input": (M / 2, 1)}
    [sheet] = complete("anthropic", "claude-x", [Sheet(cells={("", 0): base, ("batch", 0): batch})])
    assert sheet.cells["batch", 0] == {"input": (M / 2, 1), "cache_write_1h": (M, 1)}


def test_searches_of_xai_have_the_fee_of_their_time() -> None:
    [old] = complete("x_ai", "grok-3", [Sheet(cells={("", 0): {"input": (M, 1)}})])
    [new] = complete("x_ai", "grok-4.3", [Sheet(cells={("", 0): {"input": (M, 1)}})])
    assert old.base()["search_unit"] == (25, 1000)
    assert "web_search" not in old.base()
    assert new.base()["web_search"] == (5, 1000)
    assert "search_unit" not in new.base()


def test_a_batch_halves_audio_and_not_at_the_price_of_text() -> None:
    base = {"input": (M, 1), "input_audio": (3 * M, 1)}
    copied = {"input": (M / 2, 1), "input_audio": (M / 2, 1)}
    told = [Sheet(cells={("", 0): base, ("batch", 0): copied}), Sheet(cells={("", 0): base})]
    one, two = complete("gcp.vertex_ai", "gemini-x", told)
    assert one.cells["batch", 0]["input_audio"] == (3 * M / 2, 1)
    assert ("batch", 0) not in two.cells


def test_a_video_has_a_price_by_its_resolution() -> None:
    made = {
        "mode": "video_generation", "output_cost_per_second": 0.1,
        "output_cost_per_second_720p": 0.1, "output_cost_per_second_1080p": 0.12,
    }  # fmt: skip
    told = litellm_map.sheet(made, anthropic=False)
    [record] = records("p", "m", [told], Origin("one library", ()))
    assert record["rates"]["video_second"] == {"price": "0.1", "per": 1}
    [larger] = record["variants"]
    assert larger["when"] == {"image_size": ["1080p", "1920x1080", "1080x1920"]}
    assert larger["rates"]["video_second"]["price"] == "0.12"
    [sora] = complete("openai", "sora-2-pro", [Sheet(cells={("", 0): {}})])
    assert sora.sizes == {"1024p": {"video_second": (Decimal("0.5"), 1)}}


@pytest.mark.parametrize(
    ("entry", "base"),
    [
        ({"mode": "embedding", "input_cost_per_image": 6e-05}, {"image": (Decimal("0.00006"), 1)}),
        ({"mode": "embedding", "input_cost_per_query": 7e-05},
         {"request": (Decimal("0.07"), 1000)}),
        ({"mode": "embedding", "input_cost_per_video_per_second": 0.0005,
          "input_cost_per_video_per_second_above_15s_interval": 0.002}, {}),
        ({"mode": "embedding", "input_cost_per_audio_per_second": 0.00014},
         {"audio_second": (Decimal("0.0084"), 60)}),
        ({"mode": "realtime", "input_cost_per_second": 0.000566666666667},
         {"audio_second": (Decimal("0.034"), 60)}),
        ({"mode": "realtime", "input_cost_per_second": 0.001, "input_cost_per_token": 1e-06},
         {"input": (Decimal(1), MILLION)}),
        ({"mode": "chat", "input_cost_per_image": 0.001}, {}),
    ],
)  # fmt: skip
def test_what_is_seen_and_heard_has_a_unit_of_its_own(
    entry: dict[str, Any], base: dict[str, Any]
) -> None:
    assert litellm_map.sheet(entry, anthropic=False).base() == base
