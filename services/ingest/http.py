"""The endpoints: a request's bytes in, the core's decision out, Kafka in between."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from services.ingest import batch, core, inflate, openapi, rate
from services.ingest.gate import Gate, UnavailableError
from services.ingest.keeping import keeper
from services.ingest.kinds import CONTENT_KIND, KINDS, Kind
from services.ingest.lookups import Tables
from services.ingest.settings import ANYONE, Settings
from services.runtime import telemetry
from services.runtime.kafka import Message
from services.runtime.keys import ApiKey, KeyRing, bearer
from services.runtime.problems import ProblemError, respond, unavailable


@dataclass
class Shell:
    """What the handlers share."""

    settings: Settings
    keys: KeyRing
    gate: Gate
    clock: Callable[[], datetime]
    buckets: dict[str, rate.Bucket] = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)


def add_routes(app: FastAPI, shell: Shell) -> None:
    """One route for each kind."""
    for kind in KINDS:
        app.add_api_route(
            kind.path,
            _endpoint(shell, kind),
            methods=["POST"],
            name=kind.path.rpartition("/")[2],
            summary=kind.topic.description,
            response_class=Response,
            openapi_extra=openapi.request_body(kind, shell.settings.items_max),
            responses=openapi.responses(),
        )


def caller_of(shell: Shell, key: ApiKey) -> core.Caller:
    """What the key fixes of everything sent with it, now."""
    return core.Caller(key.project, key.org_id, shell.clock(), keeper(key))


def _endpoint(shell: Shell, kind: Kind) -> Callable[[Request], Any]:
    async def take(request: Request) -> Response:
        key = authorised(shell, request.headers)
        body = await read_body(shell.settings, request)
        if not body.strip() and "ndjson" not in request.headers.get("content-type", ""):
            raise ProblemError(400, "the body is empty")
        caller = caller_of(shell, key)
        if kind is CONTENT_KIND and caller.keep is None:
            raise ProblemError(403, "this key keeps no content: give it 'content' rules")
        try:
            decision = core.decide(kind, body, caller, shell.settings.items_max)
        except core.TooManyError as wrong:
            raise ProblemError(413, str(wrong)) from None
        size = len(decision.taken) + len(decision.refused)
        limit(shell, key, size)
        refused = list(decision.refused)
        if decision.broken:
            refused = [core.Refused(0, decision.broken, body)]
        if kind is CONTENT_KIND:  # what is not taken is not kept anywhere else either
            refused = [replace(refusal, original=b"") for refusal in refused]
        envelopes = batch.envelopes(caller.project, decision.taken)
        letters = batch.letters(((r.refusal, r.original) for r in refused), caller)
        await publish(
            shell.gate,
            [Message(kind.topic.name, e.value, e.key) for e in envelopes]
            + [Message("dead.v1", e.value, e.key) for e in letters],
        )
        count(kind.topic.name, len(decision.taken), refused)
        return _answer(request, decision, refused)

    return take


def authorised(shell: Shell, headers: Mapping[str, str]) -> ApiKey:
    """The caller's key, or the problem with it. Names of headers in lower case."""
    if shell.settings.auth == "off":
        return ANYONE
    secret = bearer(dict(headers))
    key = shell.keys.find(secret) if secret else None
    if key is None:
        detail = "unknown API key" if secret else "an API key is needed: Authorization: Bearer KEY"
        raise ProblemError(401, detail, headers={"www-authenticate": "Bearer"})
    if not key.allows("ingest"):
        raise ProblemError(403, "this key lacks the scope 'ingest'")
    return key


async def read_body(settings: Settings, request: Request) -> bytes:
    """The body without its content encoding, within the limits, or the problem with it."""
    limit = settings.body_bytes_max
    too_large = ProblemError(413, f"the body is larger than {limit} bytes: send several")
    try:
        async with asyncio.timeout(settings.body_seconds_max):
            raw = await _read(request, limit)
    except TimeoutError:
        raise ProblemError(408, f"no body within {settings.body_seconds_max:g} s") from None
    if raw is None:
        raise too_large
    encoding = request.headers.get("content-encoding", "")
    try:
        body = inflate.inflate(raw, encoding, limit)
    except inflate.TooLargeError:
        raise too_large from None
    except inflate.CorruptError as wrong:
        raise ProblemError(400, f"content-encoding {encoding}: {wrong}") from None
    except inflate.UnknownEncodingError:
        detail = f"content-encoding {encoding[:64]!r} is not known here"
        raise ProblemError(415, detail, allowed=list(inflate.ENCODINGS)) from None
    return body


async def _read(request: Request, limit: int) -> bytes | None:
    """The body as sent; None as soon as it passes the limit."""
    if int(request.headers.get("content-length", "0")) > limit:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def limit(shell: Shell, key: ApiKey, events: int) -> None:
    """Take the events from the key's budget, or the problem that there is none."""
    allowed = shell.settings.events_per_second_max
    if not allowed:
        return
    bucket, wait = rate.spend(shell.buckets.get(key.key_id), allowed, events, time.monotonic())
    shell.buckets[key.key_id] = bucket
    if wait:
        detail = f"more than {allowed:g} events a second with this key"
        raise ProblemError(429, detail, headers={"retry-after": str(wait)})


async def publish(gate: Gate, messages: list[Message]) -> None:
    """Return once Kafka has all of them, or the problem that it has not."""
    try:
        await gate.publish(messages)
    except UnavailableError as wrong:
        telemetry.UNAVAILABLE.labels("kafka").inc()
        raise unavailable(f"{wrong}: resend, nothing is counted twice") from None


def count(topic: str, accepted: int, refused: Iterable[core.Refused]) -> None:
    """For the metrics."""
    telemetry.ACCEPTED.labels(topic).inc(accepted)
    for reason, number in Counter(r.refusal.reason for r in refused).items():
        telemetry.REFUSED.labels("ingest", reason).inc(number)


def _answer(request: Request, decision: core.Decision, refused: list[core.Refused]) -> Response:
    listed = [
        {
            "index": r.index,
            "field": r.refusal.field,
            "reason": r.refusal.reason,
            "detail": r.refusal.detail,
        }
        for r in refused
    ]
    if decision.broken:
        detail = f"the body is not JSON: {decision.broken.detail}"
        return respond(request, ProblemError(400, detail, accepted=0, refused=listed))
    if refused and not decision.taken:
        detail = f"none of {len(refused)} items was accepted: {refused[0].refusal.detail}"
        return respond(request, ProblemError(422, detail, accepted=0, refused=listed))
    body = orjson.dumps({"accepted": len(decision.taken), "refused": listed})
    return Response(body, media_type="application/json")
