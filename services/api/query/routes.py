"""`/v1/query`: the one question form behind every widget."""

import base64
import binascii
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from services.api.access import Caller, Reads, not_found
from services.api.asked import RefusedError, refuse
from services.api.query import combine, form
from services.api.query import examples as told
from services.api.query.ask import Asked
from services.api.query.ask import asked as understood
from services.api.query.cache import Answers
from services.api.query.shelf import Kept
from services.api.reader import text
from services.runtime.problems import ProblemError, document, encode, openapi

router = APIRouter()
Form = TypeVar("Form", bound=form.Strict)
BATCH_CHARS_MAX = 12_000
"""Fits the head of a request as our HTTP server takes it."""
PROBLEMS = openapi(400, 401, 403, 404, 422, 429, 503)


def check_orgs(conditions: Sequence[form.Where], caller: Caller) -> None:
    """Refuse, as if it were not there, an org that is not the caller's."""
    for where in conditions:
        named = [org for org in where.among or () if org] if where.dim == "org" else []
        if not all(caller.scope.allows(org) for org in named):
            raise not_found("org")


def meaning(request: Request, query: form.Query, caller: Caller) -> Asked:
    """The question for this caller, who may name no other org than its own."""
    check_orgs(query.where, caller)
    return understood(query, caller.scope, request.app.state.clock())


def charge(request: Request, caller: Caller, units: int) -> None:
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


async def answered(request: Request, caller: Caller, asked: Asked) -> Response:
    """The whole answer; 304 where the asker holds it already."""
    answers: Answers = request.app.state.answers
    moment = await answers.moment([asked])
    tag = answers.tag(asked, moment)
    if is_held(request, tag):
        return unchanged(tag)
    kept = await answers.get(asked, moment, partial(charge, request, caller))
    return sent(kept.body, tag)


def is_held(request: Request, tag: str) -> bool:
    """True when If-None-Match names the tag; weakly, because answers are sent compressed."""
    given = request.headers.get("if-none-match", "")
    return f'"{tag}"' in [part.strip().removeprefix("W/") for part in given.split(",")]


def unchanged(tag: str) -> Response:
    """A question changes nothing, so one that is posted may be answered 304 as well."""
    return Response(status_code=304, headers=_headers(tag))


def sent(body: bytes, tag: str) -> Response:
    """An answer in JSON with its tag."""
    return Response(body, media_type="application/json", headers=_headers(tag))


def _headers(tag: str) -> dict[str, str]:
    told = {"cache-control": "private, no-cache", "vary": "authorization, cookie"}
    return told | ({"etag": f'W/"{tag}"'} if tag else {})


@router.post(
    "/v1/query",
    summary="Measures by dimensions over time: groups, Other, total, the period before.",
    responses=told.of(form.Answer, told.ANSWER) | PROBLEMS,
)
async def post_query(request: Request, query: form.Query, caller: Reads) -> Any:
    """Of additive measures, groups and `other` add up to `total`, in each bucket and overall."""
    return await answered(request, caller, meaning(request, query, caller))


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
    """The ETag changes with the figures, and only with them: ask again with If-None-Match."""
    return await answered(request, caller, meaning(request, decoded(q), caller))


def decoded(q: str) -> form.Query:
    """A question from base64url of its JSON."""
    return _decoded(form.Query, q)


def _decoded(kind: type[Form], q: str) -> Form:
    try:
        body = base64.urlsafe_b64decode(q + "=" * (-len(q) % 4))
        return kind.model_validate_json(body)
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
    """A question that cannot be answered is its problem document; the others are not harmed.

    `as_of` is that of the answer that was computed first.
    """
    return await _batch(request, batch, caller)


@router.get(
    "/v1/query/batch",
    summary="The same as an address, so that browsers keep it and ask whether it changed.",
    responses=told.of(form.Answers, told.ANSWERS) | PROBLEMS,
)
async def get_batch(
    request: Request,
    caller: Reads,
    q: Annotated[str, Query(max_length=BATCH_CHARS_MAX, description="As base64url JSON.")],
) -> Any:
    """Longer than 8,000 characters many proxies do not take; post those."""
    return await _batch(request, _decoded(form.Batch, q), caller)


async def _batch(request: Request, batch: form.Batch, caller: Caller) -> Response:
    answers: Answers = request.app.state.answers
    asked = [_attempted(request, query, caller) for query in batch.queries]
    good = [one for one in asked if isinstance(one, Asked)]
    moment = await answers.moment(good)
    tags = [answers.tag(one, moment) if isinstance(one, Asked) else repr(one) for one in asked]
    tag = blake2b("\n".join(tags).encode(), digest_size=16).hexdigest()
    if is_held(request, tag):
        return unchanged(tag)

    told = iter(await answers.all(good, moment, partial(charge, request, caller)))
    found = [next(told) if isinstance(one, Asked) else one for one in asked]
    if sum(isinstance(part, Kept) for part in found) < len(good):
        tag = ""  # what failed now may be answered the next time
    request_id = getattr(request.state, "request_id", "")
    bodies = [p.body if isinstance(p, Kept) else document(p, request_id) for p in found]
    as_of = min((p.as_of for p in found if isinstance(p, Kept) and p.as_of), default=None)
    head = encode(text(as_of) if as_of else None)
    return sent(b'{"as_of":%b,"answers":[%b]}' % (head, b",".join(bodies)), tag)


def _attempted(request: Request, query: form.Query, caller: Caller) -> Asked | ProblemError:
    try:
        return meaning(request, query, caller)
    except RefusedError as wrong:
        return ProblemError(wrong.status, wrong.detail, field=wrong.field, **wrong.more)
    except ProblemError as wrong:
        return wrong


@router.get(
    "/v1/query/schema",
    summary="The measures and dimensions of this key, and what goes together.",
    responses=told.of(None, told.SCHEMA) | openapi(401, 403, 503),
)
async def get_schema(caller: Reads) -> Any:
    """Ask for any measures by dimensions that all of them list."""
    return combine.schema(is_one_org=caller.scope.org_id is not None)
