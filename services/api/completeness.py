"""What answers are judged by: how far the ledger is, the prices in force."""

from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.price import BOOK_RECORD, PriceRecord
from schemas.progress import AS_OF
from services.api.estimate import Freshness, Rates, freshness, spreads
from services.api.reader import Reader, instant
from services.api.scope import Scope

PRICES_READ_MAX = 20_000


async def ledger_freshness(reader: Reader, now: datetime) -> Freshness:
    """Of calls.v1 and priced.v1 in the ledger. The same for all orgs, so no scope applies."""
    rows = await reader.query(
        f"SELECT {AS_OF} {Scope(None).rows('progress')} AND topic IN ('calls.v1', 'priced.v1')",
        Scope(None),
    )
    return freshness((instant(row[0]) for row in rows), now)


async def rates_of(reader: Reader, scope: Scope, currency: str) -> Rates:
    """The spread of current rates of every provider."""
    rows = await reader.query(
        f"SELECT record {current_prices(scope)} AND kind = 'price' LIMIT {PRICES_READ_MAX}", scope
    )
    return spreads(price_records(row[0] for row in rows), currency)


def current_prices(scope: Scope) -> str:
    """`FROM` and `WHERE` of every version that stands: its key's last record, no tombstone."""
    return f"{last_prices(scope)} AND is_deleted = 0"


def last_prices(scope: Scope) -> str:
    """The same with the tombstones of those that were deleted."""
    last = f"SELECT key, max(position) {scope.rows('price_log', final=False)} GROUP BY key"
    return f"{scope.rows('price_log')} AND (key, position) IN ({last})"


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
