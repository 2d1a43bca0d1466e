"""Answers a question: members and sums of one reading, then the other tables side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from services.api.completeness import ledger_freshness, rates_of
from services.api.estimate import Freshness, Rates, estimate
from services.api.plan import local
from services.api.query import business, fold, pending, revenue, statements
from services.api.query.ask import Asked
from services.api.query.counters import Known
from services.api.query.dims import CATEGORY
from services.api.query.measures import MEASURES
from services.api.query.parts import PARTS, TOKENS, Family
from services.api.query.slots import Slots
from services.api.query.statements import Members
from services.api.reader import Reader, Rows, text
from services.api.scope import Scope

AT_ONCE = 8
OTHERS: tuple[Family, ...] = ("sketch", "outcome", "revenue")
"""Families of tables beside that of usage."""
FRESH_SECONDS = 1.0
RATES_MAX = 1_000


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
        self._looking = asyncio.Lock()
        self._rates: dict[tuple[str | None, str, str], Rates] = {}

    async def freshness(self) -> Freshness:
        """How far the ledger is, looked up once a second."""
        async with self._looking:
            now = self._clock()
            if self._fresh is None or (now - self._fresh[0]).total_seconds() >= FRESH_SECONDS:
                self._fresh = (now, await ledger_freshness(self._reader, now))
            return self._fresh[1]

    def now(self) -> datetime:
        """When a question that is asked now is asked."""
        return self._clock()

    def is_settled(self, asked: Asked, fresh: Freshness) -> bool:
        """True when the range is so old that hardly anything is still to come."""
        end = datetime.fromtimestamp(asked.whole.end, UTC)
        return end < self._clock() - self._settled and self.is_past(asked, fresh)

    def is_past(self, asked: Asked, fresh: Freshness) -> bool:
        """True when the ledger has everything that was told before the range ended."""
        end = datetime.fromtimestamp(asked.whole.end, UTC)
        return fresh.as_of is not None and fresh.as_of > end

    async def answer(
        self, asked: Sequence[Asked], fresh: Freshness, known: Known
    ) -> list[dict[str, Any]]:
        """`completeness`, `columns`, `buckets`, `groups`, `other`, `total`, `previous` of each.

        The questions are alike: they differ in their measures alone, so one reading answers all.
        """
        read = Reading(asked)
        async with self._running:
            nameless = known.has_nameless(read.asked.whole)
            summed = asyncio.ensure_future(self._sum(read, nameless=nameless))
            if read.asked.by:
                await summed
            slots, waiting, *_ = await asyncio.gather(
                self._slots_of(read, summed),
                self._waiting(read, summed, known.prices),
                *(self._read(read, cells, family) for cells in read.sides for family in OTHERS),
            )
        state = {"state": self._state(read.asked, fresh, known, waiting)}
        now = self._clock().timestamp()
        return [
            {"completeness": state | completeness(one, read, fresh, waiting)}
            | _told(one, read, slots, now)
            for one in asked
        ]

    async def _sum(self, read: "Reading", *, nameless: bool) -> None:
        """Who is shown, and all sums of calls, of one statement."""
        statement = statements.sums(read.asked, read.parts("usage"), nameless=nameless)
        read.take(await self._reader.run(statement))

    async def _read(self, read: "Reading", cells: fold.Cells, family: Family) -> None:
        """The parts of one family of other tables into the cells of one range."""
        asked, width = read.asked, len(read.asked.by)
        if not (parts := read.parts(family)):
            return
        plan = asked.plan if cells is read.cells else asked.compared or asked.plan
        if family == "sketch":
            rows = await self._reader.run(statements.sketches(asked, plan, parts, read.shown))
            cells.put(rows, parts, width)
        elif family == "outcome":
            rows = await self._reader.run(business.outcomes(asked, plan, parts, read.shown))
            cells.sum(rows, parts, width)
        else:
            orgs = await self.orgs(asked.scope)
            cells.sum(fold.revenue(asked, plan, read.shown, orgs), ("revenue", "payers"), width)

    async def orgs(self, scope: Scope) -> list[revenue.Org]:
        """The orgs of a scope with what they pay."""
        rows = await self._reader.query(
            f"SELECT org_id, currency, timezone, monthly_revenue, monthly_budget "
            f"{scope.rows('orgs')} AND is_deleted = 0 ORDER BY org_id",
            scope,
        )
        return revenue.orgs(rows)

    async def _slots_of(self, read: "Reading", summed: Awaitable[None]) -> dict[str, int]:
        await summed
        if not read.shown.levels:
            return {}
        values = [key[0] for key in read.shown.levels[0]]
        return await self._slots.of(read.asked.scope, read.asked.by[0], values)

    def _state(self, asked: Asked, fresh: Freshness, known: Known, waiting: "Waiting") -> str:
        """`final`: its months are closed; `settled`: it is old; never while calls are pending, or
        told before its end and not in the ledger yet."""
        if waiting.calls or not self.is_past(asked, fresh):
            return "open"
        if known.is_closed(asked.whole):
            return "final"
        return "settled" if self.is_settled(asked, fresh) else "open"

    async def _waiting(self, read: "Reading", summed: Awaitable[None], prices: str) -> "Waiting":
        """What is pending. Of a category nothing is: a call waits as a whole."""
        await summed
        asked, is_cut = read.asked, CATEGORY in read.asked.names
        calls = read.cells.at(fold.TOTAL, None)["pending_calls"]
        if not calls and not is_cut:
            return Waiting(0, 0, None, None)
        rows = await self._reader.run(pending.by_provider(asked))
        tokens = [(str(row[0]), dict(zip(TOKENS, row[2:7], strict=True))) for row in rows]
        first = min((int(row[7]) for row in rows), default=None)
        oldest, cost = await asyncio.gather(
            self._oldest(asked, first),
            self._estimate(asked, tokens, prices),
        )
        calls = sum(int(row[1]) for row in rows) if is_cut else calls
        return Waiting(calls, sum(sum(t.values()) for _, t in tokens), oldest, cost)

    async def _estimate(
        self, asked: Asked, tokens: list[tuple[str, dict[str, int]]], prices: str
    ) -> dict[str, Any] | None:
        """What is pending may cost. `prices`: the state of the book, read again once it changed."""
        if not any(any(counts.values()) for _, counts in tokens):
            return None
        key = (asked.scope.org_id, asked.currency, prices)
        if key not in self._rates:
            if len(self._rates) >= RATES_MAX:
                self._rates.clear()
            self._rates[key] = await rates_of(self._reader, asked.scope, asked.currency)
        return estimate(tokens, self._rates[key], asked.currency)

    async def _oldest(self, asked: Asked, start: int | None) -> str | None:
        if start is None:
            return None
        [[at, count]] = await self._reader.run(pending.oldest(asked, start))
        return text(datetime.fromtimestamp(at / 1000 if count else start, UTC))


class Waiting(NamedTuple):
    """What is pending: calls, tokens, the instant of the oldest, bounds of its cost."""

    calls: int
    tokens: int
    oldest: str | None
    estimate: dict[str, Any] | None


class Reading:
    """What questions that are alike have read so far."""

    def __init__(self, alike: Sequence[Asked]) -> None:
        measures = tuple(dict.fromkeys(name for asked in alike for name in asked.measures))
        parts = [part for name in measures for part in MEASURES[name].parts]
        parts += ["pending_calls", "unattributed"]
        if has_money(measures):
            parts += ["currencies"]
        self.asked, self.shown, self.nameless = replace(alike[0], measures=measures), Members(), 0
        self.cells = fold.Cells(tuple(dict.fromkeys(parts)))
        self.before = fold.Cells(self.cells.parts)

    @property
    def sides(self) -> tuple[fold.Cells, ...]:
        """The cells of the range, and of the one to compare with."""
        return (self.cells,) if self.asked.compared is None else (self.cells, self.before)

    def parts(self, family: Family) -> list[str]:
        """The parts of one family of tables."""
        return [part for part in self.cells.parts if PARTS[part].family == family]

    def take(self, rows: Rows) -> None:
        """The rows of `statements.sums`."""
        width, parts = len(self.asked.by), self.parts("usage")
        knows = statements.knows_orgs(self.asked)
        self.shown = statements.members(self.asked, rows)
        for side, bucket, depth, *rest in rows:
            row = (bucket, depth, *rest[:width], *rest[2 * width + 1 :])
            if side != statements.NAMELESS:
                self.sides[side].sum([row], parts, width)
            if side == (statements.NOW if knows else statements.NAMELESS):
                self.nameless += int(row[2 + width + parts.index("unattributed")])


def _told(asked: Asked, read: Reading, slots: fold.Slots, now: float) -> dict[str, Any]:
    """The figures of one question."""
    answer: dict[str, Any] = {"columns": fold.columns(asked)}
    answer |= fold.told(asked, asked.plan, read.cells, read.shown, slots)
    for told, bucket in zip(answer["buckets"], asked.plan.buckets, strict=True):
        told["partial"] = bucket.is_partial or bucket.end > now
    answer["previous"] = None
    if asked.compared is not None:
        answer["previous"] = fold.told(asked, asked.compared, read.before, read.shown, slots)
    return answer


def has_money(measures: Sequence[str]) -> bool:
    """True when amounts are asked for."""
    return any(MEASURES[name].kind == "money" for name in measures)


def completeness(asked: Asked, read: Reading, fresh: Freshness, waiting: Waiting) -> dict[str, Any]:
    """What is open in the rows of a question, and how far the ledger is."""
    told = read.cells.at(fold.TOTAL, None)["currencies"] if has_money(asked.measures) else []
    return {
        "as_of": text(fresh.as_of) if fresh.as_of else None,
        "lag_seconds": fresh.lag_seconds,
        "pending_calls": waiting.calls,
        "pending_tokens": waiting.tokens,
        "oldest_pending_at": waiting.oldest,
        "estimate": waiting.estimate,
        "unattributed_calls": read.nameless,
        "other_currencies": [name for name in told if name != asked.currency],
    }


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
