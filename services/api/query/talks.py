"""`/v1/conversation-costs` and `/v1/compare`: what each conversation costs, and A against B."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from schemas.money import plain
from services.api.access import Caller, Reads
from services.api.asked import refuse
from services.api.query import conversations, versus
from services.api.query import examples as told
from services.api.query.ask import Asked
from services.api.query.business import TALKS_BEFORE_SECONDS
from services.api.query.cache import Answers
from services.api.query.limits import units
from services.api.query.routes import PROBLEMS, charge, is_held, meaning, sent, unchanged
from services.api.query.shelf import Kept
from services.api.query.views import Sliced
from services.api.reader import text
from services.runtime.problems import encode

router = APIRouter()
_COMPARED = ["cost", "resolved", "feedback_negative", "feedback_positive"]


class Costs(Sliced):
    """Parameters of `GET /v1/conversation-costs`."""

    outliers: int = Field(20, ge=0, le=conversations.OUTLIERS_MAX)


@router.get(
    "/v1/conversation-costs", summary="What conversations cost: mean, percentiles, histogram.",
    responses=told.of(None, told.TALKS) | PROBLEMS,
)  # fmt: skip
async def conversation_costs(
    request: Request, asked: Annotated[Costs, Query()], caller: Reads
) -> Any:
    """Of conversations that begin in the range and have a priced call, the cost of all their calls.

    The histogram doubles from bin to bin. Outliers are the dearest above P99; `half_priced` ones
    still have pending calls, so they may cost more. Where conversations are many, the answer may
    be some seconds older than others: `as_of` says of when it is.
    """
    question = _meaning(request, asked, caller, ["cost"])

    async def costs(meant: Sequence[Asked]) -> dict[str, Any]:
        [row] = await request.app.state.reader.run(conversations.costs(meant[0]))
        return {"currency": asked.currency} | _costs(row, asked.outliers)

    return await _kept(request, caller, [question], costs, asked.outliers)


def _meaning(request: Request, asked: Sliced, caller: Caller, measures: list[str]) -> Asked:
    question = meaning(request, asked.query(measures=measures), caller)
    return replace(question, around=TALKS_BEFORE_SECONDS)


async def _kept(
    request: Request, caller: Caller, questions: Sequence[Asked],
    tell: Callable[[Sequence[Asked]], Awaitable[dict[str, Any]]], *more: object,
) -> Response:  # fmt: skip
    """What `tell` tells, kept until a day on which the questions depend changes.

    Where it takes long it may be as old as `as_of` says.
    """
    answers: Answers = request.app.state.answers
    moment = await answers.moment(questions)
    questions = [moment.meant(question) for question in questions]
    tags = [answers.tag(question, moment, request.url.path, *more) for question in questions]
    tag = blake2b("\n".join(tags).encode(), digest_size=16).hexdigest()
    if is_held(request, tag):
        return unchanged(tag)

    async def make() -> Kept:
        as_of = moment.fresh.as_of
        return Kept(
            encode({"as_of": text(as_of) if as_of else None} | await tell(questions)), as_of
        )

    cost = sum(units(question) for question in questions)
    asked = [
        (one.scope.org_id, one.query and one.query.model_dump(mode="json")) for one in questions
    ]
    name = encode([request.url.path, *asked, *more]).decode()
    tag, kept = await answers.dear.get(name, tag, make, partial(charge, request, caller, cost))
    return unchanged(tag) if is_held(request, tag) else sent(kept.body, tag)


def _costs(row: Sequence[Any], outliers: int) -> dict[str, Any]:
    """From the row of `conversations.costs`."""
    count, total, cuts, half, (powers, counts), dearest = row
    return {
        "count": count, "half_priced": half, "mean": versus.each(total, count),
        **{f"p{p}": plain(cut) if count else None
           for p, cut in zip((50, 95, 99), cuts, strict=True)},
        "histogram": [
            {"low": versus.power(low), "high": versus.power(low + 1), "count": n}
            for low, n in zip(powers, counts, strict=True)
        ],
        "outliers": [
            {"conversation_id": talk, "org": org, "cost": plain(-less), "calls": calls,
             "half_priced": bool(is_half)}
            for less, talk, org, calls, is_half in dearest[:outliers] if -less >= cuts[2]
        ],
    }  # fmt: skip


class Versions(Sliced):
    """Parameters of `GET /v1/compare`: `a` and `b` are `assistant` or `assistant@version`."""

    start: str = Field("now-30d/d", alias="from", max_length=64)
    a: str = Field(min_length=1, max_length=512)
    b: str = Field(min_length=1, max_length=512)


@router.get(
    "/v1/compare", summary="One assistant configuration against another, by conversation.",
    responses=told.of(None, told.VERSUS) | PROBLEMS,
)  # fmt: skip
async def compare(request: Request, asked: Annotated[Versions, Query()], caller: Reads) -> Any:
    """`difference` is b - a of the mean cost of a conversation, with a 95 % bootstrap interval.

    There is a verdict only if the interval excludes 0 and both sides have 30 conversations.
    """
    sides = [_one(request, asked, caller, name) for name in (asked.a, asked.b)]

    async def compared(meant: Sequence[Asked]) -> dict[str, Any]:
        one, two = await asyncio.gather(*(
            _side(request, caller, question, name)
            for name, question in zip((asked.a, asked.b), meant, strict=True)
        ))  # fmt: skip
        return {"currency": asked.currency} | versus.compared(one, two)

    return await _kept(request, caller, sides, compared, asked.a, asked.b)


def _one(request: Request, asked: Versions, caller: Caller, name: str) -> Asked:
    """The question about one configuration."""
    assistant, _, version = name.partition("@")
    if asked.assistant or asked.assistant_version:
        raise refuse("assistant", "'a' and 'b' name the assistants")
    chosen = {"assistant": [assistant]} | ({"assistant_version": [version]} if version else {})
    return _meaning(request, asked.model_copy(update=chosen), caller, _COMPARED)


async def _side(request: Request, caller: Caller, question: Asked, name: str) -> versus.Side:
    answers: Answers = request.app.state.answers
    found, kept = await asyncio.gather(
        request.app.state.reader.run(conversations.sample(question)),
        answers.get(question, await answers.moment([question]), partial(charge, request, caller)),
    )
    return versus.Side(
        name, [versus.Talk(Decimal(c), int(t), int(n), int(d), int(a), int(z), bool(h))
               for c, t, n, d, a, z, h in found],
        orjson.loads(kept.body)["total"]["total"],
    )  # fmt: skip
