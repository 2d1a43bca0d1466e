"""How complete an answer is: what is pending in the same slice, and how far the ledger is."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.price import BOOK_RECORD, PriceRecord
from services.api import sql
from services.api.estimate import Freshness, Rates, estimate, freshness, spreads
from services.api.reader import Reader, instant, text
from services.api.scope import Scope

PRICES_READ_MAX = 20_000


async def completeness(
    reader: Reader, asked: sql.Slice, now: datetime, settled_after_hours: float
) -> dict[str, Any]:
    """The `completeness` member of an answer over this slice."""
    rows, fresh, unattributed = await asyncio.gather(
        reader.run(sql.pending(asked)),
        ledger_freshness(reader, now),
        count_unattributed(reader, asked),
    )
    waiting = [(str(row[0]), row) for row in rows if row[1]]
    tokens = [(provider, dict(zip(sql.TOKENS, row[3:8], strict=True))) for provider, row in waiting]
    calls = sum(int(row[2]) for _, row in waiting)
    first = min((int(row[8]) for _, row in waiting), default=None)
    oldest, cost = await asyncio.gather(
        _oldest(reader, asked, first),
        estimated(reader, asked.scope, tokens, asked.rank_currency),
    )
    end = datetime.fromtimestamp(asked.plan.buckets[-1].end if asked.plan.buckets else 0, UTC)
    settled = (
        not calls
        and end < now - timedelta(hours=settled_after_hours)
        and fresh.as_of is not None
        and fresh.as_of > end
    )
    return {
        "as_of": text(fresh.as_of) if fresh.as_of else None,
        "state": "settled" if settled else "open",
        "lag_seconds": fresh.lag_seconds,
        "pending_calls": calls,
        "pending_tokens": sum(sum(counts.values()) for _, counts in tokens),
        "oldest_pending_at": oldest,
        "estimate": cost,
        "unattributed_calls": unattributed,
    }


async def count_unattributed(reader: Reader, asked: sql.Slice) -> int:
    """Steps of the slice that name no org."""
    statement = sql.unattributed(asked)
    return int((await reader.run(statement))[0][0]) if statement else 0


async def _oldest(reader: Reader, asked: sql.Slice, start: int | None) -> str | None:
    """The instant of the oldest pending call, looked for in the first bucket that has one."""
    if start is None:
        return None
    [[at, count]] = await reader.run(
        sql.oldest_pending(asked, start, start + sql.size_of(start, asked))
    )
    return text(datetime.fromtimestamp(at / 1000 if count else start, UTC))


async def ledger_freshness(reader: Reader, now: datetime) -> Freshness:
    """Of priced.v1 in the ledger. The same for all orgs, so no scope applies."""
    rows = await reader.query(
        "SELECT position, end_offset, record_at, flushed_at "
        f"{Scope(None).rows('progress')} AND topic = 'priced.v1'",
        Scope(None),
    )
    return freshness(((r[0], r[1], instant(r[2]), instant(r[3])) for r in rows), now)


async def estimated(
    reader: Reader,
    scope: Scope,
    tokens: Sequence[tuple[str, Mapping[str, int]]],
    currency: str,
) -> dict[str, Any] | None:
    """What the pending tokens may cost by the provider's current prices; None when unknown."""
    if not any(any(counts.values()) for _, counts in tokens):
        return None
    return estimate(tokens, await rates_of(reader, scope, currency), currency)


async def rates_of(reader: Reader, scope: Scope, currency: str) -> Rates:
    """The spread of current rates of every provider."""
    rows = await reader.query(
        f"SELECT record {current_prices(scope)} AND kind = 'price' LIMIT {PRICES_READ_MAX}", scope
    )
    return spreads(price_records(row[0] for row in rows), currency)


def current_prices(scope: Scope) -> str:
    """`FROM` and `WHERE` of every version that stands: its key's last record, no tombstone."""
    last = f"SELECT key, max(position) {scope.rows('price_log', final=False)} GROUP BY key"
    return f"{scope.rows('price_log')} AND (key, position) IN ({last}) AND is_deleted = 0"


def price_records(records: Any) -> list[PriceRecord]:
    """The records that parse as prices; the mirror may hold what later rules refuse."""
    found = []
    for record in records:
        try:
            parsed = BOOK_RECORD.validate_json(record)
        except ValidationError:
            continue
        if isinstance(parsed, PriceRecord):
            found.append(parsed)
    return found


def json_of(record: str) -> Any:
    """A stored record as JSON."""
    return orjson.loads(record) if record else None
