"""litellm's model map (MIT): today's prices per unit as floats, modes and sizes in field names.

`input_cost_per_token_above_200k_tokens_priority` is the rate `input`, above 200,000 tokens, in
mode priority. A field about money that is not known fails the import.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.prices.sheet import MILLION, STANDARD, Cell, Rate, Sheet, exact

_DIMENSIONS: dict[str, tuple[str, int]] = {
    "input_cost_per_token": ("input", MILLION),
    "output_cost_per_token": ("output", MILLION),
    "output_cost_per_reasoning_token": ("reasoning", MILLION),
    "cache_read_input_token_cost": ("cache_read", MILLION),
    "cache_creation_input_token_cost": ("cache_write", MILLION),
    "cache_creation_input_token_cost_above_1hr": ("cache_write_1h", MILLION),
    "input_cost_per_audio_token": ("input_audio", MILLION),
    "output_cost_per_audio_token": ("output_audio", MILLION),
    "cache_read_input_audio_token_cost": ("cache_read_audio", MILLION),
    "cache_read_input_image_token_cost": ("cache_read_image", MILLION),
    "input_cost_per_image_token": ("input_image", MILLION),
    "output_cost_per_image_token": ("output_image", MILLION),
    "input_cost_per_video_token": ("input_video", MILLION),
    "output_cost_per_video_token": ("output_video", MILLION),
    "citation_cost_per_token": ("citation", MILLION),
    "input_cost_per_character": ("character", MILLION),
    "input_cost_per_request": ("request", 1000),
    "ocr_cost_per_page": ("page", 1000),
    "google_maps_grounding_cost_per_query": ("maps_search", 1000),
    "code_interpreter_cost_per_session": ("code_session", 1),
}
_IGNORED = re.compile(
    r"^(annotation_cost|ocr_cost_per_credit|guardrail_cost|vector_store_cost|computer_use_"
    r"|file_search_cost_per_gb|input_cost_per_(pixel|video_per_second|text_message|audio_per_second"
    r"|image|second|query)|output_cost_per_(pixel|video_per_second|second|image|character)"
    r"|input_dbu_|output_dbu_|cache_creation_input_audio|input_cost_per_token_cache_hit$"
    r"|explicit_cache_read|regional_|file_search_cost_per_1k_calls$|search_context_cost_per_query$"
    r"|tiered_pricing$|off_peak_pricing$|supports_)"
)
"""Read elsewhere below, repeated under another name, or of a unit that has no dimension here:
pixels, pages with annotations, storage, Databricks units."""
_MODES = {
    "_batches": "batch", "_flex": "flex", "_priority": "priority", "_ultrafast": "ultrafast",
}  # fmt: skip
_MODES_IGNORED = ("_balanced", "_decisions")
_ABOVE = re.compile(r"_above_(\d+)k_tokens")
_MONEY = re.compile(r"cost|price|pricing|uplift|multiplier")


class UnknownFieldError(ValueError):
    """The map tells something that this importer was not written for."""


def decimal(value: float) -> Decimal:
    """The number that was written."""
    return exact(Decimal(repr(value)))


_ROUNDED = Decimal("0.0005")


def spoken(second: Decimal) -> Rate:
    """The price of a minute or of an hour that a price of a second was rounded from.

    >>> spoken(Decimal("0.00007167")), spoken(Decimal("0.0000611"))
    ((Decimal('0.0043'), 60), (Decimal('0.22'), 3600))
    """
    for per, digits in ((60, "0.0001"), (3600, "0.01")):
        told = second * per
        price = told.quantize(Decimal(digits))
        if abs(price - told) <= told * _ROUNDED:
            return price.normalize(), per
    return second * 60, 60


def sheet(entry: Mapping[str, Any], *, anthropic: bool) -> Sheet:
    """One model's prices. All zero means that the map does not know them: an empty sheet."""
    cells: dict[Cell, dict[str, Rate]] = {(STANDARD, 0): {}}
    for name, value in entry.items():
        if (found := _field(name)) is None or not isinstance(value, int | float) or not value:
            continue
        dimension, per, cell = found
        if anthropic and dimension == "cache_write":
            dimension = "cache_write_5m"
        cells.setdefault(cell, {})[dimension] = (decimal(value) * per, per)
    cells[STANDARD, 0] |= _units(entry)
    _tiered(entry, cells)
    return Sheet(
        cells={cell: told for cell, told in cells.items() if told or cell == (STANDARD, 0)},
        regions=_regions(entry),
        deployments=_deployments(entry),
        searches=_searches(entry),
        sizes=_resolutions(entry),
    )


def _field(name: str) -> tuple[str, int, Cell] | None:
    """The dimension, its unit and the cell of a field; None for one that is no rate here."""
    if not _MONEY.search(name):
        return None
    bare, mode = name, STANDARD
    for suffix, found in _MODES.items():
        if name.endswith(suffix):
            bare, mode = name.removesuffix(suffix), found
    if bare.endswith(_MODES_IGNORED):
        return None
    above = _ABOVE.search(bare)
    bare = _ABOVE.sub("", bare)
    if bare in _DIMENSIONS:
        dimension, per = _DIMENSIONS[bare]
        return dimension, per, (mode, int(above.group(1)) * 1000 if above else 0)
    if _IGNORED.match(bare):
        return None
    raise UnknownFieldError(f"price field {name}")


