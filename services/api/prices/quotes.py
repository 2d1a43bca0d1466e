"""`POST /v1/quote` and `GET /v1/calls/{event_id}/explain`: what a call costs, line by line."""

from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from schemas.money import plain
from services.api import examples
from services.api.access import Caller, Reads, not_found
from services.api.completeness import json_of
from services.api.prices.mirror_book import MirrorBook
from services.api.reader import Reader, text
from services.pricing.quote import quote_line, told
from services.pricing.recall import COLUMNS, stored
from services.pricing.told import decide
from services.runtime.problems import encode, openapi

router = APIRouter()
_EVENT_KEY = (
    "toUInt64(reinterpretAsUInt128(sipHash128('event', {project:String}, {event_id:String})))"
)
_PRICE = (
    "org_id", "cost", "charge", "lines", "price_revision", "normaliser", "book_position",
    "pending_detail", "usage", "usage_payload",
)  # fmt: skip


class Quotes(BaseModel):
    """Calls to price, and price records to suppose beside those of the book."""

    model_config = ConfigDict(extra="forbid")

    calls: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1_000)]
    records: Annotated[list[dict[str, Any]], Field(max_length=1_000)] = []


@router.post(
    "/v1/quote",
    summary="Price calls without counting them.",
    responses=examples.of(examples.QUOTES) | openapi(401, 403, 413, 422, 503),
)
async def quote(request: Request, asked: Quotes, caller: Reads) -> Any:
    """Each call has `id`, `provider`, `model`, `time` and `usage` or `usage_payload`.

    One that cannot be understood is answered with `error`. `records` are supposed to be published:
    what would it cost at this price?
    """
    mirror: MirrorBook = request.app.state.book
    book = await mirror.supposing(list(asked.records))
    return {
        "book_position": mirror.position(caller.scope),
        "quotes": [quote_line(_line(item, caller), book)[0] for item in asked.calls],
    }


def _line(item: dict[str, Any], caller: Caller) -> bytes:
    """A key of one org quotes as that org, whatever the call says."""
    own = caller.scope.org_id
    return encode(item if own is None else item | {"org_id": own})


@router.get(
    "/v1/calls/{event_id}/explain",
    summary="Why a call costs what it costs: the record, the variant, every line of the sum.",
    responses=examples.of(examples.EXPLAINED) | openapi(400, 401, 403, 404, 503),
)
async def explain(
    request: Request,
    event_id: str,
    caller: Reads,
    project: Annotated[str | None, Query(max_length=256)] = None,
) -> Any:
    """What the ledger holds, the price record as it was then, and what the book says today."""
    reader: Reader = request.app.state.reader
    row = await _telling(reader, caller, project or caller.key.project, event_id)
    call, more = stored(row[: len(COLUMNS)]), dict(zip(_PRICE, row[len(COLUMNS) :], strict=True))
    book = await request.app.state.book.current()
    today = decide(call.event, book, call.billed_org)
    lines = orjson.loads(more["lines"]) if more["lines"] else []
    is_priced = not call.pending
    return {
        "event_id": event_id,
        "org_id": caller.scope.org_id or call.billed_org or more["org_id"],
        "occurred_at": text(call.event.occurred_at),
        "provider": call.event.provider,
        "model": call.event.answering_model,
        "outcome": "priced" if is_priced else "pending",
        "reason": call.pending or None,
        "detail": more["pending_detail"] or None,
        "currency": call.currency or None,
        "cost": plain(call.cost) if is_priced else None,
        "charge": plain(call.charge) if is_priced else None,
        "usage": json_of(more["usage"]),
        "usage_payload": json_of(more["usage_payload"]),
        "normaliser": more["normaliser"] or None,
        "lines": lines,
        "steps": [sentence(line) for line in lines],
        "adds_up": adds_up(lines, call.cost, call.charge) if is_priced else None,
        "record": call.price_key or None,
        "revision": more["price_revision"] or None,
        "variant": call.variant or None,
        "book_position": more["book_position"],
        "price_record": await _record(reader, caller, call.price_key, more["book_position"]),
        "today": told(today.reading, today.result),
    }


async def _telling(reader: Reader, caller: Caller, project: str, event_id: str) -> Any:
    """The telling that speaks, found by the hours and traces that `links` names."""
    found = f"{caller.scope.rows('links', final=False)} AND kind = 1 AND key = {_EVENT_KEY}"
    rows = await reader.query(
        f"SELECT {', '.join((*COLUMNS, *_PRICE))} "
        f"{caller.scope.tellings(f'SELECT to_slot {found}')} "
        f"AND (slot, trace_key) IN (SELECT to_slot, to_trace {found}) "
        "AND project = {project:String} AND event_id = {event_id:String} AND is_void = 0 "
        "ORDER BY ver DESC LIMIT 1",
        caller.scope,
        project=project,
        event_id=event_id,
    )
    if not rows:
        raise not_found("call")
    return rows[0]


async def _record(reader: Reader, caller: Caller, key: str, position: int) -> Any:
    """The price record as it stood when the call was priced."""
    if not key:
        return None
    rows = await reader.query(
        f"SELECT record {caller.scope.rows('price_log')} AND key = {{key:String}} "
        "AND position < {position:UInt64} AND is_deleted = 0 ORDER BY position DESC LIMIT 1",
        caller.scope,
        key=key,
        position=position,
    )
    return json_of(rows[0][0]) if rows else None


def sentence(line: dict[str, Any]) -> str:
    """One line of the sum as a person would write it.

    >>> sentence({"dimension": "input", "quantity": "1000", "price": "3", "per": 1000000,
    ...           "amount": "0.003"})
    'input: 1000 x 3 / 1000000 = 0.003'
    """
    kind = line.get("kind", "rate")
    name, amount = line["dimension"], line["amount"]
    rounded = " (rounded to 18 decimals)" if line.get("rounded") else ""
    if kind == "rate":
        each = f" / {line['per']}" if line.get("per", 1) != 1 else ""
        return f"{name}: {line['quantity']} x {line['price']}{each} = {amount}{rounded}"
    if line.get("multiply"):
        return f"{kind} of {name}: x {line['multiply']} adds {amount}{rounded}"
    return f"{kind} of {name}: adds {amount}{rounded}"


def adds_up(lines: list[dict[str, Any]], cost: Decimal, charge: Decimal) -> bool:
    """True when the lines sum to the cost, and with the markups to the charge."""
    amounts = [(line.get("kind", "rate"), Decimal(line["amount"])) for line in lines]
    own = sum((amount for kind, amount in amounts if kind != "markup"), Decimal(0))
    return own == cost and sum((amount for _, amount in amounts), Decimal(0)) == charge
