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
from services.api.book import signed
from services.api.completeness import current_prices
from services.api.reader import Reader, Rows
from services.pricing import seed
from services.pricing.lacking import Lacking, lacking
from services.runtime.kafka import Message
from services.runtime.problems import openapi

router = APIRouter()
RECORDS_AT_ONCE = 500
OFFERED = {"records": 6766, "missing": 6712}
LOADED = {
    "published": 6711, "position": 6780,
    "held_back": [{
        "key": "price|*|openai|gpt-4o|2024-10-02T00:00:00Z",
        "instead_of": "price|*|openai|gpt-4o|2024-09-01T00:00:00Z",
    }],
}  # fmt: skip


@cache
def keys() -> frozenset[str]:
    """Of every shipped record."""
    return frozenset(book_key(BOOK_RECORD.validate_json(line)) for line in seed.lines())


@router.get(
    "/v1/prices/shipped",
    summary="How many records the shipped price book has, and how many the running one lacks.",
    responses=examples.of(OFFERED) | openapi(401, 403, 503),
)
async def shipped(request: Request, caller: Writes) -> Any:
    """A record that was published here and differs is not missing: yours stands."""
    standing = {row[0] for row in await _standing(request, caller, "key")}
    offered = await asyncio.to_thread(keys)
    return {"records": len(offered), "missing": len(offered - standing)}


def missing(standing: Mapping[str, str]) -> Lacking:
    """What the shipped book has and the one that stands has not; takes a second or two."""
    shipped_book = {book_key(r): r for r in map(BOOK_RECORD.validate_json, seed.lines())}
    own = {key: _parsed(text) for key, text in standing.items() if key not in shipped_book}
    return lacking(standing, own, shipped_book)


def _parsed(record: str) -> Any:
    """None where later rules refuse what the mirror holds."""
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
    rows = await _standing(request, caller, "key, record")
    found = await asyncio.to_thread(missing, {row[0]: row[1] for row in rows})
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


async def _standing(request: Request, caller: Caller, columns: str) -> Rows:
    reader: Reader = request.app.state.reader
    return await reader.query(f"SELECT {columns} {current_prices(caller.scope)}", caller.scope)
