"""`GET /v1/traces`, `GET /v1/conversations`: found by who, what, how dear, how long, text."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from schemas.money import plain
from services.api import examples
from services.api.access import Caller, Reads, not_found
from services.api.asked import filters_of, refuse, zone_of
from services.api.query.ask import Condition, condition
from services.api.query.conditions import Texts, conditions
from services.api.query.dims import CATEGORY
from services.api.query.form import Instant
from services.api.query.relative import range_of
from services.api.query.routes import check_orgs
from services.api.reader import Reader
from services.api.scope import Scope
from services.api.traces import examples as shown
from services.api.traces import search
from services.api.traces.search import CONVERSATION, TRACE, Order, Search, Subject, Sums
from services.api.traces.steps import instant
from services.runtime.problems import openapi

router = APIRouter()
PROBLEMS = openapi(400, 401, 403, 404, 422, 503)
Values = list[str] | None
Money = Annotated[str, Field(pattern=r"^\d{1,20}(\.\d{1,18})?$", description="In `currency`.")]
Milliseconds = Annotated[int, Field(ge=0, le=10**12)]


class Searching(BaseModel):
    """The parameters of a search. Filters may be repeated; one step must have all of them."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: Instant | None = Field(
        None, alias="from",
        description="An ISO instant, a local date-time of `tz`, or relative: `now-7d`, `now-7d/d`; "
        "by default seven days before `to`.",
    )  # fmt: skip
    until: Instant | None = Field(
        None, alias="to", description="Likewise; exclusive, by default now."
    )
    tz: str = Field("UTC", description="IANA zone of local times.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Of costs and their bounds.")
    org: Values = None
    project: Values = None
    user: Values = None
    conversation: Values = None
    provider: Values = None
    model: Values = None
    assistant: Values = None
    assistant_version: Values = None
    feature: Values = None
    environment: Values = None
    operation: Values = None
    where: Texts = []
    status: Literal["ok", "error", "pending"] | None = None
    min_cost: Money | None = None
    max_cost: Money | None = None
    min_duration_ms: Milliseconds | None = None
    max_duration_ms: Milliseconds | None = None
    text: Annotated[str, Field(max_length=200)] = Field(
        "", description="Found in content, where content is kept."
    )
    order: Order = "recent"
    cursor: Annotated[str, Field(max_length=4_000)] = ""
    limit: int = Field(50, ge=1, le=200)


@router.get(
    "/v1/traces",
    summary="Traces, the newest first, or the dearest or longest.",
    responses=examples.of(shown.TRACES) | PROBLEMS,
)
async def traces(request: Request, asked: Annotated[Searching, Query()], caller: Reads) -> Any:
    """Figures are those of the steps within the range. Pages by `cursor`, the page's `next`.

    `cost` is null where nothing has a price in `currency` yet; `costs` has every currency.
    """
    wanted = _search(request, asked, caller, TRACE)
    rows, following = await _page(request.app.state.reader, wanted)
    found = []
    for org, project, trace_id, conversation, user, *sums in rows:
        head = {"trace_id": trace_id, "project": project, "org": org,
                "conversation_id": conversation, "user": user}  # fmt: skip
        found.append(head | figures(Sums(*sums[:-1]), asked.currency))
    keys = [(row[1], row[2]) for row in rows]
    named = await names(request.app.state.reader, caller.scope, keys)
    for told in found:
        told["name"] = named.get((told["project"], told["trace_id"]), "")
    return {"traces": found, "next": following}


@router.get(
    "/v1/conversations",
    summary="Conversations, the newest first, or the dearest or longest.",
    responses=examples.of(shown.CONVERSATIONS) | PROBLEMS,
)
async def conversations(
    request: Request, asked: Annotated[Searching, Query()], caller: Reads
) -> Any:
    """As `GET /v1/traces`; calls without a conversation are in none of them."""
    wanted = _search(request, asked, caller, CONVERSATION)
    rows, following = await _page(request.app.state.reader, wanted)
    found = []
    for org, conversation, user, assistants, count, *sums in rows:
        told = figures(Sums(*sums[:-1]), asked.currency)
        told["first_at"], told["last_at"] = told.pop("started_at"), told.pop("ended_at")
        head = {"conversation_id": conversation, "org": org, "user": user,
                "assistants": list(assistants), "trace_count": count}  # fmt: skip
        found.append(head | told)
    return {"conversations": found, "next": following}


