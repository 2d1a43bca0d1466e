"""What people and checks said about steps: outcomes and feedback, joined by any of their ids."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from schemas.money import plain
from services.api.reader import Reader, text
from services.api.scope import Scope

JOINED_MAX = 1_000
_SHOWN = (
    "outcome_id", "kind", "name", "occurred_at", "trace_id", "span_id", "conversation_id",
    "response_id", "value", "unit", "label", "comment", "org_id",
)  # fmt: skip


@dataclass(frozen=True)
class Ties:
    """What outcomes may name. `spans` and `responses` are those of steps the caller may see."""

    project: str
    traces: Iterable[str] = ()
    conversations: Iterable[str] = ()
    responses: Iterable[str] = ()
    spans: Iterable[str] = ()


async def outcomes(reader: Reader, scope: Scope, ties: Ties) -> list[dict[str, Any]]:
    """Oldest first, early ones and late ones alike.

    An org's key sees the org's own, and those without an org that judge a step of its own.
    """
    told = {
        "traces": [*filter(None, ties.traces)],
        "conversations": [*filter(None, ties.conversations)],
        "responses": [*filter(None, ties.responses)],
    }
    hours = " UNION ALL ".join(
        f"SELECT slot {scope.rows('subject_hours', final=False)} AND kind = {kind} "
        f"AND key IN (SELECT sipHash64(arrayJoin({{{name}:Array(String)}})))"
        for kind, name in ((4, "traces"), (5, "conversations"), (6, "responses"))
    )
    rows = await reader.query(
        f"SELECT {', '.join(_SHOWN)} {scope.outcomes()} AND project = {{project:String}} "
        f"AND toStartOfHour(occurred_at) IN (SELECT slot FROM ({hours})) "
        "AND (trace_id IN {traces:Array(String)} OR response_id IN {responses:Array(String)} "
        "OR conversation_id IN {conversations:Array(String)}) AND (org_id != '' OR {all:UInt8} "
        "OR trace_id IN {traces:Array(String)} AND span_id IN {spans:Array(String)} "
        "OR response_id IN {responses:Array(String)}) "
        f"ORDER BY occurred_at, outcome_id LIMIT {JOINED_MAX}",
        scope,
        project=ties.project,
        spans=[*filter(None, ties.spans)],
        all=int(scope.org_id is None),
        **told,
    )
    return [_outcome(row) for row in rows]


def _outcome(row: Any) -> dict[str, Any]:
    told = dict(zip(_SHOWN, row, strict=True))
    told["occurred_at"] = text(told["occurred_at"])
    told["value"] = None if told["value"] is None else plain(told["value"])
    return told
