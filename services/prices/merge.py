"""The seed: both libraries' models under our provider names, and which of the two was believed.

genai-prices is believed first: its prices are dated and commented. litellm adds models, modes and
dimensions that it lacks. Where both tell the same rate differently, the report lists it. Series
that a person verified replace both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from schemas.money import plain
from services.prices.documented import complete
from services.prices.naming import Found, Library, Named
from services.prices.sheet import (
    STANDARD,
    Cell,
    Origin,
    Rate,
    Sheet,
    carried,
    in_force,
    records,
)

_IN_REGION = re.compile(
    r"^anthropic\.claude-(?:(?:sonnet|haiku|opus)-4-[5-9]|(?:sonnet|haiku|opus|fable)-[5-9])"
)
"""Bedrock bills ids without a profile at the regional rate since Claude 4.5: 10 % over global."""
_DATE = re.compile(r"-20\d\d-\d\d-\d\d$")
_DATA_ZONES = re.compile(r"^(gpt-(4o|4\.1|5|6)|o[134](-|$))")
DISPUTED = "disputed"
SINGLE = "one library"
AGREED = "both libraries"


@dataclass(frozen=True)
class Difference:
    """A rate that the libraries tell differently."""

    named: Named
    cell: Cell
    dimension: str
    believed: Rate
    other: Rate


@dataclass(frozen=True)
class Merged:
    """The generated records, and what the libraries disagreed on."""

    records: list[dict[str, Any]]
    differences: list[Difference]


@dataclass(frozen=True)
class Taken:
    """When and from which versions of the libraries: `day` is that of the undated one's prices."""

    day: str
    dated: str
    undated: str


def merge(dated: Library, mapped: Library, verified: frozenset[Named], taken: Taken) -> Merged:
    """Everything but the verified series."""
    made: list[dict[str, Any]] = []
    differences: list[Difference] = []
    _in_region(mapped)
    for named in sorted(dated.keys() | mapped.keys()):
        if named in verified:
            continue
        one, two = dated.get(named), mapped.get(named)
        if one and two and not one.is_exact and _base_differs(one, two, taken.day):
            differences += _differences(named, two, one, taken.day)
            one = None
        if one and two:
            differences += _differences(named, one, two, taken.day)
        if two and not one:
            two = _as_believed(named, two, dated, mapped, taken.day)
        found = _both(one, two, taken.day) if one and two else one or two
        if found is None:
            continue
        tags = (taken.dated if one else "", taken.undated if two else "")
        origin = _origin(named, found, tags, differences)
        told = complete(*named, _scheduled(named, found.sheets, dated, taken.day))
        alike = mapped.get(Named(named.provider, _DATE.sub("", named.model)))
        sheets = [_placed(named, sheet, alike) for sheet in carried(told, taken.day)]
        made += records(*named, sheets, origin)
    return Merged(made, differences)


def _as_believed(named: Named, alone: Found, dated: Library, mapped: Library, day: str) -> Found:
    """What is not believed of a model is not believed of its snapshot either."""
    model = Named(named.provider, _DATE.sub("", named.model))
    one, two = dated.get(model), mapped.get(model)
    if model == named or one is None or two is None:
        return alone
    if not one.is_exact and _base_differs(one, two, day):
        return alone  # the second library's is believed
    sheet = alone.sheets[0]
    cells = {cell: dict(told) for cell, told in sheet.cells.items()}
    for difference in _differences(model, one, two, day):
        told = cells.get(difference.cell, {})
        if told.get(difference.dimension) == difference.other:
            told[difference.dimension] = difference.believed
    return replace_found(alone, [replace(sheet, cells=cells), *alone.sheets[1:]])


def _placed(named: Named, sheet: Sheet, alike: Found | None) -> Sheet:
    """Azure's data zones cost a tenth more than global deployments (Azure retail prices).

    A snapshot is not told by itself in each zone: it costs there what its model does.
    """
    if named.provider != "azure.ai.openai" or not _DATA_ZONES.match(named.model):
        return sheet
    if (
        alike
        and not sheet.places
        and not _base_differs(Found([sheet]), alike, sheet.effective_from)
    ):
        sheet = replace(sheet, places=alike.sheets[0].places)
    absent = {place: Decimal("1.1") for place in ("eu", "us") if place not in sheet.places}
    return replace(sheet, regions=absent)


