"""`GET /v1/changes`: tells which UTC days have changed, as they do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.api.access import Caller, Reads, reader
from services.api.query.cache import days_of, recent
from services.api.query.counters import Counters, Known
from services.api.query.engine import Engine
from services.api.reader import text
from services.runtime.problems import ProblemError, encode, openapi

router = APIRouter()
TICK_SECONDS = 5.0
HEARTBEAT_TICKS = 3
DAYS = 400
"""How old a changed day may be to be told: older ones are seen when they are asked for again."""
EXAMPLE = (
    'event: changed\ndata: {"as_of":"2026-11-26T21:40:05Z","days":["2026-11-26"],"also":[]}\n\n'
)
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "OK", "content": {"text/event-stream": {"example": EXAMPLE}}}
}


class Streams:
    """How many streams each key has open, and when the process wants them to end."""

    def __init__(self, reads: Counters, per_key_max: int) -> None:
        self.counters, self.per_key_max = reads, per_key_max
        self.closing = asyncio.Event()
        self._open: Counter[str] = Counter()

    def take(self, key_id: str) -> Callable[[], None]:
        """Count one more, or refuse it. What is returned gives its place back."""
        if self._open[key_id] >= self.per_key_max:
            detail = f"this key has {self.per_key_max} streams open already"
            raise ProblemError(429, detail, headers={"retry-after": "60"})
        self._open[key_id] += 1
        return partial(self._open.subtract, [key_id])


class Stream(StreamingResponse):
    """Gives its place back however it ends, begun or not."""

    def __init__(self, events: AsyncIterator[bytes], give_back: Callable[[], None]) -> None:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._give_back()


@router.get(
    "/v1/changes", summary="Server-sent events: the days whose figures have changed.",
    response_class=StreamingResponse, responses=STREAM | openapi(401, 403, 429, 503),
)  # fmt: skip
async def changes(request: Request, caller: Reads) -> StreamingResponse:
    """`changed` with `as_of` and `days` (UTC), every 5 seconds at most; a comment every 15.

    `also` names what belongs to no day: `orgs`, `prices`, `closed` months. An org's key hears of
    its own. The stream ends when the key or session does.
    """
    streams: Streams = request.app.state.streams
    give_back = streams.take(caller.key.key_id)
    try:
        known = await streams.counters.renewed(
            caller.scope, recent(request.app.state.clock(), DAYS)
        )
    except BaseException:
        give_back()
        raise
    return Stream(_events(request, caller, known), give_back)


async def _events(request: Request, caller: Caller, known: Known) -> AsyncIterator[bytes]:
    silent = 0
    yield b": listening\n\n"
    while not await _ends(request, caller):
        known, event = await _changed(request, caller, known)
        silent = 0 if event else silent + 1
        if event or silent >= HEARTBEAT_TICKS:
            silent = 0
            yield event or b": nothing changed\n\n"


async def _ends(request: Request, caller: Caller) -> bool:
    """Wait a tick. True when the process ends, or the caller may not listen any more."""
    try:
        await asyncio.wait_for(request.app.state.streams.closing.wait(), TICK_SECONDS)
        return True
    except TimeoutError:
        pass
    try:
        return (await reader(request)).scope != caller.scope
    except ProblemError:
        return True


def differs(now: Known, known: Known, name: str) -> bool:
    """True when something that belongs to no day has changed."""
    return bool(getattr(now, name) != getattr(known, name))


async def _changed(request: Request, caller: Caller, known: Known) -> tuple[Known, bytes]:
    """What is known now, and the event about it; none where nothing changed or can be read."""
    engine: Engine = request.app.state.engine
    try:
        fresh = await engine.freshness()
        whole = recent(request.app.state.clock(), DAYS)
        now = await request.app.state.streams.counters.renewed(caller.scope, whole)
    except ProblemError:
        return known, b""
    days = days_of(now, known, whole)
    also = [name for name in ("orgs", "prices", "closed") if differs(now, known, name)]
    if not days and not also:
        return now, b""
    told = {"as_of": text(fresh.as_of) if fresh.as_of else None, "days": days, "also": also}
    return now, b"event: changed\ndata: %b\n\n" % encode(told)
