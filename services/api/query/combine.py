"""Which measures and dimensions go together, and how it is said when they do not. Pure."""

from typing import Any

from services.api.asked import refuse
from services.api.query.dims import CATEGORY, CATEGORY_MEASURES, COLUMNS, OUTCOME_DIMS, REVENUE_DIMS
from services.api.query.measures import MEASURES, families_of
from services.api.query.parts import Family

DIMS: dict[Family, frozenset[str]] = {
    "usage": frozenset(COLUMNS),
    "sketch": frozenset(COLUMNS) - {CATEGORY},
    "outcome": OUTCOME_DIMS,
    "revenue": REVENUE_DIMS,
}
"""What each family of tables can be cut and filtered by."""


def dims_of(measure: str) -> frozenset[str]:
    """The dimensions that go with a measure."""
    known = frozenset.intersection(*(DIMS[family] for family in families_of(measure)))
    return known if measure in CATEGORY_MEASURES else known - {CATEGORY}


def check(measures: tuple[str, ...], names: frozenset[str], order: str) -> None:
    """Refuse what cannot be answered exactly."""
    for measure in (*measures, *([order] if order in MEASURES else [])):
        known = dims_of(measure)
        if names - known:
            wrong = ", ".join(sorted(names - known))
            field = "measures" if measure in measures else "by.0.order"
            raise refuse(
                field, f"{measure!r} cannot be told by {wrong}", allowed=sorted(known),
                hint="GET /v1/query/schema lists what goes together",
            )  # fmt: skip


def schema(*, is_one_org: bool) -> dict[str, Any]:
    """Every measure with its dimensions, every dimension with its measures."""
    measures = [
        {
            "name": name, "kind": measure.kind, "unit": measure.unit,
            "additive": measure.is_additive, "exact": not measure.error,
            "dims": sorted(dims_of(name)),
        }
        for name, measure in MEASURES.items()
    ]  # fmt: skip
    dims = [
        {"name": name, "measures": [m for m in MEASURES if name in dims_of(m)]} for name in COLUMNS
    ]
    return {"scope": "org" if is_one_org else "all", "measures": measures, "dimensions": dims}
