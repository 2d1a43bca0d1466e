"""`/v1/keys`: keys made and revoked over the API; a secret is shown once, its hash is published."""

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from schemas.access import (
    ALL_ORGS,
    ApiKey,
    ContentRules,
    KeyScope,
    Lookup,
    Place,
    PublishedKey,
    access_key,
)
from schemas.redaction import flaw
from schemas.topics import ACCESS
from services.api import audit, examples
from services.api.access import Caller, Writes, admin, not_found
from services.runtime.kafka import Message
from services.runtime.keys import KeyRing, digest
from services.runtime.problems import ProblemError, openapi

router = APIRouter()
WRITE_PROBLEMS = openapi(400, 401, 403, 404, 409, 422, 503)


class NewKey(BaseModel):
    """The body of `POST /v1/keys`."""

    model_config = ConfigDict(extra="forbid")

    key_id: str = Field("", max_length=64, description="By default made up.")
    label: str = Field("", max_length=256, description="What it is for.")
    scopes: frozenset[KeyScope] = Field(min_length=1)
    project: str = Field("default", min_length=1, max_length=256)
    org_id: str = Field(ALL_ORGS, min_length=1, max_length=256, description='"*" is all orgs.')
    lookups: dict[Lookup, tuple[Place, ...]] = {}
    content: ContentRules | None = Field(None, description="Set: content sent with it is kept.")


@router.get(
    "/v1/keys",
    dependencies=[Depends(admin)],
    summary="All keys, without their secrets.",
    responses=examples.of(examples.KEYS) | openapi(401, 403),
)
async def keys(request: Request) -> Any:
    """`source` is `settings` or `api`; keys of the settings can be revoked only there."""
    ring: KeyRing = request.app.state.keys
    configured = [_told(key) | {"source": "settings"} for key in ring.configured]
    return {"keys": configured + [_published(record) for record in ring.published]}


@router.post(
    "/v1/keys",
    status_code=201,
    summary="Make a key; its secret is shown here and never again.",
    openapi_extra=examples.body(examples.KEY_BODY),
    responses=examples.of(examples.NEW_KEY, 201) | WRITE_PROBLEMS,
)
async def make(request: Request, asked: NewKey, caller: Writes) -> Any:
    """Every service knows it within seconds. Rules for content that cannot be used are refused."""
    if asked.content is not None and (found := flaw(asked.content)):
        field = f"content.{found.field}"
        raise ProblemError(422, f"{field}: {found.detail}", field=field, hint=found.hint)
    key_id = asked.key_id or f"k_{secrets.token_hex(6)}"
    if request.app.state.keys.is_known(key_id):
        raise ProblemError(409, f"key_id {key_id!r} was used before", field="key_id")
    secret = f"tt_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        key_id=key_id,
        sha256=digest(secret),
        scopes=asked.scopes,
        project=asked.project,
        org_id=asked.org_id,
        lookups=asked.lookups,
        content=asked.content,
    )
    record = PublishedKey(
        key=key,
        label=asked.label,
        created_at=request.app.state.clock(),
        created_by=caller.key.key_id,
    )
    await _publish(request, caller, record, "key.create")
    return {"key": _published(record), "secret": secret}


@router.delete(
    "/v1/keys/{key_id}",
    status_code=202,
    summary="Revoke a key.",
    responses=examples.of({"key_id": "k_4bf92f3577b3"}, 202) | WRITE_PROBLEMS,
)
async def revoke(request: Request, key_id: str, caller: Writes) -> Any:
    """In effect within seconds; sessions that began with it end, too."""
    ring: KeyRing = request.app.state.keys
    found = {record.key.key_id: record for record in ring.published}.get(key_id)
    if found is None:
        if any(key.key_id == key_id for key in ring.configured):
            raise ProblemError(409, "this key is set in the settings: remove it there")
        raise not_found("key")
    if found.revoked_at is None:
        revoked = {"revoked_at": request.app.state.clock(), "revoked_by": caller.key.key_id}
        await _publish(request, caller, found.model_copy(update=revoked), "key.revoke")
    return {"key_id": key_id}


async def _publish(request: Request, caller: Caller, record: PublishedKey, action: str) -> None:
    key, value = access_key(record).encode(), record.model_dump_json().encode()
    org_id = "" if record.key.org_id == ALL_ORGS else record.key.org_id
    note = audit.entry(request, caller, action, record.key.key_id, org_id)
    await request.app.state.writer.publish(ACCESS.name, [Message(ACCESS.name, value, key), note])
    request.app.state.keys.apply(key, value)


def _told(key: ApiKey) -> dict[str, Any]:
    return key.model_dump(mode="json", exclude={"sha256"}) | {"scopes": sorted(key.scopes)}


def _published(record: PublishedKey) -> dict[str, Any]:
    told = record.model_dump(mode="json", exclude={"kind", "key"})
    return _told(record.key) | told | {"source": "api"}
