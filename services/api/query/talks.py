"""`/v1/conversation-costs` and `/v1/compare`: what each conversation costs, and A against B."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

import asyncio
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from schemas.money import plain
from services.api.access import Caller, Reads
from services.api.asked import refuse
from services.api.query import examples as told
from services.api.query import source, versus
from services.api.query.ask import Asked
from services.api.query.measures import TOKENS
from services.api.query.routes import PROBLEMS, meaning
from services.api.query.views import Sliced
from services.api.sql import LIMITS, Statement

router = APIRouter()
SAMPLE_MAX = 50_000
OUTLIERS_MAX = 50


class Costs(Sliced):
    """Parameters of `GET /v1/conversation-costs`."""

    outliers: int = Field(20, ge=0, le=OUTLIERS_MAX)


def talks(asked: Asked) -> tuple[str, source.Parameters]:
    """One row for each conversation: its cost, calls, what is pending, tokens, mean latency."""
    tokens = " + ".join(TOKENS)
    fields = {
        "conversation_id": "conversation_id", "cost": "CAST(cost AS Decimal(76, 18))",
        "currency": "currency", "pending": "pending", "tokens": tokens,
        "duration_ms": "ifNull(duration_ms, 0)", "at": "occurred_at",
    }  # fmt: skip
    rows, parameters = source.ledger(asked, asked.plan, fields)
    text = (
        "SELECT org_id, conversation_id, sumIf(cost, currency = {currency:String}) AS c, "
        "count() AS n, countIf(currency = {currency:String}) AS priced, "
        "countIf(pending != '') AS waiting, sum(tokens) AS t, sum(duration_ms) AS d, "
        f"min(at) AS first_at, max(at) AS last_at FROM ({rows}) WHERE conversation_id != '' "
        "GROUP BY org_id, conversation_id"
    )
    return text, parameters | {"currency": asked.currency}


@router.get(
    "/v1/conversation-costs", summary="What conversations cost: mean, percentiles, histogram.",
    responses=told.of(None, told.TALKS) | PROBLEMS,
)  # fmt: skip
async def conversation_costs(
    request: Request, asked: Annotated[Costs, Query()], caller: Reads
) -> Any:
    """Of conversations with at least one priced call, the cost of their calls in the range.

    The histogram doubles from bin to bin. Outliers are the dearest above P99; `half_priced` ones
    still have pending calls, so they may cost more.
    """
    question = meaning(request, asked.query(measures=["cost"]), caller)
    rows, parameters = talks(question)
    priced = f"SELECT * FROM ({rows}) WHERE priced > 0"
    reader = request.app.state.reader
    summary = (
        "SELECT count(), sum(c), quantilesExact(0.5, 0.95, 0.99)(c), countIf(waiting > 0) "
        f"FROM ({priced})"
    )
    bins = (
        "SELECT if(c > 0, toInt32(floor(log2(toFloat64(c)))), -1000) AS bin, count() "
        f"FROM ({priced}) GROUP BY bin ORDER BY bin"
    )
    dearest = (
        "SELECT conversation_id, org_id, c, n, waiting > 0 "
        f"FROM ({priced}) ORDER BY c DESC, conversation_id LIMIT {{outliers:UInt32}}"
    )
    [whole], counted, first = await asyncio.gather(
        reader.run(Statement(summary + LIMITS, parameters)),
        reader.run(Statement(bins + LIMITS, parameters)),
        reader.run(Statement(dearest + LIMITS, parameters | {"outliers": asked.outliers})),
    )
    count, total, cuts, half = whole
    return {
        "currency": asked.currency, "count": count, "half_priced": half,
        "mean": versus.each(total, count),
        **{f"p{p}": plain(cut) if count else None
           for p, cut in zip((50, 95, 99), cuts, strict=True)},
        "histogram": [
            {"low": versus.power(low), "high": versus.power(low + 1), "count": n}
            for low, n in counted
        ],
        "outliers": [
            {"conversation_id": talk, "org": org, "cost": plain(cost), "calls": calls,
             "half_priced": bool(is_half)}
            for talk, org, cost, calls, is_half in first if count and cost >= cuts[2]
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
    one, two = await asyncio.gather(
        _side(request, asked, caller, asked.a), _side(request, asked, caller, asked.b)
    )
    return {"currency": asked.currency} | versus.compared(one, two)


async def _side(request: Request, asked: Versions, caller: Caller, name: str) -> versus.Side:
    assistant, _, version = name.partition("@")
    if asked.assistant or asked.assistant_version:
        raise refuse("assistant", "'a' and 'b' name the assistants")
    chosen = {"assistant": [assistant]} | ({"assistant_version": [version]} if version else {})
    own = asked.model_copy(update=chosen)
    question = meaning(request, own.query(measures=["cost"]), caller)
    rows, parameters = talks(question)
    sample = (
        "SELECT c, t, n, d, toUnixTimestamp64Milli(first_at), toUnixTimestamp64Milli(last_at), "
        f"waiting > 0 FROM ({rows}) WHERE priced > 0 "
        f"ORDER BY cityHash64(org_id, conversation_id) LIMIT {SAMPLE_MAX}"
    )
    engine, reader = request.app.state.engine, request.app.state.reader
    measures = ["cost", "resolved", "feedback_negative", "feedback_positive"]
    whole = meaning(request, own.query(measures=measures), caller)
    found, answer = await asyncio.gather(
        reader.run(Statement(sample + LIMITS, parameters)),
        engine.answer(whole, await engine.freshness()),
    )
    return versus.Side(
        name, [versus.Talk(Decimal(c), int(t), int(n), int(d), int(a), int(z), bool(h))
               for c, t, n, d, a, z, h in found],
        answer["total"]["total"],
    )  # fmt: skip
