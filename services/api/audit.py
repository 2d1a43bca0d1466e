"""Who changed what: an entry beside every change, in the same publish, and `GET /v1/audit`."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from schemas.access import AuditEntry
from schemas.topics import AUDIT
from services.api import examples
from services.api.access import Caller, Writes
from services.api.cursor import behind, encode
from services.api.reader import instant, text
from services.runtime.kafka import Message
from services.runtime.problems import openapi

router = APIRouter()
_COLUMNS = ("audit_id", "occurred_at", "actor", "action", "target", "org_id")


def entry(request: Request, caller: Caller, action: str, target: str, org_id: str = "") -> Message:
    """The message to publish with a change."""
    made = AuditEntry(
        audit_id=uuid.uuid4().hex,
        occurred_at=request.app.state.clock(),
        actor=caller.key.key_id,
        action=action,
        target=target[:2048],
        org_id=org_id,
    )
    return Message(AUDIT.name, made.model_dump_json().encode(), made.audit_id.encode())


class Asked(BaseModel):
    """Parameters of `GET /v1/audit`."""

    model_config = ConfigDict(extra="forbid")

    actor: str = Field("", max_length=256)
    action: str = Field("", max_length=64)
    cursor: str = Field("", max_length=2_000)
    limit: int = Field(100, ge=1, le=1_000)


@router.get(
    "/v1/audit",
    summary="Who changed what, newest first.",
    responses=examples.of(examples.AUDIT) | openapi(400, 401, 403, 503),
)
async def audit(request: Request, caller: Writes, asked: Annotated[Asked, Query()]) -> Any:
    """For admin keys of all orgs. Pages by `cursor`, the last page's `next`."""
    after, place = behind(asked.cursor, "audit_id")
    given = {"actor": asked.actor, "action": asked.action}
    filters = {name: value for name, value in given.items() if value}
    conditions = "".join(f" AND {name} = {{{name}:String}}" for name in filters) + after
    rows = await request.app.state.reader.query(
        f"SELECT {', '.join(_COLUMNS)}, toUnixTimestamp64Milli(occurred_at) "
        f"{caller.scope.rows('audit')}{conditions} "
        "ORDER BY audit.occurred_at DESC, audit_id DESC LIMIT {limit:UInt32}",
        caller.scope,
        limit=asked.limit + 1,
        **filters,
        **place,
    )
    entries = [dict(zip(_COLUMNS, row, strict=False)) for row in rows[: asked.limit]]
    for told in entries:
        told["occurred_at"] = text(instant(told["occurred_at"]))
    following = None
    if len(rows) > asked.limit:
        following = encode(rows[asked.limit - 1][-1], rows[asked.limit - 1][0])
    return {"entries": entries, "next": following}
