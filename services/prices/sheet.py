"""Prices of one model as a library tells them, in one neutral form; and the records they make.

A cell is a rate under a mode of service (standard, batch, flex, priority, fast, ...) and above a
size of context. Nothing is derived that no library tells, but for what `records` documents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from schemas.money import plain
from schemas.price import Variant
from schemas.usage import TOKEN_DIMENSIONS
from services.pricing.ties import undecided

EPOCH = "2020-01-01T00:00:00Z"
MILLION = 1_000_000
STANDARD = ""
MODES: dict[str, dict[str, list[str]]] = {
    "batch": {"processing": ["batch"]},
    "flex": {"service_tier": ["flex"]},
    "priority": {"service_tier": ["priority", "fast"]},
    "ultrafast": {"service_tier": ["ultrafast"]},
    "fast": {"speed": ["fast"]},
}
"""What a call must say to fall under a mode. OpenAI renamed priority to fast, at one price."""
_FALLBACKS = (
    ("reasoning", "output"), ("input_tool", "input"), ("cache_write", "cache_write_5m"),
    ("cache_write_5m", "cache_write"),
    ("input_image", "input"), ("input_video", "input"), ("cache_read_image", "cache_read"),
)  # fmt: skip
"""Dimensions billed as another where they have no price of their own.

Anthropic's API, which others speak too, tells what was written for five minutes, and most of them
have one price of writing. What is kept for an hour costs more, so it stands for itself.
"""

Rate = tuple[Decimal, int]
"""Price and the number of units it is for."""
Cell = tuple[str, int]
"""Mode, and the context size above which it holds."""


@dataclass(frozen=True)
class Sheet:
    """All rates of one model from an instant on."""

    effective_from: str = EPOCH
    cells: Mapping[Cell, Mapping[str, Rate]] = field(default_factory=dict)
    regions: Mapping[str, Decimal] = field(default_factory=dict)
    """Region to the multiplier on token prices."""
    places: Mapping[str, Mapping[Cell, Mapping[str, Rate]]] = field(default_factory=dict)
    """Region to cells of its own."""
    deployments: Mapping[str, Decimal] = field(default_factory=dict)
    """Kind of deployment to the multiplier on token prices."""
    searches: Mapping[str, Mapping[str, Rate]] = field(default_factory=dict)
    """Search context size to rates that depend on it."""
    sizes: Mapping[str, Mapping[str, Rate]] = field(default_factory=dict)
    """Resolution of a video to rates that depend on it."""

    def base(self) -> Mapping[str, Rate]:
        """The standard rates below any threshold."""
        return self.cells.get((STANDARD, 0), {})


@dataclass(frozen=True)
class Origin:
    """Where the rates of a record come from."""

    confidence: str
    agrees_with: tuple[str, ...]
    url: str = ""
    reason: str = ""


def exact(price: Decimal) -> Decimal:
    """The number that was written, without the noise that a float added behind 12 digits.

    >>> exact(Decimal("0.13999999999999999"))
    Decimal('0.14')
    """
    return Decimal(f"{price:.11e}").normalize()


def rate(price: Decimal, per: int) -> dict[str, Any]:
    """As a record holds it."""
    return {"price": plain(price), "per": per}


def _rates(told: Mapping[str, Rate]) -> dict[str, Any]:
    return {name: rate(*value) for name, value in sorted(told.items())}


def records(
    provider: str, model: str, sheets: Iterable[Sheet], origin: Origin
) -> list[dict[str, Any]]:
    """One price record for each sheet."""
    return [_record(provider, model, sheet, origin) for sheet in sheets]


def _record(provider: str, model: str, sheet: Sheet, origin: Origin) -> dict[str, Any]:
    base = sheet.base()
    made: dict[str, Any] = {
        "schema": 1, "kind": "price", "provider": provider, "model": model,
        "effective_from": sheet.effective_from, "rates": _rates(base),
    }  # fmt: skip
    if fallback := _fallback(sheet):
        made["fallback"] = fallback
    by_size = (*_searches(sheet), *_sizes(sheet))
    if variants := [*_variants(provider, sheet), *_places(sheet), *by_size]:
        made["variants"] = variants
        _settle(made)
    adjustments = [
        {"id": name, "when": {what: [name]}, "multiply": plain(factor)}
        for what, factors in (("region", sheet.regions), ("deployment", sheet.deployments))
        for name, factor in sorted(factors.items())
    ]
    if adjustments:
        made["adjustments"] = adjustments
    source = {"kind": "price_library", "confidence": origin.confidence}
    if origin.agrees_with:
        source |= {"agrees_with": list(origin.agrees_with)}  # type: ignore[dict-item]
    if origin.url:
        source["url"] = origin.url
    made["source"] = source
    made["audit"] = {"published_by": "tracetally", "reason": origin.reason or "shipped price book"}
    return made


def _fallback(sheet: Sheet) -> dict[str, str]:
    """Only where the standard rates do not tell the two apart."""
    base, known = sheet.base(), {name for told in sheet.cells.values() for name in told}
    return {
        name: other
        for name, other in _FALLBACKS
        if other in base and (name not in known or base.get(name) == base[other])
    }


def _variants(provider: str, sheet: Sheet) -> Iterable[dict[str, Any]]:
    """One for each cell but the base; what a mode does not price it takes from its own size.

    Units that are no tokens (searches, requests) cost the same in every mode, size and place.
    """
    bound = "gte" if provider == "x_ai" else "gt"
    for (mode, above), told in sorted(sheet.cells.items()):
        if (mode, above) == (STANDARD, 0):
            continue
        when: dict[str, Any] = dict(MODES[mode]) if mode else {}
        if above:
            when["context_tokens"] = {bound: above}
        yield _variant(_name(mode, above), when, told, sheet)


def _variant(
    name: str, when: dict[str, Any], told: Mapping[str, Rate], sheet: Sheet
) -> dict[str, Any]:
    inherited = sorted(_units(sheet).keys() - told.keys())
    variant = {"id": name, "when": when, "rates": _rates(told)}
    return variant | ({"inherit": inherited} if inherited else {})


def _units(sheet: Sheet) -> dict[str, Rate]:
    return {n: rate for n, rate in sheet.base().items() if n not in TOKEN_DIMENSIONS}


def _name(mode: str, above: int) -> str:
    size = f"above-{above // 1000}k" if above else ""
    return "-".join(part for part in (mode, size) if part)


def _places(sheet: Sheet) -> Iterable[dict[str, Any]]:
    for place, cells in sorted(sheet.places.items()):
        for (mode, above), told in sorted(cells.items()):
            when: dict[str, Any] = {"region": [place]} | (dict(MODES[mode]) if mode else {})
            if above:
                when["context_tokens"] = {"gt": above}
            name = "-".join(part for part in (place, _name(mode, above)) if part)
            yield _variant(name, when, told, sheet)


def _searches(sheet: Sheet) -> Iterable[dict[str, Any]]:
    inherited = sorted(sheet.base())
    for size, told in sorted(sheet.searches.items()):
        when = {"search_context_size": [size]}
        rest = [name for name in inherited if name not in told]
        yield {"id": f"search-{size}", "when": when, "rates": _rates(told), "inherit": rest}


_PIXELS = {
    "480p": ("854x480", "480x854"), "720p": ("1280x720", "720x1280"),
    "1024p": ("1792x1024", "1024x1792"), "1080p": ("1920x1080", "1080x1920"),
    "4k": ("3840x2160", "2160x3840"),
}  # fmt: skip
"""How else a resolution is told."""


def _sizes(sheet: Sheet) -> Iterable[dict[str, Any]]:
    base = sheet.base()
    for size, told in sorted(sheet.sizes.items()):
        when = {"image_size": [size, *_PIXELS.get(size, ())]}
        rest = sorted(name for name in base if name not in told)
        yield {"id": f"size-{size}", "when": when, "rates": _rates(told), "inherit": rest}


def _settle(made: dict[str, Any]) -> None:
    """Where no library tells the price of two conditions together, it is unknown, not either's."""
    told: list[dict[str, Any]] = made["variants"]
    while pairs := list(undecided([Variant.model_validate(variant) for variant in told])):
        for one, two in pairs:
            when = _both_hold(one, two)
            if all(variant["when"] != when for variant in told):
                told.append({"id": f"{one.id} and {two.id}", "when": when, "rates": {}})


