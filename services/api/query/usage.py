"""`GET /v1/usage` and `GET /v1/pending`: one question, asked by the parameters of an address."""

import asyncio
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.api.access import Reads
from services.api.asked import RefusedError, refuse
from services.api.completeness import rates_of
from services.api.estimate import estimate
from services.api.plan import local
from services.api.query import examples as told
from services.api.query import form, pending
from services.api.query.parts import TOKEN_NAMES, TOKENS
from services.api.query.routes import PROBLEMS, answered, meaning
from services.api.query.views import Sliced

router = APIRouter()
MEASURES = ["cost", "charge", "calls", "steps", "errors", "pending_calls", "tokens"]
TOPS = (0, 100, 30, 10)
"""Members shown of each dimension, by the number of dimensions."""


class Usage(Sliced):
    """Parameters of `GET /v1/usage`."""

    interval: Literal["none"] | form.Interval = "none"
    by: list[str] = Field([], description="Up to 3 dimensions, repeated or with commas.")
    measures: list[str] = Field(
        [], description=f"Repeated or with commas; by default {', '.join(MEASURES)}."
    )
    top: int | None = Field(
        None, ge=0, le=form.TOP_MAX,
        description="Members shown of each dimension, the rest is `other`; "
        "by default 100, 30 or 10 with one, two or three dimensions.",
    )  # fmt: skip
    order: str | None = Field(None, max_length=64, description="An additive measure.")

    def question(self) -> form.Query:
        """The same as the body of `POST /v1/query`."""
        by, measures = _names(self.by), _names(self.measures) or MEASURES
        if len(by) > form.BY_MAX:
            raise refuse("by", f"at most {form.BY_MAX} dimensions")
        if len(measures) > form.MEASURES_MAX:
            raise refuse("measures", f"at most {form.MEASURES_MAX} measures")
        top = TOPS[len(by)] if self.top is None else self.top
        return self.query(
            measures=measures, by=[{"dim": dim, "top": top, "order": self.order} for dim in by],
            interval=None if self.interval == "none" else self.interval,
        )  # fmt: skip


def _names(given: list[str]) -> list[str]:
    return list(dict.fromkeys(name[:512] for part in given for name in part.split(",") if name))


@router.get(
    "/v1/usage",
    summary="Cost, charge, calls and tokens, as totals and series.",
    responses=told.of(form.Answer, told.ANSWER) | PROBLEMS,
)
async def usage(request: Request, asked: Annotated[Usage, Query()], caller: Reads) -> Any:
    """The answer of `POST /v1/query`. Amounts of two currencies are never added: `currency` chooses
    one, `completeness.other_currencies` names those that are there as well."""
    try:
        question = meaning(request, asked.question(), caller)
    except RefusedError as wrong:
        raise refuse(_parameter(wrong.field), wrong.detail, wrong.status, **wrong.more) from None
    return await answered(request, caller, question)


def _parameter(field: str) -> str:
    """The parameter that a field of the form stands for."""
    return "order" if field.endswith(".order") else field


class Pending(Sliced):
    """Parameters of `GET /v1/pending`. By default of all time."""

    start: str = Field("1970-01-01T00:00:00Z", alias="from", max_length=64)
    end: str = Field("now+1y", alias="to", max_length=64)
    top: int = Field(1_000, ge=1, le=10_000)


@router.get(
    "/v1/pending",
    summary="Calls without a price, by reason, provider, model and org.",
    responses=told.of(None, told.PENDING) | PROBLEMS,
)
async def waiting(request: Request, asked: Annotated[Pending, Query()], caller: Reads) -> Any:
    """Without `from` and `to`: everything that is pending."""
    question = meaning(request, asked.query(measures=["pending_calls"]), caller)
    answers, reader = request.app.state.answers, request.app.state.reader
    moment = await answers.moment([question])
    kept, rows, rates = await asyncio.gather(
        answers.get(question, moment),
        reader.run(pending.by_reason(question, asked.top)),
        rates_of(reader, caller.scope, asked.currency),
    )
    groups = []
    for reason, provider, model, org, calls, *rest in rows:
        tokens = dict(zip(TOKENS, rest[: len(TOKENS)], strict=True))
        groups.append(
            {
                "reason": reason, "provider": provider, "model": model, "org": org, "calls": calls,
                "tokens": {TOKEN_NAMES[name]: count for name, count in tokens.items()},
                "oldest_from": local(rest[-1], question.zone),
                "estimate": estimate([(provider, tokens)], rates, asked.currency),
            }
        )  # fmt: skip
    return {"completeness": orjson.loads(kept.body)["completeness"], "pending": groups}
