"""Reads a trace: every step as told, what the ledger counts of it, what people said of it."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.money import plain
from services.api.query.parts import TOKEN_NAMES, TOKENS
from services.api.reader import Reader, text
from services.api.scope import Scope
from services.api.traces.joined import Ties, outcomes
from services.api.traces.told import Counted, calls_of
from services.api.traces.tree import Step
from services.counting.telling import Identity, Place, Telling

KEY = "reinterpretAsUInt128(sipHash128('trace', {project:String}, {trace_id:String}))"
_IS_SPAN = "emitter != 'native'"
_PLACED = (
    "toUnixTimestamp(slot)", "trace_key", "span_key", "shape", "call_key", "ver", "usage_rank",
    "wire_rank", "call_kind", f"if({_IS_SPAN}, own_key, 0)", f"if({_IS_SPAN}, parent_key, 0)",
)  # fmt: skip
_SHOWN = (
    "operation", "name", "status", "error_type", "assistant_id", "assistant_version", "feature",
    "emitter", "provider", "model", "pending", "pending_detail", "duration_ms", "ttft_ms",
    "currency", "price_key", "variant", "org_id", "conversation_id", "user_id", "response_id",
)  # fmt: skip
_TOLD = (
    *_PLACED, "event_id", "span_id", "parent_span_id", "toUnixTimestamp64Milli(occurred_at)",
    "cost", "charge", "lines", *TOKENS, *_SHOWN,
)  # fmt: skip
_CALL = (
    "multiIf(operation IN ('embeddings','rerank'), 2, operation IN ('chat','text_completion',"
    "'image','speech','transcription'), 1, 0) AS call_kind"
)
READING = 2
"""Of `call_kind`: embeds or ranks, see `counting.telling`."""
NEAR_SECONDS = 3_600
"""How far from the trace the telling that counts is sought when it stands in another trace."""


@dataclass(frozen=True)
class Asked:
    """A trace of a project, and how many of its steps are read."""

    project: str
    trace_id: str
    steps_max: int


@dataclass(frozen=True)
class Trace:
    """What was read. `calls` is what `told.calls_of` says of each event."""

    steps: Sequence[Step]
    calls: Mapping[str, Mapping[str, Any]]
    is_truncated: bool

    def values(self, name: str) -> list[str]:
        """The values of a field over all steps, each once."""
        return sorted({step.shown[name] for step in self.steps} - {""})


async def read(reader: Reader, scope: Scope, asked: Asked) -> Trace:
    """The trace as far as the caller may see it; without steps where there is none."""
    rows = await _tellings(reader, scope, asked)
    is_truncated, rows = len(rows) > asked.steps_max, rows[: asked.steps_max]
    if not rows:
        return Trace((), {}, is_truncated=False)
    mine = {} if scope.org_id is None else {"org_id": scope.org_id}
    named = [dict(zip(_TOLD, row, strict=True)) | mine for row in rows]
    tellings = {_telling(row): (str(row[11]), list(row[18 : 18 + len(TOKENS)])) for row in rows}
    orgs = sorted({told["org_id"] for told in named})
    counted, calls = await _calls(reader, scope, asked, tellings, orgs)
    live = {call.event_id for call in counted.values()}
    steps = [_step(told, is_counted=told["event_id"] in live) for told in named]
    return Trace(steps, calls, is_truncated)


async def _calls(
    reader: Reader,
    scope: Scope,
    asked: Asked,
    tellings: Mapping[Telling, tuple[str, Any]],
    orgs: Sequence[str],
) -> tuple[dict[int, Counted], Mapping[str, Mapping[str, Any]]]:
    """What the ledger counts of the trace: among its own orgs, by which the ledger is ordered.

    A call that another trace tells for another org is sought among all of them.
    """
    told = {event_id for telling, (event_id, _) in tellings.items() if telling.is_call}
    minutes = [telling.minute for telling in tellings]
    for among in (orgs, None) if scope.org_id is None else (None,):
        counted = await _counted(reader, scope, asked, minutes, among)
        calls = calls_of(list(tellings), tellings, counted)
        if told <= calls.keys():
            break
    return counted, calls


async def judged(reader: Reader, scope: Scope, asked: Asked, trace: Trace) -> list[dict[str, Any]]:
    """Outcomes and feedback of the trace, its conversations and its responses."""
    ties = Ties(
        asked.project,
        traces=(asked.trace_id,),
        conversations=trace.values("conversation_id"),
        responses=trace.values("response_id"),
        spans=[step.span_id for step in trace.steps],
    )
    return await outcomes(reader, scope, ties)


async def _tellings(reader: Reader, scope: Scope, asked: Asked) -> Any:
    """The telling that speaks of each event, found by the hours that hold the trace."""
    hours = _hours(scope)
    newest = (
        f"SELECT *, {_CALL} {scope.tellings(hours)} AND slot IN ({hours}) "
        f"AND trace_key = {KEY} ORDER BY ver DESC LIMIT 1 BY span_key"
    )
    return await reader.query(
        f"SELECT {', '.join(_TOLD)} FROM ({newest}) WHERE is_void = 0 "
        f"ORDER BY occurred_at, event_id LIMIT {asked.steps_max + 1}",
        scope,
        project=asked.project,
        trace_id=asked.trace_id,
    )


def _hours(scope: Scope) -> str:
    return (
        f"SELECT slot {scope.rows('subject_hours', final=False)} AND kind = 1 "
        f"AND key = toUInt64({KEY})"
    )


async def _counted(
    reader: Reader,
    scope: Scope,
    asked: Asked,
    minutes: Sequence[int],
    orgs: Sequence[str] | None,
) -> dict[int, Counted]:
    """The calls of the trace that the ledger counts, and which event speaks for each."""
    hours = _hours(scope)
    keys = f"SELECT call_key {scope.tellings(hours)} AND slot IN ({hours}) AND trace_key = {KEY}"
    among = "" if orgs is None else " AND org_id IN {orgs:Array(String)}"
    rows = await reader.query(
        f"SELECT call_key, event_id, trace_id {scope.rows('calls')}{among} "
        "AND bucket >= toDateTime({low:UInt32}, 'UTC') "
        "AND bucket <= toDateTime({high:UInt32}, 'UTC') AND is_void = 0 "
        f"AND project = {{project:String}} AND call_key IN ({keys})",
        scope,
        low=max(0, min(minutes) - NEAR_SECONDS),
        high=max(minutes) + NEAR_SECONDS,
        trace_id=asked.trace_id,
        project=asked.project,
        orgs=orgs or [],
    )
    return {int(row[0]): Counted(str(row[1]), str(row[2])) for row in rows}


def _telling(row: Sequence[Any]) -> Telling:
    slot, trace, span, shape, call, ver, usage, wire, kind, own, parent = map(int, row[:11])
    return Telling(
        place=Place(slot, trace, span, shape), call_key=call, ver=ver, is_void=False,
        identity=Identity(), minute=int(row[14]) // 60_000 * 60, usage_rank=usage, wire_rank=wire,
        is_call=kind > 0, is_reading=kind == READING, own_key=own, parent_key=parent,
    )  # fmt: skip


def _step(told: Mapping[str, Any], *, is_counted: bool) -> Step:
    at = int(told["toUnixTimestamp64Milli(occurred_at)"])
    shown = {name: told[name] for name in _SHOWN}
    has_price = bool(shown["currency"]) and not shown["pending"]
    shown |= {
        "span_id": told["span_id"],
        "occurred_at": instant(at),
        "started_at": instant(at - (shown["duration_ms"] or 0)),
        "tokens": {TOKEN_NAMES[name]: told[name] for name in TOKENS},
        "cost": plain(told["cost"]) if has_price else None,
        "charge": plain(told["charge"]) if has_price else None,
        "lines": orjson.loads(told["lines"]) if told["lines"] else [],
    }
    return Step(
        event_id=told["event_id"],
        span_id=told["span_id"],
        parent_span_id=told["parent_span_id"],
        occurred_ms=at,
        is_counted=is_counted,
        is_pending=bool(shown["pending"]),
        currency=shown["currency"],
        cost=told["cost"],
        charge=told["charge"],
        shown=shown,
    )


def instant(milliseconds: int) -> str:
    """ISO 8601 in UTC."""
    return text(datetime.fromtimestamp(milliseconds / 1000, UTC))