def _both_hold(one: Variant, two: Variant) -> dict[str, Any]:
    ours, theirs = (v.when.model_dump(exclude_none=True) for v in (one, two))
    for name in ours.keys() & theirs.keys():
        if isinstance(ours[name], list):
            theirs[name] = [value for value in ours[name] if value in theirs[name]]
        elif next(iter(ours[name].values())) > next(iter(theirs[name].values())):
            theirs[name] = ours[name]
    return ours | theirs


def in_force(sheets: list[Sheet], day: str) -> int:
    """The index of the sheet that holds on a day."""
    return max(n for n, sheet in enumerate(sheets) if n == 0 or sheet.effective_from <= day)


_KEPT = {"batch": Decimal("0.5"), "flex": Decimal("0.5"), "priority": Decimal("1.8")}
"""What a mode costs, as a multiple of the standard price, wherever it costs that today.

Batch processing is half since it exists (OpenAI 2024-04, Anthropic 2024-10, Google), flex as much;
Google's priority is 1.8 times. Libraries only date them from the day they were written down.
"""


def carried(sheets: list[Sheet], day: str) -> list[Sheet]:
    """The sheets with the modes of today's, and the later ones with the units that it tells."""
    today = sheets[in_force(sheets, day)]
    for mode, factor in _KEPT.items():
        told, base = today.cells.get((mode, 0)), today.base()
        by = {n: f for f in (Decimal(1), factor) for n in told or () if _is_times(told, base, n, f)}
        if told and all(by.get(name) == factor or name not in base for name in _BOTH):
            sheets = [s if s is today else _with_mode(s, mode, by) for s in sheets]
    return [_with_units(s, today) if s.effective_from > day else s for s in sheets]


_BOTH = ("input", "output")


def _is_times(
    told: Mapping[str, Rate] | None, base: Mapping[str, Rate], name: str, factor: Decimal
) -> bool:
    if not told or name not in base:
        return False
    return told[name] == (base[name][0] * factor, base[name][1])


def _with_mode(sheet: Sheet, mode: str, by: Mapping[str, Decimal]) -> Sheet:
    cells = dict(sheet.cells)
    for (other, above), told in sheet.cells.items():
        if other == STANDARD and (mode, above) not in cells:
            cells[mode, above] = {
                name: (price * by[name], per) for name, (price, per) in told.items() if name in by
            }
    return replace(sheet, cells=cells)


def _with_units(sheet: Sheet, today: Sheet) -> Sheet:
    """An announced price of tokens leaves the fees of searches as they are."""
    return replace(sheet, cells={**sheet.cells, (STANDARD, 0): {**_units(today), **sheet.base()}})
