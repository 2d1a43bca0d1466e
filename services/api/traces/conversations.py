"""`GET /v1/conversations/{conversation_id}`: its turns in order, with what each added."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from schemas.money import EXACT, ZERO, plain
from services.api import examples
from services.api.access import Reads, not_found
from services.api.reader import Reader
from services.api.scope import Scope
from services.api.traces import examples as shown
from services.api.traces import search
from services.api.traces.joined import Ties, outcomes
from services.api.traces.search import Sums
from services.api.traces.searches import figures, names
from services.runtime.problems import openapi

router = APIRouter()
TURNS_MAX = 2_000
_HOURS = "kind = 2 AND key = sipHash64({conversation_id:String})"
_TURN = "if(trace_id = '', event_id, trace_id)"
_TURNS = ("org_id", "project", "max(trace_id)", "max(user_id)", "max(assistant_id)",
          "max(assistant_version)", *search.SUMS)  # fmt: skip


@router.get(
    "/v1/conversations/{conversation_id}",
    summary="A conversation: its turns in order, each a trace, with a running sum.",
    responses=examples.of(shown.CONVERSATION) | openapi(401, 403, 404, 422, 503),
)
async def conversation(
    request: Request,
    conversation_id: str,
    caller: Reads,
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$")] = "USD",
) -> Any:
    """`total` is over all turns, shown or not. Feedback on the whole conversation stands beside
    the turns. A turn without a trace is one step.
    """
    reader: Reader = request.app.state.reader
    totals, rows = await asyncio.gather(
        _rows(reader, caller.scope, conversation_id, grouped=False),
        _rows(reader, caller.scope, conversation_id, grouped=True),
    )
    if not totals or not totals[0][6 + 2]:
        raise not_found("conversation")
    shown = rows[:TURNS_MAX]
    named, said = await asyncio.gather(
        names(reader, caller.scope, [(row[1], row[2]) for row in shown if row[2]]),
        _said(reader, caller.scope, conversation_id, shown),
    )
    turns = _turns(shown, named, said, currency)
    traces = {turn["trace_id"] for turn in turns}
    return {
        "conversation_id": conversation_id,
        "orgs": sorted({row[0] for row in rows}),
        "total": figures(Sums(*totals[0][6:]), currency),
        "is_truncated": len(rows) > TURNS_MAX,
        "turns": turns,
        "outcomes": [one for one in said if one["trace_id"] not in traces],
    }


def _turns(
    rows: Any, named: Mapping[tuple[str, str], str], said: Any, currency: str
) -> list[dict[str, Any]]:
    """One for each row, in order."""
    running: dict[str, Any] = {}
    return [
        {
            "trace_id": row[2], "project": row[1], "org": row[0], "user": row[3],
            "assistant": row[4], "assistant_version": row[5],
            "name": named.get((row[1], row[2]), ""), **figures(Sums(*row[6:]), currency),
            "running": _added(running, Sums(*row[6:])),
            "outcomes": [one for one in said if row[2] and one["trace_id"] == row[2]],
        }
        for row in rows
    ]  # fmt: skip


def _added(running: dict[str, Any], sums: Sums) -> dict[str, str]:
    """What the conversation cost up to and with this turn, by currency."""
    for name, amount in zip(*sums.costs, strict=True):
        running[name] = EXACT.add(running.get(name, ZERO), amount)
    return {name: plain(amount) for name, amount in sorted(running.items())}


async def _rows(reader: Reader, scope: Scope, conversation_id: str, *, grouped: bool) -> Any:
    """One row for each turn, or one for all of them."""
    hours = f"SELECT org_id, slot {scope.rows('subject_hours', final=False)} AND {_HOURS}"
    columns = ", ".join(_TURNS if grouped else ("''",) * 6 + search.SUMS)
    tail = f" GROUP BY org_id, project, {_TURN} ORDER BY started_ms, ended_ms, {_TURN} " if (
        grouped
    ) else " "  # fmt: skip
    return await reader.query(
        f"SELECT {columns} {scope.rows('calls')} AND is_void = 0 "
        f"AND (org_id, toStartOfHour(bucket)) IN ({hours}) "
        f"AND conversation_id = {{conversation_id:String}}{tail}LIMIT {TURNS_MAX + 1}",
        scope,
        conversation_id=conversation_id,
    )


async def _said(
    reader: Reader, scope: Scope, conversation_id: str, turns: Any
) -> list[dict[str, Any]]:
    """Outcomes of the conversation and of its traces, each project's own."""
    found = []
    for project in sorted({row[1] for row in turns}):
        traces = [row[2] for row in turns if row[1] == project]
        ties = Ties(project, traces=traces, conversations=(conversation_id,))
        found += await outcomes(reader, scope, ties)
    return found
