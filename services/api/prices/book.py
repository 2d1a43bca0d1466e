"""`/v1/prices`: the book, read from the mirror, written to the compacted topic."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.dead import Refusal
from schemas.price import BOOK_RECORD, PriceRecord, book_key, instant_text
from schemas.topics import PRICES
from services.api import audit, examples
from services.api.access import Caller, Reads, Writes, not_found
from services.api.completeness import current_prices, json_of, price_records
from services.api.reader import Reader, instant, text
from services.pricing.book import PriceBook
from services.pricing.publishing import flaws
from services.runtime.kafka import Message
from services.runtime.problems import ProblemError, openapi

router = APIRouter()
BODY_BYTES_MAX = 2_000_000
RECORDS_MAX = 1_000
Word = Annotated[str, Query(max_length=512)]
Page = Annotated[int, Query(ge=1, le=10_000)]
READ_PROBLEMS = openapi(400, 401, 403, 503)
WRITE_PROBLEMS = openapi(400, 401, 403, 404, 413, 422, 503)
_FILTERS = ("provider", "model", "kind")


class Current(BaseModel):
    """Parameters of `GET /v1/prices`."""

    model_config = ConfigDict(extra="forbid")

    provider: str = Field("", max_length=512)
    model: str = Field("", max_length=512)
    kind: Literal["", "price", "alias", "pattern", "markup", "calendar"] = ""
    after: str = Field("", max_length=2_000)
    limit: int = Field(1_000, ge=1, le=10_000)


@router.get(
    "/v1/prices",
    summary="The price book: every version that stands.",
    responses=examples.of(examples.PRICES) | READ_PROBLEMS,
)
async def prices(request: Request, asked: Annotated[Current, Query()], caller: Reads) -> Any:
    """Pages by key: `after` is the last page's `next`."""
    filters = {name: value for name in _FILTERS if (value := getattr(asked, name))}
    conditions = "".join(
        f" AND lowerUTF8({name}) = lowerUTF8({{{name}:String}})" for name in filters
    )
    rows = await request.app.state.reader.query(
        f"SELECT key, position, published_at AS at, record {current_prices(caller.scope)}"
        f"{conditions} AND key > {{after:String}} ORDER BY key LIMIT {{limit:UInt32}}",
        caller.scope,
        after=asked.after,
        limit=asked.limit + 1,
        **filters,
    )
    told = [_version(*row) for row in rows[: asked.limit]]
    return {"prices": told, "next": told[-1]["key"] if len(rows) > asked.limit else None}


@router.get(
    "/v1/prices/history",
    summary="Everything ever published for a model, newest first.",
    responses=examples.of(examples.HISTORY) | READ_PROBLEMS,
)
async def history(
    request: Request, caller: Reads, provider: Word, model: Word, limit: Page = 1_000
) -> Any:
    """Corrections and tombstones included."""
    named = (
        f"SELECT key {caller.scope.rows('price_log')} AND lowerUTF8(provider) = "
        "lowerUTF8({provider:String}) AND lowerUTF8(model) = lowerUTF8({model:String})"
    )
    rows = await request.app.state.reader.query(
        f"SELECT key, position, published_at AS at, record, is_deleted "
        f"{caller.scope.rows('price_log')} AND key IN ({named}) "
        "ORDER BY position DESC LIMIT {limit:UInt32}",
        caller.scope,
        provider=provider,
        model=model,
        limit=limit,
    )
    return {"history": [_version(*row[:4]) | {"is_deleted": bool(row[4])} for row in rows]}


def _version(key: str, position: int, at: Any, record: str) -> dict[str, Any]:
    published_at = text(instant(at))
    return {
        "key": key,
        "position": position,
        "published_at": published_at,
        "record": json_of(record),
    }


