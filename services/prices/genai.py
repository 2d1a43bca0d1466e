"""genai-prices (MIT): dated prices per model, with conditions and variants.

Takes the library's objects; which version is read is the caller's. A price field that is not
known fails the import: a new one may change what a call costs.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from services.prices.sheet import EPOCH, MILLION, STANDARD, Cell, Rate, Sheet, exact

_FIELDS: dict[str, tuple[str, int]] = {
    "input_mtok": ("input", MILLION),
    "output_mtok": ("output", MILLION),
    "output_reasoning_mtok": ("reasoning", MILLION),
    "cache_read_mtok": ("cache_read", MILLION),
    "cache_write_mtok": ("cache_write", MILLION),
    "cache_write_1h_mtok": ("cache_write_1h", MILLION),
    "input_audio_mtok": ("input_audio", MILLION),
    "output_audio_mtok": ("output_audio", MILLION),
    "cache_audio_read_mtok": ("cache_read_audio", MILLION),
    "input_image_mtok": ("input_image", MILLION),
    "output_image_mtok": ("output_image", MILLION),
    "cache_image_read_mtok": ("cache_read_image", MILLION),
    "input_video_mtok": ("input_video", MILLION),
    "output_video_mtok": ("output_video", MILLION),
    "output_citation_mtok": ("citation", MILLION),
    "requests_kcount": ("request", 1000),
    "web_searches_kcount": ("web_search", 1000),
    "storage_searches_kcount": ("file_search", 1000),
    "audio_hours": ("audio_second", 3600),
    "input_audio_hours": ("audio_second", 3600),
    "input_document_kpages": ("page", 1000),
    "input_mchars": ("character", MILLION),
}
_IGNORED = frozenset({"input_annotated_document_kpages", "input_text_messages_kcount"})
"""Fields without a dimension of ours: annotated pages, text messages of assessments."""
_WHENS: dict[tuple[str, str], str] = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "priority",
    ("speed", "fast"): "fast",
}
_WHENS_IGNORED = frozenset(
    {("service_tier", "default"), ("route", "mistral/eu"), ("search_type", "fast"),
     ("search_type", "web")}
)  # fmt: skip
"""The ordinary tier; routes and search types that no call of ours can name."""
RECORDED = frozenset({date(2026, 10, 12), date(2026, 10, 14), date(2026, 10, 15)})
"""Days on which variants were written down, not days on which they began: see `price_comments`.
They hold for the whole version that was in force on the day."""

_DATED = re.compile(r"^\^([a-z0-9\\./-]+?)-\\d\{[48]\}")
"""A regular expression that a date ends: `^grok-4\\.3-\\d{8}$`."""
_DATES = {"-20": ("250101", "25-01-01")}
_PREVIEWS = {"-preview-": ("05-06", "2025-05-06"), "-exp-": ("03-25",), "-00": ("1",)}
"""What marks a snapshot of a model, and what may follow it. Previews are Google's."""
_ENDS_IN_DATE = re.compile(r"-20\d{0,2}$")
Told = Mapping[str, Any]


class UnknownFieldError(ValueError):
    """The library tells something that this importer was not written for."""


def names(model: Any) -> list[str]:
    """Names that the library says: exact ones, and those its prefixes are themselves."""
    told = [*_clauses(model.match, "equals"), *_clauses(model.match, "starts_with")]
    found = [name for name in (model.id, *told) if not name.endswith(("-", "/", ".", ":"))]
    return [name for name in dict.fromkeys(found) if model.is_match(name)]


def snapshots(model: Any, provider: str) -> list[str]:
    """Prefixes of dated snapshots that the library matches: `claude-opus-4-1-20`.

    Never a bare prefix: `command-a` would price four newer models (pydantic/genai-prices#471).
    """
    stems = list(_clauses(model.match, "starts_with"))
    for pattern in _clauses(model.match, "regex"):
        if dated := _DATED.match(pattern):
            stems.append(dated.group(1).replace("\\", ""))
    marks = _DATES | (_PREVIEWS if provider == "gcp.gemini" else {})
    found = [stem for stem in stems if _ENDS_IN_DATE.search(stem)]
    found += [
        stem.rstrip("-") + mark
        for stem in stems
        for mark, rests in marks.items()
        if any(model.is_match(stem.rstrip("-") + mark + rest) for rest in rests)
    ]
    return list(dict.fromkeys(name for name in found if "@" not in name))


