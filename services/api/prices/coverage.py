"""`GET /v1/coverage`: every model string seen, what prices it, what is at stake where nothing does.

Nothing matches by likeness: candidates are for a person to choose from.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Query, Request

from schemas.price import instant_text
from services.api import examples
from services.api.access import Caller, Reads
from services.api.completeness import rates_of
from services.api.estimate import Rates, estimate
from services.api.query.parts import TOKENS
from services.api.reader import Reader, instant, text
from services.pricing.book import PriceBook
from services.pricing.cover import candidates_for, matched_by
from services.runtime.problems import openapi

router = APIRouter()
ITEMS_MAX = 2_000
_SUMS = ", ".join(f"sum(x_{name})" for name in TOKENS)


@router.get(
    "/v1/coverage",
    summary="Models seen, the rule that prices each, and what nothing prices yet.",
    responses=examples.of(examples.COVERAGE) | openapi(400, 401, 403, 503),
)
async def coverage(
    request: Request,
    caller: Reads,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    unmatched: bool = False,
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$")] = "USD",
) -> Any:
    """By provider and model of the last `days` UTC days; the costliest unmatched ones first.

    `alias` is a ready record to publish, once a person has put in the right model.
    """
    reader: Reader = request.app.state.reader
    now: datetime = request.app.state.clock()
    since = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows, rates, book = await asyncio.gather(
        _seen(reader, caller, since),
        rates_of(reader, caller.scope, currency),
        request.app.state.book.current(),
    )
    asked = Asked(caller.scope.org_id or "", since, now, currency)
    items = [_item(row, asked, rates, book) for row in rows if row[2] or not unmatched]
    return {"since": text(since), "items": items, "is_truncated": len(rows) == ITEMS_MAX}


class Asked(NamedTuple):
    """For whom, since when, and in which currency estimates are told."""

    org_id: str
    since: datetime
    now: datetime
    currency: str


async def _seen(reader: Reader, caller: Caller, since: datetime) -> Any:
    return await reader.query(
        "SELECT x_provider, x_model, x_pending, sum(x_calls), min(bucket), "
        f"{_SUMS} {caller.scope.unnested('narrow_day', _FIELDS)} "
        "AND bucket >= {since:DateTime('UTC')} AND x_model != '' "
        f"GROUP BY 1, 2, 3 ORDER BY x_pending = '', sum(x_calls) DESC LIMIT {ITEMS_MAX}",
        caller.scope,
        since=since,
    )


def _item(row: Any, asked: Asked, rates: Rates, book: PriceBook) -> dict[str, Any]:
    provider, model, pending, calls, oldest, *tokens = row
    counts = dict(zip(TOKENS, map(int, tokens), strict=True))
    item: dict[str, Any] = {
        "provider": provider, "model": model, "calls": int(calls),
        "tokens": sum(counts.values()), "pending": pending or None,
        "oldest": text(instant(oldest)),
        **matched_by(book, asked.org_id, provider, model, asked.now)._asdict(),
    }  # fmt: skip
    if not pending:
        return item
    found = candidates_for(book, asked.org_id, provider, model)
    return item | {
        "estimate": estimate([(provider, counts)], rates, asked.currency),
        "candidates": found,
        "alias": _alias(provider, model, found, asked.since),
    }


_FIELDS = ("provider", "model", "pending", "calls", *TOKENS)


def _alias(provider: str, model: str, found: list[str], since: datetime) -> dict[str, Any]:
    return {
        "kind": "alias", "provider": provider, "reference": model,
        "model": found[0] if found else "", "effective_from": instant_text(since.astimezone(UTC)),
    }  # fmt: skip
