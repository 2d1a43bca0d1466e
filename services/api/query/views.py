"""Typed questions over the one engine: spend, margins, budgets, why a cost changed."""

import asyncio
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import Field

from schemas.money import EXACT, ROUNDING, ZERO, plain, to_scale
from services.api.access import Caller, Reads
from services.api.query import examples as told
from services.api.query import forecast, form
from services.api.query.cache import Answers
from services.api.query.conditions import Texts, conditions
from services.api.query.engine import Engine
from services.api.query.revenue import Org, alike
from services.api.query.routes import PROBLEMS, charge, meaning

router = APIRouter()
Values = Annotated[list[str], Field(max_length=form.VALUES_MAX)] | None
FILTERS = (
    "org", "user", "provider", "model", "operation", "feature", "assistant", "assistant_version",
    "environment", "status",
)  # fmt: skip


class Ranged(form.Strict):
    """A range, a zone, a currency, and filters that may be repeated; '' is none."""

    start: str = Field("now-7d/d", alias="from", max_length=64)
    end: str = Field("now", alias="to", max_length=64)
    tz: str = Field("UTC", max_length=64)
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    org: Values = None
    user: Values = None
    provider: Values = None
    model: Values = None
    operation: Values = None
    feature: Values = None
    assistant: Values = None
    assistant_version: Values = None
    environment: Values = None
    status: Values = None

    def conditions(self) -> list[form.Where]:
        """All of them must hold."""
        return [
            form.Where.model_validate({"dim": name, "in": values})
            for name in FILTERS
            if (values := getattr(self, name))
        ]

    def query(self, **more: Any) -> form.Query:
        """The question about these rows."""
        where = self.conditions()
        asked = {"from": self.start, "to": self.end, "tz": self.tz, "currency": self.currency}
        return form.Query.model_validate(asked | {"where": where} | more)


class Sliced(Ranged):
    """The parameters of an address: those, and conditions as the query form has them."""

    where: Texts = []

    def conditions(self) -> list[form.Where]:
        """Those that are written out, under their numbers, and those of the filters."""
        return [*conditions(self.where), *super().conditions()]


async def ask(request: Request, caller: Caller, query: form.Query) -> dict[str, Any]:
    """The answer of the engine."""
    answers: Answers = request.app.state.answers
    asked = meaning(request, query, caller)
    kept = await answers.get(asked, await answers.moment([asked]), partial(charge, request, caller))
    told: dict[str, Any] = orjson.loads(kept.body)
    return told


@router.get(
    "/v1/spend", summary="Spend in the range, the month so far, and where it will end.",
    responses=told.of(None, told.SPEND) | PROBLEMS,
)  # fmt: skip
async def spend(request: Request, asked: Annotated[Sliced, Query()], caller: Reads) -> Any:
    """`change_share` is null when the period before cost nothing: what is new has no percentage.

    `projection`: the month so far and, for each day to come, the mean of that weekday over 28 full
    days; its band holds about 80 %. None with less than seven days of history.
    """
    now, measures = request.app.state.clock(), ["cost", "charge"]
    ranged = asked.query(measures=measures, compare="previous")
    month = asked.model_copy(update={"start": "now/M", "end": "now"})
    history = asked.model_copy(update={"start": "now-56d/d", "end": "now/d"})
    whole, so_far, days = await asyncio.gather(
        ask(request, caller, ranged),
        ask(request, caller, month.query(measures=measures)),
        ask(request, caller, history.query(measures=["cost"], interval="day")),
    )
    current, before = whole["total"]["total"], whole["previous"]["total"]["total"]
    daily = [Decimal(value or 0) for value in days["total"]["series"]["cost"]]
    spent = Decimal(so_far["total"]["total"]["cost"] or 0)
    return {
        "as_of": whole["as_of"], "currency": asked.currency,
        "completeness": whole["completeness"],
        "range": current | {"previous": before["cost"], "previous_charge": before["charge"]}
        | changed(current["cost"], before["cost"]),
        "month_to_date": so_far["total"]["total"]
        | {"pending_calls": so_far["completeness"]["pending_calls"]},
        "projection": forecast.month_end(daily, spent, now.astimezone(ZoneInfo(asked.tz))),
    }  # fmt: skip