def figures(sums: Sums, currency: str) -> dict[str, Any]:
    """Counts, times and money of one subject."""
    costs, charges = _money(sums.costs), _money(sums.charges)
    is_known = bool(costs) or not sums.pending_calls
    free = "0" if is_known and not costs else None
    return {
        "started_at": instant(sums.started_ms),
        "ended_at": instant(sums.ended_ms),
        "duration_ms": sums.ended_ms - sums.started_ms,
        "steps": sums.steps,
        "calls": sums.calls,
        "errors": sums.errors,
        "pending_calls": sums.pending_calls,
        "currency": currency,
        "cost": costs.get(currency, free),
        "charge": charges.get(currency, free),
        "costs": costs,
        "charges": charges,
    }


def _money(told: tuple[Sequence[str], Sequence[Any]]) -> dict[str, str]:
    return {name: plain(amount) for name, amount in zip(*told, strict=True)}


def _search(request: Request, asked: Searching, caller: Caller, subject: Subject) -> Search:
    zone = zone_of(asked.tz)
    whole = range_of(asked.since, asked.until, zone, request.app.state.clock())
    given = filters_of({name: getattr(asked, name) for name in ("org", *search.MATCHES)})
    orgs = given.pop("org", ())
    if not all(caller.scope.allows(org) for org in orgs):
        raise not_found("org")
    where = _conditions(asked, caller)
    bounds = {
        name: str(value) for name in search.BOUNDS if (value := getattr(asked, name)) is not None
    }
    try:
        after = search.after(asked.cursor, asked.order, subject)
    except ValueError:
        raise refuse("cursor", "not a cursor of this search") from None
    return Search(
        caller.scope, subject, whole, currency=asked.currency, order=asked.order,
        limit=asked.limit, orgs=orgs, matches=given, where=where, status=asked.status or "",
        bounds=bounds, text=asked.text, after=after,
    )  # fmt: skip


def _conditions(asked: Searching, caller: Caller) -> list[Condition]:
    """Conditions on one step. None on the category: a step has several."""
    written = conditions(asked.where)
    check_orgs(written, caller)
    for number, where in enumerate(written):
        if where.dim == CATEGORY:
            raise refuse(f"where.{number}.dim", f"steps cannot be filtered by {CATEGORY}", 422)
    return [condition(number, where) for number, where in enumerate(written)]


async def _page(reader: Reader, asked: Search) -> tuple[list[Any], str | None]:
    """The rows without their rank, and where the next page begins."""
    rows: Any = []
    for edge in search.edges(asked):
        rows = await reader.run(search.page(asked, edge))
        if len(rows) > asked.limit:
            break
    shown = [list(row) for row in rows[: asked.limit]]
    following = None
    if len(rows) > asked.limit:
        last = shown[-1]
        key = [str(part) for part in last[: len(asked.subject.keys)]]
        following = search.cursor(asked.order, [str(last[-1]), *key])
    return shown, following


async def names(
    reader: Reader, scope: Scope, traces: Sequence[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """What the outermost step of each (project, trace) is called."""
    if not traces:
        return {}
    keys = (
        "SELECT reinterpretAsUInt128(sipHash128('trace', t.1, t.2)) AS k FROM (SELECT "
        "arrayJoin(arrayZip({projects:Array(String)}, {traces:Array(String)})) AS t)"
    )
    hours = (
        f"SELECT slot {scope.rows('subject_hours', final=False)} AND kind = 1 "
        f"AND key IN (SELECT toUInt64(k) FROM ({keys}))"
    )
    rows = await reader.query(
        "SELECT project, trace_id, argMin(name, (parent_span_id != '', occurred_at, event_id)) "
        f"{scope.tellings(hours)} AND is_void = 0 AND slot IN ({hours}) "
        f"AND trace_key IN ({keys}) GROUP BY project, trace_id",
        scope,
        projects=[project for project, _ in traces],
        traces=[trace for _, trace in traces],
    )
    return {(str(row[0]), str(row[1])): str(row[2]) for row in rows}
