"""`/v1/query`: the one question form behind every widget."""

import asyncio
import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError

from services.api.access import Caller, Reads, not_found
from services.api.asked import RefusedError, refuse
from services.api.estimate import Freshness
from services.api.query import combine, form, limits
from services.api.query import examples as told
from services.api.query.ask import Asked
from services.api.query.ask import asked as understood
from services.api.query.engine import Engine, echoed
from services.api.reader import text
from services.runtime.problems import ProblemError, members, openapi

router = APIRouter()
PROBLEMS = openapi(400, 401, 403, 404, 422, 429, 503)


def meaning(request: Request, query: form.Query, caller: Caller) -> Asked:
    """The question for this caller, who may name no other org than its own."""
    for where in query.where:
        named = [org for org in where.among or () if org] if where.dim == "org" else []
        if not all(caller.scope.allows(org) for org in named):
            raise not_found("org")
    asked = understood(query, caller.scope, request.app.state.clock())
    _charge(request, caller, limits.units(asked))
    return asked


def _charge(request: Request, caller: Caller, units: int) -> None:
    """Refuse before anything runs once the key's budget is used up."""
    refused = request.app.state.budget.take(caller.key.key_id, units, request.app.state.clock())
    if refused is None:
        return
    left, seconds = refused
    detail = f"this question costs {units} units, the key has {left} left"
    hint = "a coarser interval, a shorter range, fewer dimensions"
    raise ProblemError(
        429, detail, headers={"retry-after": str(seconds)}, units=units, units_left=left, hint=hint
    )


async def answered(request: Request, asked: Asked, fresh: Freshness) -> dict[str, Any]:
    """The whole answer."""
    engine: Engine = request.app.state.engine
    answer = await engine.answer(asked, fresh)
    as_of = text(fresh.as_of) if fresh.as_of else None
    return {"query": echoed(asked), "as_of": as_of} | answer | {"units": limits.units(asked)}


@router.post(
    "/v1/query",
    summary="Measures by dimensions over time: groups, Other, total, the period before.",
    responses=told.of(form.Answer, told.ANSWER) | PROBLEMS,
)
async def post_query(request: Request, query: form.Query, caller: Reads) -> Any:
    """Of additive measures, groups and `other` add up to `total`, in each bucket and overall."""
    fresh = await request.app.state.engine.freshness()
    return await answered(request, meaning(request, query, caller), fresh)


@router.get(
    "/v1/query",
    summary="The same as an address, so that it can be cached and linked.",
    responses=told.of(form.Answer, told.ANSWER) | PROBLEMS,
)
async def get_query(
    request: Request,
    caller: Reads,
    q: Annotated[str, Query(max_length=8_000, description="The question as base64url JSON.")],
) -> Any:
    """Answers with an ETag."""
    return await post_query(request, decoded(q), caller)


def decoded(q: str) -> form.Query:
    """A question from base64url of its JSON."""
    try:
        body = base64.urlsafe_b64decode(q + "=" * (-len(q) % 4))
        return form.Query.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise refuse(field or "q", f"{field}: {first['msg']}") from None
    except (ValueError, binascii.Error):
        raise refuse("q", "not base64url of a question in JSON") from None


@router.post(
    "/v1/query/batch",
    summary="Up to 24 questions, answered as of one instant.",
    responses=told.of(form.Answers, told.ANSWERS) | PROBLEMS,
)
async def post_batch(request: Request, batch: form.Batch, caller: Reads) -> Any:
    """A question that cannot be answered is its problem document; the others are not harmed."""
    fresh = await request.app.state.engine.freshness()

    async def one(query: form.Query) -> dict[str, Any]:
        try:
            return await answered(request, meaning(request, query, caller), fresh)
        except RefusedError as wrong:
            problem = ProblemError(wrong.status, wrong.detail, field=wrong.field, **wrong.more)
        except ProblemError as wrong:
            problem = wrong
        return members(problem, getattr(request.state, "request_id", ""))

    answers = await asyncio.gather(*map(one, batch.queries))
    return {"as_of": text(fresh.as_of) if fresh.as_of else None, "answers": answers}


@router.get(
    "/v1/query/schema",
    summary="The measures and dimensions of this key, and what goes together.",
    responses=told.of(None, told.SCHEMA) | openapi(401, 403, 503),
)
async def get_schema(caller: Reads) -> Any:
    """Ask for any measures by dimensions that all of them list."""
    return combine.schema(is_one_org=caller.scope.org_id is not None)
