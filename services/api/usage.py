"""`GET /v1/usage` and `GET /v1/pending`: totals and series over any slice of the aggregates."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.api import answer, examples, sql
from services.api.access import Caller, Reads, not_found
from services.api.asked import (
    by_of,
    check_cells,
    filters_of,
    measures_of,
    plan_of,
    range_of,
    zone_of,
)
from services.api.completeness import completeness, rates_of
from services.api.estimate import estimate
from services.api.reader import text
from services.runtime.problems import openapi

router = APIRouter()
Values = list[str] | None
PROBLEMS = openapi(400, 401, 403, 404, 422, 503)


class Slicing(BaseModel):
    """The parameters that choose rows. Filters may be repeated."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: str | None = Field(None, alias="from", description="ISO instant or local date-time.")
    until: str | None = Field(None, alias="to", description="Exclusive; by default now.")
    tz: str = Field("UTC", description="IANA zone of local times and of buckets.")
    currency: str = Field(
        "USD", pattern="^[A-Z]{3}$", description="Ranks groups and states the estimate."
    )
    org: Values = None
    provider: Values = None
    model: Values = None
    operation: Values = None
    feature: Values = None
    assistant: Values = None
    assistant_version: Values = None
    environment: Values = None
    status: Values = None


class Usage(Slicing):
    """Parameters of `GET /v1/usage`."""

    interval: Literal["none", "minute", "hour", "day", "week", "month", "auto"] = "none"
    by: list[str] = Field([], description="Up to 3 dimensions, repeated or with commas.")
    measures: list[str] = Field([], description="Which measures, with commas; by default all.")
    top: int = Field(100, ge=1, le=1_000, description="Groups shown; the rest is `other`.")
    order: Literal["cost", "charge", "calls", "tokens"] = "cost"


class Pending(Slicing):
    """Parameters of `GET /v1/pending`."""

    top: int = Field(1_000, ge=1, le=10_000)


def sliced(request: Request, asked: Slicing, caller: Caller, **more: Any) -> sql.Slice:
    """The slice that is asked for, never wider than the caller's scope."""
    given = {name: getattr(asked, name) for name in sql.FILTERS}
    filters = filters_of(given)
    if not all(caller.scope.allows(org) for org in filters.get("org", ())):
        raise not_found("org")
    zone = zone_of(asked.tz)
    whole = range_of(asked.since, asked.until, zone, request.app.state.clock())
    _, plan = plan_of(whole, more.pop("interval", "none"), zone)
    return sql.Slice(caller.scope, plan, filters=filters, rank_currency=asked.currency, **more)


@router.get(
    "/v1/usage",
    summary="Cost, charge, calls and tokens, as totals and series.",
    responses=examples.of(examples.USAGE) | PROBLEMS,
)
async def usage(request: Request, asked: Annotated[Usage, Query()], caller: Reads) -> Any:
    """Money is text by currency: amounts of different currencies are never added.

    Groups, `other` and `total` are of one reading: groups and `other` add up to `total`.
    """
    by = by_of(asked.by)
    state, zone = request.app.state, zone_of(asked.tz)
    slice_ = sliced(
        request, asked, caller, interval=asked.interval, by=by, top=asked.top, order=asked.order,
        measures=measures_of(asked.measures),
    )  # fmt: skip
    buckets = slice_.plan.buckets
    check_cells(by, asked.top, len(buckets))
    rows, complete = await asyncio.gather(
        state.reader.run(sql.usage(slice_)),
        completeness(state.reader, slice_, state.clock(), state.settings.settled_after_hours),
    )
    query = {
        "from": answer.local(buckets[0].start, zone),
        "to": answer.local(buckets[-1].end, zone),
        "tz": asked.tz,
        "by": by,
        "filters": slice_.filters,
    }
    return {"query": query, "completeness": complete} | answer.usage(slice_, rows, zone)


@router.get(
    "/v1/pending",
    summary="Calls without a price, by reason, provider, model and org.",
    responses=examples.of(examples.PENDING) | PROBLEMS,
)
async def pending(request: Request, asked: Annotated[Pending, Query()], caller: Reads) -> Any:
    """Without `from` and `to`: everything that is pending."""
    state, now = request.app.state, request.app.state.clock()
    if asked.since is None:
        asked = asked.model_copy(update={"since": "1970-01-01T00:00:00Z"})
    if asked.until is None:
        asked = asked.model_copy(update={"until": text(now.replace(year=now.year + 1, day=1))})
    slice_ = sliced(request, asked, caller, by=(), top=asked.top)
    rows, complete, rates = await asyncio.gather(
        state.reader.run(sql.pending_groups(slice_)),
        completeness(state.reader, slice_, now, state.settings.settled_after_hours),
        rates_of(state.reader, caller.scope, asked.currency),
    )
    groups = []
    for reason, provider, model, org, calls, *rest in rows:
        tokens = dict(zip(sql.TOKENS, rest[: len(sql.TOKENS)], strict=True))
        groups.append(
            {
                "reason": reason,
                "provider": provider,
                "model": model,
                "org": org,
                "calls": calls,
                "tokens": {answer.TOKEN_NAMES[name]: count for name, count in tokens.items()},
                "oldest_from": answer.local(rest[-1], zone_of(asked.tz)),
                "estimate": estimate([(provider, tokens)], rates, asked.currency),
            }
        )
    return {"completeness": complete, "pending": groups}
