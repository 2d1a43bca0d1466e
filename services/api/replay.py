"""`POST /v1/dead/{dead_id}/replay`: send refused bytes again, as they were or mended."""

import base64
import binascii
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from schemas.dead import ORIGINAL_BYTES_MAX
from schemas.topics import CALLS, CONTENTS, OUTCOMES, PRICED, RETRY
from services.api import audit, examples
from services.api.access import Writes, not_found
from services.runtime.kafka import Message
from services.runtime.problems import ProblemError, openapi

router = APIRouter()
TOPICS = frozenset(topic.name for topic in (CALLS, OUTCOMES, CONTENTS, PRICED, RETRY))
"""Records of the compacted topics have a route of their own."""


class Again(BaseModel):
    """The body of a replay; all of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    topic: Literal["calls.v1", "outcomes.v1", "contents.v1"] | None = Field(
        None, description="Where to send what HTTP refused; by default calls.v1."
    )
    corrected: str | None = Field(
        None, max_length=ORIGINAL_BYTES_MAX, description="One JSON object instead of the original."
    )


@router.post(
    "/v1/dead/{dead_id:path}/replay",
    status_code=202,
    summary="Send a dead letter again.",
    responses=examples.of(examples.REPLAYED, 202) | openapi(400, 401, 403, 404, 409, 503),
)
async def replay(request: Request, dead_id: str, caller: Writes, asked: Again | None = None) -> Any:
    """What is refused again is a new dead letter; the old one stays as a record."""
    wanted = asked or Again()
    rows = await request.app.state.reader.query(
        "SELECT source, project, org_id, original, original_bytes "
        f"{caller.scope.rows('dead_letters')} AND dead_id = {{dead_id:String}} LIMIT 1",
        caller.scope,
        dead_id=dead_id,
    )
    if not rows:
        raise not_found("dead letter")
    source, project, org_id, original, size = rows[0]
    topic = _topic(source, wanted)
    if wanted.corrected is None:
        if size > ORIGINAL_BYTES_MAX:
            raise ProblemError(409, "only its beginning was kept: send the corrected text")
        value = _decoded(original)
    else:
        value = wanted.corrected.encode()
    if source.startswith("http/"):
        value = _completed(value, project, org_id)
    note = audit.entry(request, caller, "dead.replay", dead_id, org_id)
    await request.app.state.writer.publish(topic, [Message(topic, value, dead_id.encode()), note])
    return {"dead_id": dead_id, "topic": topic}


def _topic(source: str, wanted: Again) -> str:
    if source.startswith("http/"):
        return wanted.topic or CALLS.name
    topic: str = source.partition("/")[0]
    if topic not in TOPICS:
        raise ProblemError(409, f"records of {topic} are published anew by their own route")
    return topic


def _decoded(original: str) -> bytes:
    try:
        return base64.b64decode(original)
    except (ValueError, binascii.Error):
        raise ProblemError(409, "its bytes cannot be read: send the corrected text") from None


def _completed(value: bytes, project: str, org_id: str) -> bytes:
    """What HTTP takes from the key stands in the event on Kafka."""
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    if not isinstance(event, dict):
        return value
    known = {"project": project} | ({"org_id": org_id} if org_id else {})
    return orjson.dumps(event | {name: text for name, text in known.items() if text})
