"""Content of a trace, as far as it is kept, and its deletion."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from schemas.topics import AUDIT
from services.api import audit, examples
from services.api.access import Reads, Writes, not_found
from services.api.asked import refuse
from services.api.reader import Reader, text
from services.api.scope import Scope
from services.api.traces import examples as shown
from services.runtime.problems import openapi

router = APIRouter()
PIECES_MAX = 1_000
PREVIEW_CHARS = 65_536
Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_SHOWN = (
    "content_id", "event_id", "span_id", "org_id", "kind", "name", "role", "mime_type",
    "occurred_at", "lengthUTF8(content)", "cut_chars", "substringUTF8(content, 1, {chars:UInt32})",
)  # fmt: skip
_NAMES = (*_SHOWN[:9], "chars", "cut_chars", "content")
_TRACE_HOURS = (
    "kind = 1 AND key = toUInt64(reinterpretAsUInt128(sipHash128('trace', {project:String}, "
    "{trace_id:String})))"
)


@router.get(
    "/v1/traces/{trace_id}/contents",
    summary="What was retrieved, sent and returned in a trace, where content is kept.",
    responses=examples.of(shown.CONTENTS) | openapi(400, 401, 403, 422, 503),
)
async def contents(
    request: Request,
    trace_id: str,
    caller: Reads,
    project: Annotated[str | None, Query(max_length=256)] = None,
    chars: Annotated[int, Query(ge=0, le=1_000_000)] = PREVIEW_CHARS,
) -> Any:
    """Up to 1,000 pieces in order, each up to `chars` characters: `chars` of the answer is the
    length of the whole. `cut_chars` were cut when it was stored. Empty where nothing is kept.
    """
    rows = await _pieces(
        request.app.state.reader, caller.scope,
        {"project": project or caller.key.project, "trace_id": trace_id, "chars": chars},
    )  # fmt: skip
    told = [dict(zip(_NAMES, row, strict=True)) for row in rows[:PIECES_MAX]]
    for piece in told:
        piece["occurred_at"] = text(piece["occurred_at"])
        piece["is_preview"] = len(piece["content"]) < piece["chars"]
    return {"trace_id": trace_id, "contents": told, "is_truncated": len(rows) > PIECES_MAX}


async def _pieces(reader: Reader, scope: Scope, asked: dict[str, Any]) -> Any:
    """An org's key reads the org's own, and what steps of its own calls told without an org."""
    hours = f"SELECT slot {scope.rows('subject_hours', final=False)} AND {_TRACE_HOURS}"
    return await reader.query(
        f"SELECT {', '.join(_SHOWN)} {scope.contents(hours)} AND project = {{project:String}} "
        "AND trace_id = {trace_id:String} ORDER BY occurred_at, span_id, content_id "
        f"LIMIT 1 BY content_id LIMIT {PIECES_MAX + 1}",
        scope,
        **asked,
    )


async def counts(
    reader: Reader, scope: Scope, project: str, trace_id: str
) -> dict[tuple[str, str], int]:
    """How many pieces are kept, by (event, span) as the content names them."""
    hours = f"SELECT slot {scope.rows('subject_hours', final=False)} AND {_TRACE_HOURS}"
    rows = await reader.query(
        f"SELECT event_id, span_id, uniqExact(content_id) {scope.contents(hours)} "
        "AND project = {project:String} AND trace_id = {trace_id:String} "
        "GROUP BY event_id, span_id",
        scope,
        project=project,
        trace_id=trace_id,
    )
    return {(str(row[0]), str(row[1])): int(row[2]) for row in rows}


class Forgotten(BaseModel):
    """Whose content is deleted: one of the three."""

    model_config = ConfigDict(extra="forbid")

    trace_id: Id | None = None
    conversation_id: Id | None = None
    user_id: Id | None = None
    project: Id | None = Field(None, description="By default in all projects.")


@router.delete(
    "/v1/contents",
    status_code=202,
    summary="Delete the content of a trace, a conversation or a user (admin).",
    responses=examples.of(shown.DELETION, 202) | openapi(400, 401, 403, 422, 503),
)
async def forget(request: Request, asked: Annotated[Forgotten, Query()], caller: Writes) -> Any:
    """Nothing of it is shown or found from this answer on, nor is what arrives later; it is
    removed from the disk within seconds: `GET /v1/deletions/{deletion_id}` says when. The calls
    and their costs stay.
    """
    named = asked.model_dump(exclude_none=True)
    subject = [name for name in named if name != "project"]
    if len(subject) != 1:
        raise refuse("trace_id", "name one of trace_id, conversation_id, user_id")
    row = named | {
        "deletion_id": secrets.token_hex(12),
        "requested_at": text(request.app.state.clock()),
        "requested_by": caller.key.key_id,
    }
    note = audit.entry(request, caller, "content.delete", row["deletion_id"])
    await request.app.state.writer.publish(AUDIT.name, [note])
    await request.app.state.reader.insert("deletions", [row])
    return await _deletion(request.app.state.reader, caller.scope, row["deletion_id"])


@router.get(
    "/v1/deletions/{deletion_id}",
    summary="How far a deletion is (admin).",
    responses=examples.of(shown.DELETION) | openapi(401, 403, 404, 503),
)
async def deletion(request: Request, deletion_id: str, caller: Writes) -> Any:
    """`hidden`: nothing is shown any more; `done`: nothing is left on the disk."""
    return await _deletion(request.app.state.reader, caller.scope, deletion_id)


async def _deletion(reader: Reader, scope: Scope, deletion_id: str) -> Any:
    names = ("deletion_id", "requested_at", "requested_by", "project", "trace_id",
             "conversation_id", "user_id")  # fmt: skip
    rows = await reader.query(
        f"SELECT {', '.join(names)} {scope.rows('deletions')} AND deletion_id = {{id:String}}",
        scope,
        id=deletion_id,
    )
    if not rows:
        raise not_found("deletion")
    done = await reader.query(
        f"SELECT done_at, pieces {scope.rows('deletions_done')} AND deletion_id = {{id:String}}",
        scope,
        id=deletion_id,
    )
    told = dict(zip(names, rows[0], strict=True))
    told["requested_at"] = text(told["requested_at"])
    told |= {"status": "done" if done else "hidden", "done_at": None, "pieces": None}
    if done:
        told |= {"done_at": text(done[0][0]), "pieces": done[0][1]}
    return told
