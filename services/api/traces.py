"""`GET /v1/traces/{trace_id}`: the steps of a conversation with what each cost."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request

from schemas.money import plain
from services.api import examples
from services.api.access import Reads, not_found
from services.api.answer import TOKEN_NAMES
from services.api.reader import Reader, text
from services.api.scope import Scope
from services.api.sql import TOKENS
from services.api.tree import Step, tree
from services.runtime.problems import openapi

router = APIRouter()
STEPS_MAX = 10_000
_KEY = "reinterpretAsUInt128(sipHash128('trace', {project:String}, {trace_id:String}))"
_SHOWN = (
    "operation", "name", "status", "error_type", "assistant_id", "feature", "emitter", "provider",
    "model", "pending", "pending_detail", "duration_ms", "ttft_ms", "currency", "price_key",
    "variant", "org_id", "conversation_id",
)  # fmt: skip
_TOLD = (
    "event_id", "span_id", "parent_span_id", "toUnixTimestamp64Milli(occurred_at)",
    "toString(call_key)", "cost", "charge", "lines", *TOKENS, *_SHOWN,
)  # fmt: skip


@router.get(
    "/v1/traces/{trace_id}",
    summary="A trace: its steps as a tree, in depth-first order.",
    responses=examples.of(examples.TRACE) | openapi(400, 401, 403, 404, 503),
)
async def trace(
    request: Request,
    trace_id: str,
    caller: Reads,
    project: Annotated[str | None, Query(max_length=256)] = None,
) -> Any:
    """Own cost of each step and the cost of everything below it; the key's project by default.

    Several tellings of one call are all shown, one of them `is_counted`. Orphans name a parent
    that has not been told.
    """
    reader: Reader = request.app.state.reader
    named = project or caller.key.project
    rows = await _tellings(reader, caller.scope, named, trace_id)
    if not rows:
        raise not_found("trace")
    counted = await _counted(reader, caller.scope, named, trace_id, [row[3] for row in rows])
    steps = [_step(row, counted) for row in rows[:STEPS_MAX]]
    told, total = tree(steps)
    return {
        "trace_id": trace_id,
        "project": named,
        "total": total,
        "is_truncated": len(rows) > STEPS_MAX,
        "steps": told,
    }


async def _tellings(reader: Reader, scope: Scope, project: str, trace_id: str) -> Any:
    """The telling that speaks of each event, found by the hours that `links` names."""
    places = (
        f"SELECT to_slot, to_trace {scope.rows('links', final=False)} AND kind = 3 "
        f"AND key = toUInt64({_KEY})"
    )
    newest = (
        f"SELECT * {scope.rows('tellings')} AND (slot, trace_key) IN ({places}) "
        f"AND trace_key = {_KEY} ORDER BY ver DESC LIMIT 1 BY span_key"
    )
    return await reader.query(
        f"SELECT {', '.join(_TOLD)} FROM ({newest}) WHERE is_void = 0 "
        f"ORDER BY occurred_at, event_id LIMIT {STEPS_MAX + 1}",
        scope,
        project=project,
        trace_id=trace_id,
    )


async def _counted(
    reader: Reader, scope: Scope, project: str, trace_id: str, instants: list[int]
) -> set[tuple[str, str]]:
    """(call, event) pairs that the ledger counts: those of the winning tellings."""
    rows = await reader.query(
        f"SELECT toString(call_key), event_id {scope.rows('calls')} "
        "AND bucket >= toDateTime({low:UInt32}, 'UTC') "
        "AND bucket <= toDateTime({high:UInt32}, 'UTC') AND is_void = 0 "
        "AND trace_id = {trace_id:String} AND project = {project:String}",
        scope,
        low=min(instants) // 60_000 * 60,
        high=max(instants) // 1000,
        trace_id=trace_id,
        project=project,
    )
    return {(row[0], row[1]) for row in rows}


def _step(row: Any, counted: set[tuple[str, str]]) -> Step:
    event_id, span_id, parent, at, call_key, cost, charge, lines, *rest = row
    tokens = dict(zip(TOKENS, rest[: len(TOKENS)], strict=True))
    shown = dict(zip(_SHOWN, rest[len(TOKENS) :], strict=True))
    has_price = bool(shown["currency"]) and not shown["pending"]
    shown |= {
        "span_id": span_id,
        "occurred_at": _instant(at),
        "started_at": _instant(at - (shown["duration_ms"] or 0)),
        "tokens": {TOKEN_NAMES[name]: count for name, count in tokens.items()},
        "cost": plain(cost) if has_price else None,
        "charge": plain(charge) if has_price else None,
        "lines": orjson.loads(lines) if lines else [],
    }
    return Step(
        event_id=event_id,
        span_id=span_id,
        parent_span_id=parent,
        occurred_ms=at,
        is_counted=(call_key, event_id) in counted,
        is_pending=bool(shown["pending"]),
        currency=shown["currency"],
        cost=cost,
        charge=charge,
        shown=shown,
    )


def _instant(milliseconds: int) -> str:
    return text(datetime.fromtimestamp(milliseconds / 1000, UTC))
