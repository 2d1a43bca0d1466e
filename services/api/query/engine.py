"""Answers a question: members first, then every family of tables beside each other."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.answer import local
from services.api.completeness import ledger_freshness, rates_of
from services.api.estimate import Freshness, Rates, estimate
from services.api.plan import Plan
from services.api.query import business, fold, pending, revenue, statements
from services.api.query.ask import Asked
from services.api.query.dims import CATEGORY
from services.api.query.measures import MEASURES, PARTS, TOKENS, Family
from services.api.query.slots import Slots
from services.api.query.statements import Members
from services.api.reader import Reader, text
from services.api.scope import Scope

AT_ONCE = 8
FAMILIES: tuple[Family, ...] = ("usage", "sketch", "outcome", "revenue")
FRESH_SECONDS = 1.0
RATES_SECONDS = 30.0


class Engine:
    """The one way from a question to an answer. Shares what all questions need."""

    def __init__(
        self, reader: Reader, clock: Callable[[], datetime], settled_after_hours: float
    ) -> None:
        self._reader, self._clock = reader, clock
        self._settled = timedelta(hours=settled_after_hours)
        self._slots = Slots(reader)
        self._running = asyncio.Semaphore(AT_ONCE)
        self._fresh: tuple[datetime, Freshness] | None = None
        self._rates: dict[tuple[str | None, str], tuple[datetime, Rates]] = {}

    async def freshness(self) -> Freshness:
        """How far the ledger is, looked up once a second."""
        now = self._clock()
        if self._fresh is None or (now - self._fresh[0]).total_seconds() >= FRESH_SECONDS:
            self._fresh = (now, await ledger_freshness(self._reader, now))
        return self._fresh[1]

    async def answer(self, asked: Asked, fresh: Freshness) -> dict[str, Any]:
        """`completeness`, `columns`, `buckets`, `groups`, `other`, `total`, `previous`."""
        async with self._running:
            shown = await self.members(asked)
            cells, before, slots, nameless = await asyncio.gather(
                self.cells(asked, asked.plan, shown),
                self._before(asked, shown),
                self._slots_of(asked, shown),
                self._unattributed(asked),
            )
            complete = await self._completeness(asked, cells, fresh, nameless)
        answer: dict[str, Any] = {"completeness": complete, "columns": fold.columns(asked)}
        answer |= fold.told(asked, asked.plan, cells, shown, slots)
        now = self._clock().timestamp()
        for told, bucket in zip(answer["buckets"], asked.plan.buckets, strict=True):
            told["partial"] = bucket.is_partial or bucket.end > now
        answer["previous"] = None
        if before is not None and asked.compared is not None:
            answer["previous"] = fold.told(asked, asked.compared, before, shown, slots)
        return answer

    async def members(self, asked: Asked) -> Members:
        """Who is shown."""
        if not asked.by:
            return Members()
        return statements.members(asked, await self._reader.run(statements.rank(asked)))

    async def cells(self, asked: Asked, plan: Plan, shown: Members) -> fold.Cells:
        """Everything summed, of one reading for each family of tables."""
        parts = [part for name in asked.measures for part in MEASURES[name].parts]
        parts += ["pending_calls"]
        if any(MEASURES[name].kind == "money" for name in asked.measures):
            parts += ["currencies"]
        cells = fold.Cells(tuple(dict.fromkeys(parts)))
        await asyncio.gather(
            *(self._read(asked, plan, (cells, family), shown) for family in FAMILIES)
        )
        return cells

    async def _read(
        self, asked: Asked, plan: Plan, into: tuple[fold.Cells, Family], shown: Members
    ) -> None:
        """The parts of one family of tables into their cells."""
        cells, family = into
        parts = [part for part in cells.parts if PARTS[part].family == family]
        if not parts:
            return
        if family == "usage":
            rows = await self._reader.run(statements.sums(asked, plan, parts, shown))
            cells.sum(rows, parts, len(asked.by))
        elif family == "sketch":
            rows = await self._reader.run(statements.sketches(asked, plan, parts, shown))
            cells.put(rows, parts, len(asked.by))
        elif family == "outcome":
            rows = await self._reader.run(business.outcomes(asked, plan, parts, shown))
            cells.sum(rows, parts, len(asked.by))
        else:
            orgs = await self.orgs(asked.scope)
            cells.sum(fold.revenue(asked, plan, shown, orgs), ("revenue", "payers"), len(asked.by))

    async def orgs(self, scope: Scope) -> list[revenue.Org]:
        """The orgs of a scope with what they pay."""
        rows = await self._reader.query(
            f"SELECT org_id, currency, timezone, monthly_revenue, monthly_budget "
            f"{scope.rows('orgs')} AND is_deleted = 0 ORDER BY org_id",
            scope,
        )
        return revenue.orgs(rows)

    async def _before(self, asked: Asked, shown: Members) -> fold.Cells | None:
        if asked.compared is None:
            return None
        return await self.cells(asked, asked.compared, shown)

    async def _slots_of(self, asked: Asked, shown: Members) -> dict[str, int]:
        if not shown.levels:
            return {}
        values = [key[0] for key in shown.levels[0]]
        return await self._slots.of(asked.scope, asked.by[0], values)

    async def _unattributed(self, asked: Asked) -> int:
        statement = pending.unattributed(asked)
        return int((await self._reader.run(statement))[0][0]) if statement else 0

    async def _completeness(
        self, asked: Asked, cells: fold.Cells, fresh: Freshness, nameless: int
    ) -> dict[str, Any]:
        whole = cells.at(fold.TOTAL, None)
        is_open = whole["pending_calls"] > 0 or CATEGORY in asked.names
        waiting = await self._waiting(asked) if is_open else Waiting(0, 0, None, None)
        end = datetime.fromtimestamp(asked.whole.end, UTC)
        settled = (
            not waiting.calls
            and end < self._clock() - self._settled
            and fresh.as_of is not None
            and fresh.as_of > end
        )
        others = [c for c in whole.get("currencies", []) if c != asked.currency]
        return {
            "state": "settled" if settled else "open",
            "as_of": text(fresh.as_of) if fresh.as_of else None,
            "lag_seconds": fresh.lag_seconds,
            "pending_calls": waiting.calls,
            "pending_tokens": waiting.tokens,
            "oldest_pending_at": waiting.oldest,
            "estimate": waiting.estimate,
            "unattributed_calls": nameless,
            "other_currencies": others,
        }

    async def _waiting(self, asked: Asked) -> "Waiting":
        rows = await self._reader.run(pending.by_provider(asked))
        tokens = [(str(row[0]), dict(zip(TOKENS, row[2:7], strict=True))) for row in rows]
        first = min((int(row[7]) for row in rows), default=None)
        oldest, cost = await asyncio.gather(
            self._oldest(asked, first),
            self._estimate(asked, tokens),
        )
        calls = sum(int(row[1]) for row in rows)
        return Waiting(calls, sum(sum(t.values()) for _, t in tokens), oldest, cost)

    async def _estimate(
        self, asked: Asked, tokens: list[tuple[str, dict[str, int]]]
    ) -> dict[str, Any] | None:
        """What is pending may cost; the book is read again after `RATES_SECONDS`."""
        if not any(any(counts.values()) for _, counts in tokens):
            return None
        key, now = (asked.scope.org_id, asked.currency), self._clock()
        if key not in self._rates or (now - self._rates[key][0]).total_seconds() > RATES_SECONDS:
            rates = await rates_of(self._reader, asked.scope, asked.currency)
            self._rates[key] = (now, rates)
        return estimate(tokens, self._rates[key][1], asked.currency)

    async def _oldest(self, asked: Asked, start: int | None) -> str | None:
        if start is None:
            return None
        [[at, count]] = await self._reader.run(pending.oldest(asked, start))
        return text(datetime.fromtimestamp(at / 1000 if count else start, UTC))


class Waiting:
    """What is pending: calls, tokens, the instant of the oldest, bounds of its cost."""

    def __init__(
        self, calls: int, tokens: int, oldest: str | None, estimate: dict[str, Any] | None
    ) -> None:
        self.calls, self.tokens, self.oldest, self.estimate = calls, tokens, oldest, estimate


def echoed(asked: Asked) -> dict[str, Any]:
    """The question as understood."""
    echo: dict[str, Any] = {
        "measures": list(asked.measures),
        "by": [
            {"dim": dim, "top": level.top, "order": asked.order}
            for dim, level in zip(asked.by, asked.levels, strict=True)
        ],
        "where": [
            {"dim": c.dim, "not_in" if c.is_not else "in": [v or None for v in c.values]}
            for c in asked.where
        ],
        "from": local(asked.whole.start, asked.zone),
        "to": local(asked.whole.end, asked.zone),
        "tz": asked.zone.key,
        "interval": {"none": None, "minute": "1m"}.get(asked.interval, asked.interval),
        "currency": asked.currency,
        "compare": None,
    }
    if asked.compared is not None:
        buckets = asked.compared.buckets
        echo["compare"] = {
            "from": local(buckets[0].start, asked.zone), "to": local(buckets[-1].end, asked.zone),
        }  # fmt: skip
    return echo
