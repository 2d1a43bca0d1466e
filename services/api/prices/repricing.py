"""`/v1/repricings` and `/v1/what-if`: what corrections changed, and what others would change."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.money import plain
from services.api import examples
from services.api.access import Caller, Reads
from services.api.completeness import json_of
from services.api.prices.mirror_book import MirrorBook
from services.api.reader import Reader, instant, text
from services.pricing.book import PriceBook
from services.pricing.recall import COLUMNS, Stored, instead, stored
from services.pricing.told import decide
from services.pricing.whatif import Sums, add
from services.runtime.problems import ProblemError, openapi

router = APIRouter()
CALLS_MAX = 200_000
PAGE_ROWS = 10_000
SECONDS_MAX = 2**32 - 86_400
Position = Annotated[int, Path(ge=0, lt=2**63, description="Offset in prices.v1.")]
_AMOUNTS = ("cost_before", "cost_after", "charge_before", "charge_after")


@router.get(
    "/v1/repricings",
    summary="Corrections that priced calls of the ledger again: progress, who, why.",
    responses=examples.of(examples.REPRICINGS) | openapi(400, 401, 403, 503),
)
async def repricings(
    request: Request, caller: Reads, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> Any:
    """Newest first. `share_done` is of the hours of the pass that runs."""
    rows = await request.app.state.reader.query(
        "SELECT r.position, r.state, r.pass, r.slots_done, r.slots, r.seen, r.changed, "
        "r.updated_at, p.key, p.record FROM (SELECT * FROM repricings FINAL) AS r INNER JOIN "
        f"(SELECT key, position, record {caller.scope.rows('price_log')}) AS p "
        "ON p.position = r.position ORDER BY r.position DESC LIMIT {limit:UInt32}",
        caller.scope,
        limit=limit,
    )
    return {"repricings": [_job(row, whole=caller.scope.org_id is None) for row in rows]}


def _job(row: Any, *, whole: bool) -> dict[str, Any]:
    position, state, number, done, slots, seen, changed, at, key, record = row
    parsed = json_of(record) or {}
    job = {
        "position": position,
        "key": key,
        "state": state,
        "pass": number,
        "share_done": round(done / slots, 4) if slots else 1.0,
        "updated_at": text(instant(at)),
    }
    if not whole:
        return job
    return job | {"audit": parsed.get("audit"), "calls_seen": seen, "calls_changed": changed}


@router.get(
    "/v1/repricings/{position}",
    summary="What one correction changed: old and new cost by org and day.",
    responses=examples.of(examples.REPRICING) | openapi(400, 401, 403, 503),
)
async def repricing(request: Request, position: Position, caller: Reads) -> Any:
    """Days are UTC. `is_adjustment`: the month was closed, the difference belongs to `in_month`."""
    money = ", ".join(f"toString(sum(CAST({name} AS Decimal(76, 18))))" for name in _AMOUNTS)
    rows = await request.app.state.reader.query(
        "SELECT org_id, toString(toDate(slot)) AS day, toString(in_month), is_adjustment, "
        f"if(currency_after = '', currency_before, currency_after) AS cur, count(), {money}, "
        f"countIf(pending_after != '') {caller.scope.rows('price_changes')} "
        "AND position = {position:UInt64} GROUP BY org_id, day, in_month, is_adjustment, cur "
        "ORDER BY day, org_id",
        caller.scope,
        position=position,
    )
    names = (
        "org_id", "day", "in_month", "is_adjustment", "currency", "calls", "cost_before",
        "cost_after", "charge_before", "charge_after", "pending_after",
    )  # fmt: skip
    return {
        "position": position,
        "changes": [_changed(dict(zip(names, r, strict=True))) for r in rows],
    }


def _changed(row: dict[str, Any]) -> dict[str, Any]:
    for name in _AMOUNTS:
        row[name] = plain(Decimal(row[name]))
    return row | {"is_adjustment": bool(row["is_adjustment"])}


class Instead(BaseModel):
    """Another model, by name; its provider too where that differs."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(max_length=256)
    provider: str = Field("", max_length=256)


