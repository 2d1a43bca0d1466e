"""`GET /v1/dead` and `GET /v1/health/data`: what was refused, and what became of everything."""

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request

from schemas.call import UNATTRIBUTED
from schemas.progress import AS_OF
from services.api import examples
from services.api.access import Caller, Reads
from services.api.cursor import behind, encode
from services.api.query import form
from services.api.query.routes import meaning
from services.api.reader import Reader, instant, text
from services.api.scope import Scope
from services.runtime.problems import openapi

router = APIRouter()
EVERYTHING = form.Query.model_validate(
    {"measures": ["steps", "pending_calls"], "from": "1970-01-01T00:00:00Z", "to": "now+2h"}
)
_SHOWN = (
    "dead_id", "toUnixTimestamp64Milli(occurred_at)", "occurred_at", "reason", "field", "detail",
    "service", "source", "project", "org_id", "original_bytes", "original_sha256",
)  # fmt: skip
_NAMES = ("dead_id", "at", *_SHOWN[2:])


@router.get(
    "/v1/dead",
    summary="What could not be taken, newest first.",
    responses=examples.of(examples.DEAD) | openapi(400, 401, 403, 503),
)
async def dead(
    request: Request,
    caller: Reads,
    reason: Annotated[str, Query(max_length=64)] = "",
    cursor: Annotated[str, Query(max_length=2_000)] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Any:
    """Pages by `cursor`, the last page's `next`. The original bytes (base64) for admin keys."""
    after, place = behind(cursor, "dead_id")
    columns = [*_SHOWN, *(["original"] if caller.is_admin else [])]
    wanted = " AND reason = {reason:String}" if reason else ""
    rows = await request.app.state.reader.query(
        f"SELECT {', '.join(columns)} {caller.scope.rows('dead_letters')}{wanted}{after} "
        "ORDER BY dead_letters.occurred_at DESC, dead_id DESC LIMIT {limit:UInt32}",
        caller.scope,
        reason=reason,
        limit=limit + 1,
        **place,
    )
    names = [*_NAMES, "original"]
    letters = [dict(zip(names, row, strict=False)) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        following = encode(letters[-1]["at"], letters[-1]["dead_id"])
    for letter in letters:
        del letter["at"]
        letter["occurred_at"] = text(letter["occurred_at"])
    return {"dead": letters, "next": following}


@router.get(
    "/v1/health/data",
    summary="What became of everything that was received.",
    responses=examples.of(examples.HEALTH, is_partial=True) | openapi(401, 403, 503),
)
async def data_health(request: Request, caller: Reads) -> Any:
    """`received` = `stored` + `duplicates` + `dead_lines`, of topic calls.v1.

    `dead` also counts what was refused elsewhere, e.g. at the door of HTTP. An org key sees its own
    part only.
    """
    reader: Reader = request.app.state.reader
    scope, answers = caller.scope, request.app.state.answers
    question = meaning(request, EVERYTHING, caller)
    kept, letters, conflicts, last = await asyncio.gather(
        answers.get(question, await answers.moment([question])),
        reader.query(f"SELECT count() {scope.rows('dead_letters')}", scope),
        reader.query(f"SELECT uniqExact(project, event_id) {scope.rows('conflicts')}", scope),
        reader.query(
            "SELECT key, position, published_at AS at "
            f"{scope.rows('price_log')} ORDER BY position DESC LIMIT 1",
            scope,
        ),
    )
    whole = orjson.loads(kept.body)
    stored = whole["total"]["total"]["steps"]
    answer = {
        "stored": stored,
        "pending": whole["total"]["total"]["pending_calls"],
        "dead": letters[0][0],
        "conflicts": conflicts[0][0],
        "last_price": [
            {"key": key, "position": position, "published_at": text(at)}
            for key, position, at in last
        ],
    }
    answer["last_price"] = answer["last_price"][0] if answer["last_price"] else None
    told = await _installation(request, caller, stored)
    if caller.scope.org_id is None:
        told[UNATTRIBUTED] = whole["completeness"]["unattributed_calls"]
    return answer | told


async def _installation(request: Request, caller: Caller, stored: int) -> dict[str, Any]:
    """What only a key for all orgs may know, and how far the ledger is."""
    reader: Reader = request.app.state.reader
    fresh = await request.app.state.engine.freshness()
    told: dict[str, Any] = {
        "as_of": text(fresh.as_of) if fresh.as_of else None,
        "lag_seconds": fresh.lag_seconds,
    }
    if caller.scope.org_id is not None:
        return told
    everyone = Scope(None)
    received, topics = await asyncio.gather(
        reader.query(f"SELECT sum(lines), sum(dead) {everyone.rows('receipts')}", everyone),
        reader.query(
            "SELECT topic, sum(greatest(toInt64(end_offset) - toInt64(position), 0)), "
            f"min({AS_OF}) {everyone.rows('progress')} GROUP BY topic ORDER BY topic",
            everyone,
        ),
    )
    lines, dead_lines = (int(number) for number in received[0])
    return told | {
        "received": lines,
        "dead_lines": dead_lines,
        "duplicates": max(0, lines - dead_lines - stored),
        "topics": [
            {"topic": topic, "behind": behind, "as_of": text(instant(at))}
            for topic, behind, at in topics
        ],
    }