def _units(entry: Mapping[str, Any]) -> dict[str, Rate]:
    """Rates whose unit depends on what kind of model it is."""
    mode, told = entry.get("mode"), dict[str, Rate]()
    if mode == "rerank" and (query := entry.get("input_cost_per_query")):
        told["search_unit"] = (decimal(query) * 1000, 1000)
    if mode == "audio_transcription" and (second := entry.get("input_cost_per_second")):
        told["audio_second"] = spoken(decimal(second))
    if mode in ("image_generation", "image_edit"):
        image = entry.get("output_cost_per_image") or entry.get("input_cost_per_image")
        if image:
            told["image"] = (decimal(image), 1)
    if calls := entry.get("file_search_cost_per_1k_calls"):
        told["file_search"] = (decimal(calls), 1000)
    return told | _searching(entry) | _seen_and_heard(entry)


_SEEN_AND_HEARD = {
    "input_cost_per_image": ("image", 1), "input_cost_per_query": ("request", 1000),
    "input_cost_per_video_per_second": ("video_second", 1),
}  # fmt: skip
_MADE = ("output_cost_per_second", "output_cost_per_video_per_second")
_LENGTHS = "input_cost_per_video_per_second_above_15s_interval"
"""What a second of video costs depends on how many stand together: not read."""


def _seen_and_heard(entry: Mapping[str, Any]) -> dict[str, Rate]:
    """Videos by the second, what embeddings are made of, and speech that has no other price."""
    mode, told = entry.get("mode"), dict[str, Rate]()
    if mode == "video_generation" and (second := entry.get(_MADE[0]) or entry.get(_MADE[1])):
        told["video_second"] = (decimal(second), 1)
    if mode == "embedding":
        for name, (dimension, per) in _SEEN_AND_HEARD.items():
            is_read = entry.get(name) and not (dimension == "video_second" and _LENGTHS in entry)
            if is_read:
                told[dimension] = (decimal(entry[name]) * per, per)
    second = entry.get("input_cost_per_audio_per_second")
    if mode == "realtime" and not entry.get("input_cost_per_token"):
        second = entry.get("input_cost_per_second")
    if second:
        told["audio_second"] = spoken(decimal(second))
    return told


_BY_SIZE = "output_cost_per_second_"


def _resolutions(entry: Mapping[str, Any]) -> dict[str, dict[str, Rate]]:
    """Those that cost something else than a video whose resolution is not told."""
    base = entry.get("output_cost_per_second")
    return {
        name.removeprefix(_BY_SIZE): {"video_second": (decimal(value), 1)}
        for name, value in entry.items()
        if name.startswith(_BY_SIZE) and value and value != base
    }


def _sizes(entry: Mapping[str, Any]) -> dict[str, float]:
    told = entry.get("search_context_cost_per_query") or {}
    return {name.rsplit("_", 1)[-1]: value for name, value in told.items() if value}


def _searching(entry: Mapping[str, Any]) -> dict[str, Rate]:
    """What a search costs whatever its context size. Perplexity's smallest is its default.

    Deep research is billed by search and not by request, the other models of Perplexity by request.
    """
    sizes = _sizes(entry)
    if not sizes:
        return {}
    is_perplexity = entry.get("litellm_provider") == "perplexity"
    if len(set(sizes.values())) > 1 and not is_perplexity:
        return {}
    told: dict[str, Rate] = {}
    if is_perplexity:
        told = {"request": (Decimal(0), 1000), "web_search": (Decimal(0), 1000)}
    told[_searched(entry)] = (decimal(sizes.get("low") or min(sizes.values())) * 1000, 1000)
    return told


def _searched(entry: Mapping[str, Any]) -> str:
    """Perplexity charges each request by its search context, the others each search."""
    is_deep = "output_cost_per_reasoning_token" in entry
    is_by_request = entry.get("litellm_provider") == "perplexity" and not is_deep
    return "request" if is_by_request else "web_search"


def _searches(entry: Mapping[str, Any]) -> dict[str, dict[str, Rate]]:
    sizes = _sizes(entry)
    if len(set(sizes.values())) < 2:
        return {}
    return {
        size: {_searched(entry): (decimal(value) * 1000, 1000)} for size, value in sizes.items()
    }


def _regions(entry: Mapping[str, Any]) -> dict[str, Decimal]:
    found = {
        name.rsplit("_", 1)[-1]: decimal(value)
        for name, value in entry.items()
        if name.startswith("regional_processing_uplift_multiplier_")
    }
    own = entry.get("provider_specific_entry") or {}
    if "us" in own:
        found["us"] = decimal(own["us"])
    return found


def _deployments(entry: Mapping[str, Any]) -> dict[str, Decimal]:
    """Vertex: endpoints of one region or several cost more than the global one."""
    factor = entry.get("regional_endpoint_uplift_multiplier")
    return dict.fromkeys(("regional", "multi-region"), decimal(factor)) if factor else {}


def _tiered(entry: Mapping[str, Any], cells: dict[Cell, dict[str, Rate]]) -> None:
    """`tiered_pricing`: ranges of input tokens; above a range's start its prices stand."""
    for tier in entry.get("tiered_pricing") or ():
        bounds = tier.get("range")
        if not bounds:
            continue
        told = {}
        for name, value in tier.items():
            if isinstance(value, int | float) and value and (found := _field(name)):
                told[found[0]] = (decimal(value) * found[1], found[1])
        cells.setdefault((STANDARD, int(bounds[0])), {}).update(told)