class Supposed(BaseModel):
    """A range of calls, and what to suppose of them."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    org: str = Field("", max_length=256)
    provider: str = Field("", max_length=256)
    model: str = Field("", max_length=256)
    records: Annotated[list[dict[str, Any]], Field(max_length=1_000)] = []
    instead: Instead | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Supposed":
        if not 0 <= self.start.timestamp() < self.end.timestamp() <= SECONDS_MAX:
            raise ValueError("from: must be before to, both between 1970 and 2106")
        return self


@router.post(
    "/v1/what-if",
    summary="What calls would have cost at other prices, or with another model.",
    responses=examples.of(examples.WHAT_IF) | openapi(401, 403, 413, 422, 503),
)
async def what_if(request: Request, asked: Supposed, caller: Reads) -> Any:
    """Every call of the range is priced again, exactly; nothing is published or changed.

    `records` are supposed to be in the book: the dry run of a correction. `instead` is the model
    that would have answered, with the same tokens. At most 200,000 calls: else narrow the range.
    """
    mirror: MirrorBook = request.app.state.book
    book = await mirror.supposing(list(asked.records))
    sums: dict[tuple[str, str, str], Sums] = defaultdict(Sums)
    seen = 0
    async for rows in _calls(request.app.state.reader, caller, asked):
        seen += len(rows)
        if seen > CALLS_MAX:
            detail = f"more than {CALLS_MAX} calls: a shorter range, one org, one model"
            raise ProblemError(422, detail, field="from")
        for org_id, *row in rows:
            _suppose(sums, str(org_id), stored(row), book, asked.instead)
    listed = [
        {"org_id": org, "day": day, "currency": currency} | found.told()
        for (org, day, currency), found in sorted(sums.items())
    ]
    total: dict[str, Sums] = defaultdict(Sums)
    for (_, _, currency), found in sums.items():
        total[currency] = total[currency].plus(found)
    return {
        "calls": seen,
        "book_position": mirror.position(caller.scope),
        "total": {currency: found.told() for currency, found in sorted(total.items())},
        "changes": listed,
    }


def _suppose(
    sums: dict[tuple[str, str, str], Sums],
    org_id: str,
    call: Stored,
    book: PriceBook,
    other: Instead | None,
) -> None:
    event = call.event.model_copy(update={"org_id": org_id if org_id != "unattributed" else ""})
    if other is not None:
        event = instead(event, other.provider or event.provider, other.model)
    day = instant(event.occurred_at).date().isoformat()
    add(sums, (org_id, day), call, decide(event, book, call.billed_org).result)


async def _calls(reader: Reader, caller: Caller, asked: Supposed) -> Any:
    """Pages of the counted calls of the range that use a model, as their winning telling tells."""
    low, high = asked.start.astimezone(UTC), asked.end.astimezone(UTC)
    own = (
        f"{caller.scope.rows('calls')} AND is_void = 0 AND bucket >= {{low:DateTime('UTC')}} "
        "AND bucket < {high:DateTime('UTC')}"
    )
    live = f"SELECT org_id, project, event_id, bucket {own} " + (
        "AND org_id = {org:String} " if asked.org else ""
    )
    tellings = caller.scope.tellings(f"SELECT toStartOfHour(bucket) {own}")
    conditions = "".join(
        f" AND lowerUTF8({name}) = lowerUTF8({{{name}:String}})"
        for name in ("provider", "model")
        if getattr(asked, name)
    )
    cursor = ("1970-01-01 00:00:00", "0", "0", "0")
    columns = ", ".join(f"t.{name}" if "(" not in name else name for name in COLUMNS)
    while True:
        rows = await reader.query(
            f"SELECT c.org_id, {columns}, toString(t.slot) FROM (SELECT * "
            f"{tellings} AND slot >= toStartOfHour({{low:DateTime('UTC')}}) "
            "AND slot < {high:DateTime('UTC')} AND is_void = 0 "
            f"AND (price_key != '' OR pending != ''){conditions} "
            "AND (slot, trace_key, span_key, shape) > ({slot:DateTime('UTC')}, {trace:UInt128}, "
            "{span:UInt64}, {shape:UInt64}) ORDER BY slot, trace_key, span_key, shape "
            f"LIMIT {PAGE_ROWS}) AS t LEFT JOIN ({live}) AS c ON c.project = t.project "
            "AND c.event_id = t.event_id ORDER BY t.slot, t.trace_key, t.span_key, t.shape",
            caller.scope,
            low=low, high=high, org=asked.org, provider=asked.provider, model=asked.model,
            slot=cursor[0], trace=cursor[1], span=cursor[2], shape=cursor[3],
        )  # fmt: skip
        yield [row[:-1] for row in rows if row[0] and _within(row, low, high)]
        if len(rows) < PAGE_ROWS:
            return
        cursor = (rows[-1][-1], *stored(rows[-1][1:-1]).cursor)


_AT = 1 + COLUMNS.index("occurred_at")


def _within(row: Any, low: datetime, high: datetime) -> bool:
    return low <= instant(row[_AT]) < high
