"""`POST /v1/explain-change`: why a cost changed, in parts that add up to the change."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from schemas.money import EXACT, ZERO, add_up, plain
from services.api.access import Reads
from services.api.query import examples as told
from services.api.query import form, shapley
from services.api.query.ask import CHANGE
from services.api.query.routes import PROBLEMS
from services.api.query.views import Ranged, ask

router = APIRouter()
MODELS_MAX = 100
OTHER_MODELS = ("\uffff", "all")


class Change(Ranged):
    """The body of `POST /v1/explain-change`: like a question's range, `compare` as there."""

    where: list[form.Where] = Field([], max_length=form.WHERE_MAX)
    compare: Literal["previous", "week", "year"] | form.Span = "previous"

    def conditions(self) -> list[form.Where]:
        """Those that are written out, under their numbers, and those of the filters."""
        return [*self.where, *super().conditions()]


@router.post(
    "/v1/explain-change",
    summary="Why the cost changed: calls, mix, pending, tokens per call, price.",
    responses=told.of(None, told.EXPLAINED) | PROBLEMS,
)
async def explain_change(request: Request, body: Change, caller: Reads) -> Any:
    """`parts` and the drivers add up to `difference`, to the last digit. Models of either period
    are named, the hundred that changed most; the rest is one, `null`. The part `pending` is less
    than nothing while more calls wait for their price than before, more once they have got it:
    `pending_calls` counts them. What they will cost is in no part: see `completeness`.
    """
    models = {"dim": "model", "top": MODELS_MAX, "order": CHANGE}
    categories = {"dim": "token_category", "top": 7, "order": CHANGE}
    compared = {"compare": body.compare}
    spent = body.query(measures=["cost", "tokens.priced"], by=[models, categories], **compared)
    counted = ["cost", "priced_calls", "pending_calls"]
    cells, calls = await asyncio.gather(
        ask(request, caller, spent),
        ask(request, caller, body.query(measures=counted, by=[models], **compared)),
    )
    one = _period(cells["previous"], calls["previous"])
    two = _period(cells, calls)
    waiting = {
        name: sum(count.pending for count in period.calls.values())
        for name, period in (("before", one), ("after", two))
    }
    return _explained(one, two) | {
        "pending_calls": waiting,
        "query": cells["query"], "currency": body.currency, "as_of": cells["as_of"],
        "completeness": cells["completeness"],
    }  # fmt: skip


def _period(cells: Mapping[str, Any], calls: Mapping[str, Any]) -> shapley.Period:
    spent, counted = {}, {}
    for group in calls["groups"]:
        counted[group["key"]["model"] or ""] = _calls(group)
    for group in cells["groups"]:
        category = group["key"].get("token_category", "all")
        spent[group["key"]["model"] or "", category] = _spent(group)
    if cells["other"]:
        spent[OTHER_MODELS] = _spent(cells["other"])
    if calls["other"]:
        counted[OTHER_MODELS[0]] = _calls(calls["other"])
    for (model, _), each in spent.items():
        if each.cost and not counted.get(model, shapley.Calls(0)).priced:
            counted[model] = shapley.Calls(1)  # a correction whose call is counted elsewhere
    return shapley.Period(counted, spent)


def _calls(group: Mapping[str, Any]) -> shapley.Calls:
    return shapley.Calls(group["total"]["priced_calls"], group["total"]["pending_calls"])


def _spent(group: Mapping[str, Any]) -> shapley.Spent:
    return shapley.Spent(group["total"]["tokens.priced"], Decimal(group["total"]["cost"] or 0))


def _explained(one: shapley.Period, two: shapley.Period) -> dict[str, Any]:
    parts = shapley.explain(one, two)
    before, after = (add_up(s.cost for s in side.cells.values()) for side in (one, two))
    drivers = [
        {
            "model": None if cell == OTHER_MODELS else cell[0], "token_category": cell[1],
            "before": plain(one.cells[cell].cost if cell in one.cells else ZERO),
            "after": plain(two.cells[cell].cost if cell in two.cells else ZERO),
            "difference": plain(add_up(row)),
            **{name: plain(part) for name, part in zip(shapley.FACTORS, row, strict=True)},
        }
        for cell, row in parts.items()
    ]  # fmt: skip
    drivers.sort(key=lambda d: (-abs(Decimal(str(d["difference"]))), str(d["model"])))
    totals = [add_up(row[n] for row in parts.values()) for n in range(len(shapley.FACTORS))]
    return {
        "before": plain(before), "after": plain(after),
        "difference": plain(EXACT.subtract(after, before)),
        "parts": {name: plain(total) for name, total in zip(shapley.FACTORS, totals, strict=True)},
        "drivers": [d for d in drivers if d["before"] != "0" or d["after"] != "0"],
    }  # fmt: skip