def changed(now: str | None, before: str | None) -> dict[str, Any]:
    """Difference and its share of what was before."""
    if now is None or before is None:
        return {"change": None, "change_share": None}
    one, two = Decimal(before), Decimal(now)
    difference = EXACT.subtract(two, one)
    share = round(float(ROUNDING.divide(difference, one)), 6) if one else None
    return {"change": plain(difference), "change_share": share}


class Margins(Sliced):
    """Parameters of `GET /v1/margins`."""

    by: Literal["org", "assistant"] = "org"
    top: int = Field(100, ge=1, le=form.TOP_MAX)


@router.get(
    "/v1/margins", summary="Revenue against cost by org; what an assistant's outcomes cost.",
    responses=told.of(None, told.ANSWER) | PROBLEMS,
)  # fmt: skip
async def margins(request: Request, asked: Annotated[Margins, Query()], caller: Reads) -> Any:
    """An answer of the query form. Revenue belongs to orgs, so by assistant there is none."""
    by_org = ["revenue", "cost", "margin", "cost_share_of_revenue", "calls", "resolved"]
    by_assistant = ["cost", "calls", "conversations", "resolved", "outcome_value", "outcomes"]
    by = [{"dim": asked.by, "top": asked.top, "order": "cost"}]
    measures = by_org if asked.by == "org" else by_assistant
    answer = await ask(request, caller, asked.query(measures=measures, by=by))
    for cell in (*answer["groups"], answer["other"], answer["total"]):
        if cell is not None:
            _per_resolved(cell["total"])
    return answer


def _per_resolved(values: dict[str, Any]) -> None:
    """All cost, also of what was not resolved, for each that was."""
    cost, resolved = values["cost"], values["resolved"]
    values["cost_per_resolved"] = None
    if cost is not None and resolved:
        each = ROUNDING.divide(Decimal(cost), Decimal(resolved))
        values["cost_per_resolved"] = plain(to_scale(each)[0])


@router.get(
    "/v1/budgets", summary="Each org's month so far against its budget, and when it runs out.",
    responses=told.of(None, told.BUDGETS) | PROBLEMS,
)  # fmt: skip
async def budgets(request: Request, caller: Reads) -> Any:
    """Months are those of the org's own zone; spend is its charge; the one furthest over first."""
    engine: Engine = request.app.state.engine
    now: datetime = request.app.state.clock()
    orgs = [org for org in await engine.orgs(caller.scope) if org.budget is not None]
    parts = list(alike(orgs, form.VALUES_MAX))
    answers = await asyncio.gather(*(_month(request, caller, part) for part in parts))
    spent = {org_id: told for answer in answers for org_id, told in answer.items()}
    found = []
    for org in orgs:
        charge, pending = spent.get(org.org_id, ("0", 0))
        status = forecast.budget(Decimal(charge or 0), org.budget or ZERO, now.astimezone(org.zone))
        found.append(
            {
                "org": org.org_id, "currency": org.currency, "spent": charge,
                "pending_calls": pending, "budget": plain(org.budget or ZERO), **status,
            }
        )  # fmt: skip
    found.sort(key=lambda entry: (-(entry["used_share"] or 0), entry["org"]))
    return {"budgets": found}


async def _month(
    request: Request, caller: Caller, orgs: list[Org]
) -> dict[str, tuple[str | None, int]]:
    """Charge and pending calls of these orgs, this month in their zone and currency."""
    query = form.Query.model_validate(
        {
            "measures": ["charge", "pending_calls"], "from": "now/M", "to": "now",
            "tz": orgs[0].zone.key, "currency": orgs[0].currency,
            "by": [{"dim": "org", "top": form.VALUES_MAX, "order": "charge"}],
            "where": [{"dim": "org", "in": [org.org_id for org in orgs]}],
        }
    )  # fmt: skip
    answer = await ask(request, caller, query)
    return {
        group["key"]["org"]: (group["total"]["charge"], group["total"]["pending_calls"])
        for group in answer["groups"]
    }
