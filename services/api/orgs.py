"""`/v1/orgs`: the registry, read from the mirror, written to the compacted topic."""

from typing import Any

import orjson
from fastapi import APIRouter, Request
from pydantic import ValidationError

from schemas.org import OrgRecord
from schemas.topics import ORGS
from services.api import audit, examples
from services.api.access import Caller, Reads, Writes, not_found
from services.api.completeness import json_of
from services.api.prices.book import READ_PROBLEMS, WRITE_PROBLEMS, Page, Word, invalid, items
from services.runtime.kafka import Message
from services.runtime.problems import ProblemError, openapi

router = APIRouter()


@router.get(
    "/v1/orgs",
    summary="The org registry.",
    responses=examples.of(examples.ORGS) | READ_PROBLEMS,
)
async def orgs(request: Request, caller: Reads, after: Word = "", limit: Page = 1_000) -> Any:
    """Pages by id: `after` is the last page's `next`."""
    rows = await request.app.state.reader.query(
        f"SELECT record {caller.scope.rows('orgs')} AND is_deleted = 0 "
        "AND org_id > {after:String} ORDER BY org_id LIMIT {limit:UInt32}",
        caller.scope,
        after=after,
        limit=limit + 1,
    )
    told = [json_of(row[0]) for row in rows[:limit]]
    return {"orgs": told, "next": told[-1]["org_id"] if len(rows) > limit else None}


@router.get(
    "/v1/orgs/{org_id}",
    summary="One org.",
    responses=examples.of(examples.ORG, is_partial=True) | openapi(401, 403, 404, 503),
)
async def org(request: Request, org_id: str, caller: Reads) -> Any:
    """404 also for another org than the key's."""
    return json_of(await _registered(request, org_id, caller))


@router.put(
    "/v1/orgs/{org_id}",
    status_code=202,
    summary="Publish an org's record.",
    openapi_extra=examples.body(examples.ORG),
    responses=examples.of({"org_id": "acme", "position": 7}, 202) | WRITE_PROBLEMS,
)
async def put_org(request: Request, org_id: str, caller: Writes) -> Any:
    """The whole record: what it leaves out is gone."""
    [item, *more] = await items(request)
    if more or not isinstance(item, dict):
        raise ProblemError(422, "one record as an object", field="")
    try:
        record = OrgRecord.model_validate_json(orjson.dumps({"org_id": org_id} | item))
    except ValidationError as wrong:
        raise invalid(0, wrong) from None
    if record.org_id != org_id:
        raise ProblemError(422, "org_id: not the one of the path", field="org_id")
    value = record.model_dump_json(exclude_unset=True).encode()
    message = Message(ORGS.name, value, org_id.encode())
    note = audit.entry(request, caller, "org.put", org_id, org_id)
    position = await request.app.state.writer.publish(ORGS.name, [message, note])
    return {"org_id": org_id, "position": position}


@router.delete(
    "/v1/orgs/{org_id}",
    status_code=202,
    summary="Take an org off the registry (a tombstone).",
    responses=examples.of({"org_id": "acme", "position": 7}, 202) | WRITE_PROBLEMS,
)
async def delete_org(request: Request, org_id: str, caller: Writes) -> Any:
    """Its name, budget and revenue are gone; its calls and what they cost stay as they are."""
    await _registered(request, org_id, caller)
    note = audit.entry(request, caller, "org.delete", org_id, org_id)
    tombstone = Message(ORGS.name, None, org_id.encode())
    position = await request.app.state.writer.publish(ORGS.name, [tombstone, note])
    return {"org_id": org_id, "position": position}


async def _registered(request: Request, org_id: str, caller: Caller) -> str:
    """The record as it was published."""
    rows = await request.app.state.reader.query(
        f"SELECT record {caller.scope.rows('orgs')} AND is_deleted = 0 "
        "AND org_id = {wanted:String}",
        caller.scope,
        wanted=org_id,
    )
    if not rows:
        raise not_found("org")
    return str(rows[0][0])