@router.put(
    "/v1/prices",
    status_code=202,
    summary="Publish one record or several.",
    openapi_extra=examples.body(examples.PRICE_BODY),
    responses=examples.of(examples.PUBLISHED, 202) | WRITE_PROBLEMS,
)
async def put_prices(request: Request, caller: Writes) -> Any:
    """All or none. In effect once the price position of the ledger reaches `position`."""
    records = [_record(number, item) for number, item in enumerate(await items(request))]
    for number, record in enumerate(records):
        if isinstance(record, PriceRecord):
            await _check(request.app.state.reader, caller, number, record)
    messages = [
        Message(PRICES.name, signed(request, caller, record), book_key(record).encode())
        for record in records
    ]
    for number, message in enumerate(messages):
        _taken(number, message)
    notes = [
        audit.entry(request, caller, "price.publish", (message.key or b"").decode())
        for message in messages
    ]
    position = await request.app.state.writer.publish(PRICES.name, messages + notes)
    return {"keys": [(message.key or b"").decode() for message in messages], "position": position}


async def items(request: Request) -> list[Any]:
    """The records of a body: one object, or an array of them."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise ProblemError(413, f"the body is larger than {BODY_BYTES_MAX} bytes")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise ProblemError(400, f"the body is not JSON: {wrong}") from None
    items: list[Any] = parsed if isinstance(parsed, list) else [parsed]
    if not 0 < len(items) <= RECORDS_MAX:
        raise ProblemError(413, f"between 1 and {RECORDS_MAX} records at once")
    return items


def _record(number: int, item: Any) -> Any:
    try:
        return BOOK_RECORD.validate_json(orjson.dumps(item))
    except ValidationError as wrong:
        raise invalid(number, wrong) from None


def _taken(number: int, message: Message) -> None:
    """What the pricer's book would refuse is refused here."""
    refused = PriceBook().apply(message.key, message.value, 0)
    if isinstance(refused, Refusal):
        detail = f"record {number}: {refused.detail}"
        raise ProblemError(422, detail, field=refused.field, index=number)


def invalid(number: int, wrong: ValidationError) -> ProblemError:
    """What is wrong first in a record, and in which."""
    error = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in error["loc"])
    return ProblemError(422, f"record {number}: {field}: {error['msg']}", field=field, index=number)


async def _check(reader: Reader, caller: Caller, number: int, record: PriceRecord) -> None:
    rows = await reader.query(
        f"SELECT record {current_prices(caller.scope)} AND kind = 'price' "
        "AND price_log.scope = {wanted:String} AND lowerUTF8(provider) = "
        "lowerUTF8({provider:String}) AND lowerUTF8(model) = lowerUTF8({model:String}) "
        "AND effective_from <= parseDateTime64BestEffort({at:String}, 6, 'UTC') "
        "ORDER BY effective_from DESC LIMIT 1",
        caller.scope,
        wanted=record.scope,
        provider=record.provider,
        model=record.model,
        at=instant_text(record.effective_from),
    )
    previous = next(iter(price_records(row[0] for row in rows)), None)
    if found := flaws(record, previous):
        listed = [{"field": flaw.field, "detail": flaw.detail} for flaw in found]
        detail = f"record {number}: {found[0].field}: {found[0].detail}"
        raise ProblemError(422, detail, field=found[0].field, index=number, flaws=listed)


def signed(request: Request, caller: Caller, record: Any) -> bytes:
    """The record with who published it and when, unless it says so itself."""
    audit = record.audit
    update = {
        "published_by": audit.published_by or caller.key.key_id,
        "published_at": audit.published_at or request.app.state.clock(),
    }
    signed = record.model_copy(update={"audit": audit.model_copy(update=update)})
    encoded: str = signed.model_dump_json(by_alias=True, exclude_unset=True)
    return encoded.encode()


@router.delete(
    "/v1/prices/{key:path}",
    status_code=202,
    summary="Forget one version (a tombstone).",
    responses=examples.of(examples.PUBLISHED, 202) | WRITE_PROBLEMS,
)
async def delete_price(request: Request, key: str, caller: Writes) -> Any:
    """For a version that was an error; to end a price publish it with `effective_to`."""
    rows = await request.app.state.reader.query(
        f"SELECT key {current_prices(caller.scope)} AND key = {{key:String}}",
        caller.scope,
        key=key,
    )
    if not rows:
        raise not_found("price")
    tombstone = Message(PRICES.name, None, key.encode())
    note = audit.entry(request, caller, "price.withdraw", key)
    position = await request.app.state.writer.publish(PRICES.name, [tombstone, note])
    return {"keys": [key], "position": position}
