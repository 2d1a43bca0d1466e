"""`GET /v1/traces/{trace_id}` and its steps: a conversation's chain with what each step cost."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.api import examples
from services.api.access import Reads, not_found
from services.api.asked import refuse
from services.api.traces import examples as shown
from services.api.traces import steps
from services.api.traces.contents import counts
from services.api.traces.steps import Asked
from services.api.traces.tree import columns, tree
from services.runtime.problems import openapi

router = APIRouter()
STEPS_MAX = 10_000
ROWS_MAX = 100_000
Project = Annotated[str | None, Query(max_length=256, description="By default the key's own.")]


@router.get(
    "/v1/traces/{trace_id}",
    summary="A trace: its steps as a tree, in depth-first order.",
    responses=examples.of(shown.TRACE) | openapi(400, 401, 403, 404, 503),
)
async def trace(request: Request, trace_id: str, caller: Reads, project: Project = None) -> Any:
    """Own cost of each step and the cost of everything below it.

    Several tellings of one call are all shown, one of them `is_counted`; `call` says which, why
    that one, and whether they agree. `contents` counts what is kept of a step's content. Orphans
    name a parent that has not been told. `outcomes` are joined by trace, conversation or response,
    early or late.
    """
    reader = request.app.state.reader
    asked = Asked(project or caller.key.project, trace_id, STEPS_MAX)
    found, kept = await asyncio.gather(
        steps.read(reader, caller.scope, asked),
        counts(reader, caller.scope, asked.project, trace_id),
    )
    if not found.steps:
        raise not_found("trace")
    told, total = tree(found.steps)
    outcomes = await steps.judged(reader, caller.scope, asked, found)
    for step in told:
        step["call"] = found.calls.get(step["event_id"])
        step["contents"] = kept.get((step["event_id"], step["span_id"]), 0) + sum(
            kept.get(key, 0) for key in ((step["event_id"], ""), ("", step["span_id"]))
        )
    return {
        "trace_id": trace_id,
        "project": asked.project,
        "total": total,
        "is_truncated": found.is_truncated,
        "steps": told,
        "outcomes": outcomes,
    }


class Rows(BaseModel):
    """Which rows of which project's trace."""

    model_config = ConfigDict(extra="forbid")

    project: str | None = Field(None, max_length=256, description="By default the key's own.")
    offset: int = Field(0, ge=0, le=ROWS_MAX)
    limit: int = Field(2_000, ge=1, le=ROWS_MAX)


@router.get(
    "/v1/traces/{trace_id}/steps",
    summary="The steps of a trace as columns, for traces of up to 100,000 steps.",
    responses=examples.of(shown.STEPS) | openapi(400, 401, 403, 404, 503),
)
async def rows_of(
    request: Request,
    trace_id: str,
    caller: Reads,
    asked: Annotated[Rows, Query()],
) -> Any:
    """Depth-first, parents as row numbers of the whole trace, -1 for none; `next` is an offset.

    `start_ms` is since the first step's start. `cost` and `charge` are in the step's `currency`,
    null while unknown; those of the subtree stand under each currency. `told` counts the tellings
    of the step's call. No content.
    """
    wanted = Asked(asked.project or caller.key.project, trace_id, ROWS_MAX)
    found = await steps.read(request.app.state.reader, caller.scope, wanted)
    if not found.steps:
        raise not_found("trace")
    if asked.offset >= len(found.steps):
        raise refuse("offset", f"the trace has {len(found.steps)} steps")
    end = asked.offset + asked.limit
    told = columns(found.steps, found.calls, asked.offset, asked.limit)
    return {
        "trace_id": trace_id,
        "project": wanted.project,
        "count": len(found.steps),
        "is_truncated": found.is_truncated,
        **told,
        "next": end if end < len(found.steps) else None,
    }
