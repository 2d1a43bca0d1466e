"""`/v1/prices/shipped`: the price book that comes with the product, and what of it is missing."""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError

from schemas.price import BOOK_RECORD, book_key
from schemas.topics import PRICES
from services.api import audit, examples
from services.api.access import Caller, Writes
from services.api.completeness import last_prices
from services.api.prices.book import signed
from services.api.reader import Reader
from services.pricing import seed
from services.pricing.lacking import Lacking, lacking
from services.runtime.kafka import Message
from services.runtime.problems import openapi

router = APIRouter()
RECORDS_AT_ONCE = 500
OFFERED = {"records": 6766, "missing": 6711, "held_back": 1}
LOADED = {
    "published": 6711, "position": 6780,
    "held_back": [{
        "key": "price|*|openai|gpt-4o|2024-10-02T00:00:00Z",
        "instead_of": "price|*|openai|gpt-4o|2024-09-01T00:00:00Z",
    }],
}  # fmt: skip


@cache
def book() -> Mapping[str, bytes]:
    """Every shipped record, by key."""
    return {book_key(BOOK_RECORD.validate_json(line)): line for line in seed.lines()}


@router.get(
    "/v1/prices/shipped",
    summary="How many records the shipped price book has, and how many the running one lacks.",
    responses=examples.of(OFFERED) | openapi(401, 403, 503),
)
async def shipped(request: Request, caller: Writes) -> Any:
    """A record that was published here and differs, or was deleted here, is not missing.

    `held_back` would price calls of a record of your own.
    """
    found = await _lacking(request, caller)
    return {
        "records": len(book()), "missing": len(found.records), "held_back": len(found.held_back),
    }  # fmt: skip


def missing(known: Mapping[str, str]) -> Lacking:
    """What the shipped book has and the running one never had; may take a second.

    `known` are records by key, empty where the record was deleted.
    """
    own = {key: _parsed(text) for key, text in known.items() if key not in book()}
    other = {key: _parsed(line) for key, line in book().items() if key not in known}
    return lacking(own, other)


def _parsed(record: str | bytes) -> Any:
    """None where there is none, and where later rules refuse what the mirror holds."""
    try:
        return BOOK_RECORD.validate_json(record)
    except ValidationError:
        return None


@router.post(
    "/v1/prices/shipped",
    status_code=202,
    summary="Publish what the running price book lacks of the shipped one.",
    responses=examples.of(LOADED, 202) | openapi(401, 403, 503),
)
async def load(request: Request, caller: Writes) -> Any:
    """Held back is what would price calls of a record of your own: yours stands.

    In effect once the price position is there. After a failure, ask again.
    """
    found = await _lacking(request, caller)
    messages = [
        Message(PRICES.name, signed(request, caller, record), key.encode())
        for key, record in found.records.items()
    ]
    if messages:
        target = f"{len(messages)} records"
        messages.insert(0, audit.entry(request, caller, "price.publish_shipped", target))
    position = await request.app.state.writer.ends(PRICES.name)
    for start in range(0, len(messages), RECORDS_AT_ONCE):
        part = messages[start : start + RECORDS_AT_ONCE]
        position = await request.app.state.writer.publish(PRICES.name, part)
    held = [{"key": key, "instead_of": own} for key, own in found.held_back.items()]
    return {"published": len(found.records), "held_back": held, "position": position}


async def _lacking(request: Request, caller: Caller) -> Lacking:
    reader: Reader = request.app.state.reader
    rows = await reader.query(
        f"SELECT key, if(is_deleted, '', record) {last_prices(caller.scope)}", caller.scope
    )
    return await asyncio.to_thread(missing, {row[0]: row[1] for row in rows})
