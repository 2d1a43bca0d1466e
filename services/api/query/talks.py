"""`/v1/conversation-costs` and `/v1/compare`: what each conversation costs, and A against B."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

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
from services.api.query import examples as told
from services.api.query import source, versus
from services.api.query.ask import Asked
from services.api.query.business import TALKS_BEFORE_SECONDS
from services.api.query.cache import Answers
from services.api.query.limits import units
from services.api.query.parts import TOKENS
from services.api.query.routes import PROBLEMS, charge, is_held, meaning, sent, unchanged
from services.api.query.shelf import Kept
from services.api.query.views import Sliced
from services.api.reader import text
from services.api.statement import LIMITS, Statement
from services.runtime.problems import encode

router = APIRouter()
SAMPLE_MAX = 50_000
OUTLIERS_MAX = 50
_COMPARED = ["cost", "resolved", "feedback_negative", "feedback_positive"]
_BIN = "if(c > 0, toInt32(floor(log2(toFloat64(c)))), -1000)"


class Costs(Sliced):
    """Parameters of `GET /v1/conversation-costs`."""

    outliers: int = Field(20, ge=0, le=OUTLIERS_MAX)


def talks(asked: Asked) -> tuple[str, source.Parameters]:
    """One row for each conversation: its cost, calls, what is pending, tokens, mean latency.

    A conversation belongs where it begins, as a whole: to no range it only reaches into. It has
    begun before when it was heard of in the `TALKS_BEFORE_SECONDS` before the range, and goes on
    for as long after it.
    """
    tokens = " + ".join(TOKENS)
    fields = {
        "conversation_id": "conversation_id", "cost": "CAST(cost AS Decimal(76, 18))",
        "currency": "currency", "pending": "pending", "tokens": tokens,
        "duration_ms": "ifNull(duration_ms, 0)", "at": "occurred_at",
    }  # fmt: skip
    rows, parameters = source.ledger(asked, asked.plan, fields)
    low, high = asked.whole.start, asked.whole.end
    parameters |= {
        "high": high + TALKS_BEFORE_SECONDS, "ends": high, "currency": asked.currency,
        "before": max(0, low - TALKS_BEFORE_SECONDS) // 3_600 * 3_600,
    }  # fmt: skip
    told = asked.scope.joined(
        "conversations_hour", {"id": "d.conversation_id", "first_at": "d.first_at"}
    )
    begun = (
        f"SELECT org_id, x_id {told} AND bucket >= toDateTime({{before:UInt32}}, 'UTC') "
        "AND bucket < toDateTime({low:UInt32}, 'UTC') "
        "AND x_first_at < toDateTime64({low:UInt32}, 3, 'UTC')"
    )
    sql = (
        "SELECT org_id, conversation_id, sumIf(cost, currency = {currency:String}) AS c, "
        "count() AS n, countIf(currency = {currency:String}) AS priced, "
        "countIf(pending != '') AS waiting, sum(tokens) AS t, sum(duration_ms) AS d, "
        f"min(at) AS first_at, max(at) AS last_at FROM ({rows}) WHERE conversation_id != '' "
        f"AND (org_id, conversation_id) NOT IN ({begun}) GROUP BY org_id, conversation_id "
        "HAVING first_at < toDateTime64({ends:UInt32}, 3, 'UTC')"
    )
    return sql, parameters


def _statement(question: Asked) -> Statement:
    """In one reading the sums, the histogram by powers of two, and the dearest."""
    rows, parameters = talks(question)
    sql = (
        "SELECT count(), sum(c), quantilesExact(0.5, 0.95, 0.99)(c), countIf(waiting > 0), "
        f"sumMap([{_BIN}], [toUInt64(1)]), "
        f"groupArraySorted({OUTLIERS_MAX})((-c, conversation_id, org_id, n, waiting > 0)) "
        f"FROM ({rows}) WHERE priced > 0"
    )
    return Statement(sql + LIMITS, parameters)


@router.get(
    "/v1/conversation-costs", summary="What conversations cost: mean, percentiles, histogram.",
    responses=told.of(None, told.TALKS) | PROBLEMS,
)  # fmt: skip
async def conversation_costs(
    request: Request, asked: Annotated[Costs, Query()], caller: Reads
) -> Any:
    """Of conversations that begin in the range and have a priced call, the cost of all their calls.

    The histogram doubles from bin to bin. Outliers are the dearest above P99; `half_priced` ones
    still have pending calls, so they may cost more.
    """
    question = _meaning(request, asked, caller, ["cost"])

    async def costs() -> dict[str, Any]:
        [row] = await request.app.state.reader.run(_statement(question))
        return {"currency": asked.currency} | _costs(row, asked.outliers)

    return await _kept(request, caller, [question], costs, asked.outliers)


def _meaning(request: Request, asked: Sliced, caller: Caller, measures: list[str]) -> Asked:
    question = meaning(request, asked.query(measures=measures), caller)
    return replace(question, around=TALKS_BEFORE_SECONDS)


async def _kept(
    request: Request, caller: Caller, questions: Sequence[Asked],
    tell: Callable[[], Awaitable[dict[str, Any]]], *more: object,
) -> Response:  # fmt: skip
    """What `tell` tells, kept until a day on which the questions depend changes."""
    answers: Answers = request.app.state.answers
    moment = await answers.moment(questions)
    tags = [answers.tag(question, moment, request.url.path, *more) for question in questions]
    tag = blake2b("\n".join(tags).encode(), digest_size=16).hexdigest()
    if is_held(request, tag):
        return unchanged(tag)

    async def make() -> Kept:
        as_of = moment.fresh.as_of
        return Kept(encode({"as_of": text(as_of) if as_of else None} | await tell()), as_of)

    cost = sum(units(question) for question in questions)
    kept = await answers.made(tag, make, partial(charge, request, caller, cost))
    return sent(kept.body, tag)


def _costs(row: Sequence[Any], outliers: int) -> dict[str, Any]:
    """From the row of `_statement`."""
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

    async def compared() -> dict[str, Any]:
        one, two = await asyncio.gather(*(
            _side(request, caller, question, name)
            for name, question in zip((asked.a, asked.b), sides, strict=True)
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
    rows, parameters = talks(question)
    sample = (
        "SELECT c, t, n, d, toUnixTimestamp64Milli(first_at), toUnixTimestamp64Milli(last_at), "
        f"waiting > 0 FROM ({rows}) WHERE priced > 0 "
        f"ORDER BY cityHash64(org_id, conversation_id) LIMIT {SAMPLE_MAX}"
    )
    found, kept = await asyncio.gather(
        request.app.state.reader.run(Statement(sample + LIMITS, parameters)),
        answers.get(question, await answers.moment([question]), partial(charge, request, caller)),
    )
    return versus.Side(
        name, [versus.Talk(Decimal(c), int(t), int(n), int(d), int(a), int(z), bool(h))
               for c, t, n, d, a, z, h in found],
        orjson.loads(kept.body)["total"]["total"],
    )  # fmt: skip
