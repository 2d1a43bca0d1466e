"""`GET /v1/welcome`: how far the first events have come, and where to send them."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request

from schemas.money import plain
from schemas.topics import CALLS
from services.api import examples
from services.api.access import Writes
from services.api.reader import Reader, instant, text
from services.api.scope import Scope
from services.runtime.problems import ProblemError, openapi

router = APIRouter()
LOOKED_BACK = timedelta(days=1)
EVERYONE = Scope(None)
_NAMES = (
    "event_id", "project", "trace_id", "org_id", "provider", "model", "currency", "cost", "pending",
    "pending_detail", "occurred_at",
)  # fmt: skip
EXAMPLE = {
    "ingest_url": None, "kafka": {"bootstrap": "127.0.0.1:19092", "topic": "calls.v1"},
    "received": True, "stored": True, "priced": False, "visible": True,
    "event": {
        "event_id": "01979f6e-7a10-7c3e-9d6c-2f1f0c8b1a01", "project": "default",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "org_id": "acme", "provider": "openai",
        "model": "gpt-4o", "currency": "", "cost": None, "pending": "model_unknown",
        "pending_detail": "no price for openai gpt-4o", "occurred_at": "2026-11-22T10:00:00Z",
    },
    "error": None,
}  # fmt: skip


@router.get(
    "/v1/welcome",
    summary="How far the first events have come: received, stored, priced, visible.",
    responses=examples.of(EXAMPLE) | openapi(401, 403, 503),
)
async def welcome(request: Request, caller: Writes) -> Any:
    """Of the last day. `event` is its newest call, `error` the newest refusal, in its own words.

    `received` is null while Kafka does not answer.
    """
    del caller
    state, settings = request.app.state, request.app.state.settings
    reader: Reader = state.reader
    since = {"since": int((state.clock() - LOOKED_BACK).timestamp())}
    received, event, error = await asyncio.gather(
        _received(request), _event(reader, since), _error(reader, since)
    )
    return {
        "ingest_url": settings.ingest_url or None,
        "kafka": {
            "bootstrap": settings.kafka_bootstrap, "topic": settings.topic_prefix + CALLS.name,
        },
        "received": received,
        "stored": event is not None,
        "priced": event is not None and not event["pending"],
        "visible": event is not None and await _is_visible(reader, since),
        "event": event,
        "error": error,
    }  # fmt: skip


async def _received(request: Request) -> bool | None:
    """Whether calls.v1 ever held a message."""
    try:
        return bool(await request.app.state.writer.ends(CALLS.name) > 0)
    except ProblemError:
        return None


async def _event(reader: Reader, since: dict[str, int]) -> dict[str, Any] | None:
    rows = await reader.query(
        f"SELECT {', '.join(_NAMES)} {EVERYONE.rows('calls')} AND is_void = 0 "
        "AND bucket >= toDateTime({since:UInt32}, 'UTC') ORDER BY calls.occurred_at DESC LIMIT 1",
        EVERYONE,
        **since,
    )
    if not rows:
        return None
    told = dict(zip(_NAMES, rows[0], strict=True))
    told["cost"] = None if told["pending"] else plain(told["cost"])
    return told | {"occurred_at": text(instant(told["occurred_at"]))}


async def _is_visible(reader: Reader, since: dict[str, int]) -> bool:
    """Whether the aggregates that the pages read have it."""
    [[calls]] = await reader.query(
        f"SELECT sum(arraySum(d.calls)) {EVERYONE.rows('total_day')} "
        "AND bucket >= toStartOfDay(toDateTime({since:UInt32}, 'UTC'))",
        EVERYONE,
        **since,
    )
    return bool(calls)


async def _error(reader: Reader, since: dict[str, int]) -> dict[str, Any] | None:
    rows = await reader.query(
        f"SELECT occurred_at AS at, reason, field, detail {EVERYONE.rows('dead_letters')} "
        "AND occurred_at >= toDateTime({since:UInt32}, 'UTC') ORDER BY at DESC LIMIT 1",
        EVERYONE,
        **since,
    )
    if not rows:
        return None
    at, reason, field, detail = rows[0]
    return {"at": text(instant(at)), "reason": reason, "field": field, "detail": detail}