def _scheduled(named: Named, sheets: list[Sheet], dated: Library, day: str) -> list[Sheet]:
    """What Google announces for later holds on Vertex, too, where both cost the same today."""
    twin = dated.get(Named("gcp.gemini", named.model))
    if named.provider != "gcp.vertex_ai" or twin is None or len(sheets) > 1:
        return sheets
    if _base_differs(Found(sheets), twin, day):
        return sheets
    later = [sheet for sheet in twin.sheets if sheet.effective_from > day]
    return sheets + [
        replace(sheets[0], effective_from=sheet.effective_from, cells=sheet.cells)
        for sheet in later
    ]


def _base_differs(one: Found, two: Found, day: str) -> bool:
    ours = one.sheets[in_force(one.sheets, day)].base()
    theirs = two.sheets[in_force(two.sheets, day)].base()
    return any(
        not _same(ours[n], theirs[n]) for n in ("input", "output") if n in ours and n in theirs
    )


def _in_region(mapped: Library) -> None:
    for named, found in list(mapped.items()):
        if named.provider == "aws.bedrock" and _IN_REGION.match(named.model):
            regional = mapped.get(Named(named.provider, f"us.{named.model}"))
            if regional is not None:
                mapped[named] = replace_found(found, regional.sheets)


def replace_found(found: Found, sheets: list[Sheet]) -> Found:
    """The same origin with other sheets."""
    return Found(sheets, found.url, found.is_exact)


def _same(one: Rate, two: Rate) -> bool:
    return one[0] * two[1] == two[0] * one[1]


def _differences(named: Named, believed: Found, other: Found, day: str) -> list[Difference]:
    ours = believed.sheets[in_force(believed.sheets, day)].cells
    theirs = other.sheets[in_force(other.sheets, day)].cells
    return [
        Difference(named, cell, name, rate, theirs[cell][name])
        for cell, told in ours.items()
        for name, rate in told.items()
        if name in theirs.get(cell, {}) and not _same(rate, theirs[cell][name])
    ]


def _both(one: Found, two: Found, day: str) -> Found:
    """The first library's prices; the second adds what it lacks to the version of today.

    But for modes of service, where it tells another price of the ordinary one: they go with that.
    """
    at = in_force(one.sheets, day)
    today, theirs = one.sheets[at], two.sheets[-1]
    cells: dict[Cell, Mapping[str, Rate]] = {
        cell: {**_missing(theirs.cells.get(cell, {}), told), **told}
        for cell, told in today.cells.items()
    }
    flat = not any(mode == STANDARD and above for mode, above in today.cells)
    is_other = _base_differs(one, two, day)
    for cell, told in theirs.cells.items():
        if cell not in cells and not (flat and cell[1]) and not (is_other and cell[0]):
            cells[cell] = told
    today = replace(
        today, cells=cells, regions=theirs.regions, places=theirs.places,
        searches=theirs.searches, deployments=theirs.deployments, sizes=theirs.sizes,
    )  # fmt: skip
    sheets = [*one.sheets[:at], today, *one.sheets[at + 1 :]]
    return replace_found(one, sheets)


def _missing(theirs: Mapping[str, Rate], ours: Mapping[str, Rate]) -> dict[str, Rate]:
    """What only the second library prices. Two names for one thing are not both taken."""
    same = {"image": "output_image", "audio_second": "input_audio"}
    return {n: r for n, r in theirs.items() if n not in ours and same.get(n) not in ours}


def _origin(
    named: Named, found: Found, tags: tuple[str, str], differences: list[Difference]
) -> Origin:
    own = [d for d in differences if d.named == named]
    agreeing = tuple(tag for tag in tags if tag)
    if own:
        first = own[0]
        reason = (
            f"{first.dimension}: {plain(first.believed[0])} per {first.believed[1]} believed, "
            f"another library says {plain(first.other[0])} per {first.other[1]}"
        )
        return Origin(DISPUTED, agreeing[:1], found.url, reason)
    return Origin(AGREED if len(agreeing) > 1 else SINGLE, agreeing, found.url)


def ratio(difference: Difference) -> Decimal:
    """How many times the other library's rate is of the believed one."""
    ours = difference.believed[0] / difference.believed[1]
    return difference.other[0] / difference.other[1] / ours if ours else Decimal(0)