def _clauses(clause: Any, kind: str) -> Iterable[str]:
    if (name := getattr(clause, kind, None)) is not None:
        yield name
    for inner in (*getattr(clause, "or_", ()), *getattr(clause, "and_", ())):
        yield from _clauses(inner, kind)


def sheets(model: Any, *, anthropic: bool) -> list[Sheet] | None:
    """The model's prices by date; None where they depend on the hour of the day.

    `anthropic`: cache writes live five minutes unless told otherwise.
    """
    versions: list[tuple[str, Any]] = []
    if not isinstance(model.prices, list):
        versions.append((EPOCH, model.prices))
    else:
        for conditional in model.prices:
            constraint = conditional.constraint
            if constraint is not None and not hasattr(constraint, "start_date"):
                return None
            start = f"{constraint.start_date}T00:00:00Z" if constraint is not None else EPOCH
            versions.append((start, conditional.prices))
    versions.sort(key=lambda version: version[0])
    ends = [start for start, _ in versions[1:]] + ["9999"]
    made = []
    for (start, price), end in zip(versions, ends, strict=True):
        cells = _cells(STANDARD, _told(price), anthropic=anthropic)
        for variant in reversed(model.price_variants or ()):
            if _is_active(variant.constraint, start, end):
                cells |= _variant(variant, cells, anthropic=anthropic)
        made.append(Sheet(start, cells))
    return made


def _is_active(constraint: Any, start: str, end: str) -> bool:
    """True where the variant holds in a version of `[start, end)`."""
    if constraint is None:
        return True
    since = str(constraint.start_date)
    return since < end if constraint.start_date in RECORDED else since <= start


def _variant(variant: Any, cells: Mapping[Cell, Told], *, anthropic: bool) -> dict[Cell, Any]:
    """A mode: what it does not name costs as standard."""
    [(key, value)] = variant.when.items()
    if (key, value) in _WHENS_IGNORED:
        return {}
    if (key, value) not in _WHENS:
        raise UnknownFieldError(f"variant {variant.when}")
    mode = _WHENS[key, value]
    own = _cells(mode, _told(variant.prices), anthropic=anthropic)
    standard = {above: told for (of, above), told in cells.items() if of == STANDARD}
    return {
        (mode, above): {**_tokens(told), **own.get((mode, above), own.get((mode, 0), {}))}
        for above, told in standard.items()
        if above == 0 or (mode, above) in own
    }


def _tokens(told: Told) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value[1] == MILLION}


def _told(price: Any) -> dict[str, Any]:
    told = {name: value for name, value in price.__dict__.items() if value is not None}
    if unknown := told.keys() - _FIELDS.keys() - _IGNORED:
        raise UnknownFieldError(f"price fields {sorted(unknown)}")
    return {name: value for name, value in told.items() if name in _FIELDS}


def _cells(mode: str, told: Told, *, anthropic: bool) -> dict[Cell, dict[str, Rate]]:
    """Base and tiers; above a threshold every price stands that has no tier of its own."""
    starts = {tier.start for value in told.values() for tier in getattr(value, "tiers", ())}
    return {
        (mode, _round(above)): {
            _dimension(name, anthropic=anthropic): (_at(value, above), _FIELDS[name][1])
            for name, value in told.items()
        }
        for above in sorted({0, *starts})
    }


def _round(above: int) -> int:
    """Above 199,999 is from 200,000 on: how this library says "at least"."""
    return above + 1 if above % 1000 == 999 else above


def _dimension(name: str, *, anthropic: bool) -> str:
    dimension = _FIELDS[name][0]
    return "cache_write_5m" if anthropic and dimension == "cache_write" else dimension


def _at(value: Any, above: int) -> Decimal:
    if isinstance(value, Decimal):
        return exact(value)
    found: Decimal = value.base
    for tier in sorted(value.tiers, key=lambda tier: tier.start):
        if tier.start <= above:
            found = tier.price
    return exact(found)
