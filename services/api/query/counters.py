"""What has changed: for each org and UTC day a counter, told by the generations of its rows.

The tables read are those the roll-up writes last, so whoever has seen a counter reads rows at least
as new. A generation grows with every change: no change is missed, whatever its day.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from schemas.call import UNATTRIBUTED
from services.api.plan import SECONDS, Range
from services.api.reader import Reader
from services.api.scope import Scope
from services.api.statement import LIMITS, Statement
from services.runtime import logs
from services.runtime.problems import ProblemError

log = logs.get("api")

FRESH_SECONDS = 1.0
FRESH_SECONDS_MAX = 10.0
COST_SHARE = 0.5
"""Answers may take this part of the time for which they are taken as new."""
DEAR_SECONDS = 0.25
"""Answers that take longer are made before new counters are told."""
LATE_SECONDS = 1.0
"""How much longer than twice what they cost, to be prepared. Who asks after that waits."""
READING_SHARE = 0.1
"""And this part reading the counters themselves."""
FORGET_SECONDS = 10.0
SCOPES_MAX = 10_000
_CALLS = ("hour", "day")
_OUTCOME = (
    "project, outcome_id, occurred_at, org_id, kind, name, conversation_id, label, unit, "
    "ifNull(toString(value), '')"
)


@dataclass(frozen=True)
class Known:
    """Counters by (what, UTC day): `calls`, `sketch`, `outcomes`. Months are those closed."""

    days: Mapping[tuple[str, int], str] = field(default_factory=dict)
    prices: str = ""
    orgs: str = ""
    closed: frozenset[int] = frozenset()
    nameless: frozenset[int] | None = None
    """Days with steps that name no org."""
    at: datetime | None = field(default=None, compare=False)
    """When they were read."""

    def has_nameless(self, whole: Range) -> bool:
        """False when no step of the days a range touches is without an org."""
        if self.nameless is None:
            return True
        low = whole.start // SECONDS["day"] * SECONDS["day"]
        return any(low <= day < whole.end for day in self.nameless)

    def of(self, whole: Range, kinds: frozenset[str]) -> list[tuple[str, int, str]]:
        """The counters of the days a range touches."""
        low = whole.start // SECONDS["day"] * SECONDS["day"]
        return sorted(
            (kind, day, at)
            for (kind, day), at in self.days.items()
            if kind in kinds and low <= day < whole.end
        )

    def is_of_the_minute(self, at: datetime | None) -> bool:
        """True when a question until now is the same one as at that instant."""
        if self.at is None or at is None:
            return False
        return int(self.at.timestamp()) // 60 == int(at.timestamp()) // 60

    def is_closed(self, whole: Range) -> bool:
        """True when every UTC month the range touches is closed."""
        at = datetime.fromtimestamp(whole.start, UTC)
        month = at.replace(day=1, hour=0, minute=0, second=0)
        while month.timestamp() < whole.end:
            if int(month.timestamp()) not in self.closed:
                return False
            month = (month + timedelta(days=32)).replace(day=1)
        return True


@dataclass
class _Held:
    scope: Scope
    whole: Range = field(default_factory=lambda: Range(0, 0))
    wanted: dict[Range, float] = field(default_factory=dict)
    read_at: float = float("-inf")
    known: Known = field(default_factory=Known)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    renewal: asyncio.Task[None] | None = None

    def covers(self, whole: Range) -> bool:
        return self.whole.start <= whole.start and whole.end <= self.whole.end


Prepare = Callable[[Scope, Known], Awaitable[None]]


async def _nothing(scope: Scope, known: Known) -> None:
    """Nobody prepares."""


class Counters:
    """Reads the counters of a scope once in `fresh_seconds` at most, and only while asked.

    While calls pour in, every reading makes all answers new. So how often is paced by what they
    cost: many who watch then share an answer that is seconds older, and its `as_of` says so. Where
    answers are dear, `prepare` makes them before new counters are told, and nobody waits for them.
    Who is told of changes is told from here too: whoever then asks is answered with them.
    """

    def __init__(
        self, reader: Reader, clock: Callable[[], datetime], fresh_seconds: float = FRESH_SECONDS
    ) -> None:
        self._reader, self._clock, self._fresh_seconds = reader, clock, fresh_seconds
        self._cost = self._reading = 0.0
        self._held: dict[str | None, _Held] = {}
        self.prepare: Prepare = _nothing

    @property
    def fresh_seconds(self) -> float:
        """How long counters are taken as new; 0 where they are always read."""
        wanted = max(self._cost / COST_SHARE, self._reading / READING_SHARE)
        paced = min(FRESH_SECONDS_MAX, wanted)
        return max(self._fresh_seconds, paced) if self.is_paced else 0.0

    @property
    def is_paced(self) -> bool:
        """False where counters are always read."""
        return self._fresh_seconds > 0

    @property
    def _is_dear(self) -> bool:
        return self.is_paced and self._cost > DEAR_SECONDS

    def spent(self, seconds: float) -> None:
        """An answer took so long: the dearest of late ones counts, a tenth less with each."""
        self._cost = max(seconds, self._cost * 0.9)

    async def known(self, scope: Scope, whole: Range) -> Known:
        """The counters of at least these days, and what belongs to no day.

        Those that were told last, where answers are dear, while newer ones are prepared.
        """
        held = self._wanted(scope, whole)
        late = time.monotonic() - held.read_at - self.fresh_seconds
        if held.covers(whole) and self._is_dear and late < LATE_SECONDS + 2 * self._cost:
            if late >= 0 and (held.renewal is None or held.renewal.done()):
                held.renewal = asyncio.create_task(self._renewed(held))
            return held.known
        async with held.lock:
            if not (held.covers(whole) and self._is_fresh(held)):
                await self._read(held, _nothing)
            return held.known

    async def renewed(self, scope: Scope, whole: Range) -> Known:
        """The same, prepared: for whoever tells others to ask."""
        held = self._wanted(scope, whole)
        async with held.lock:
            if not (held.covers(whole) and self._is_fresh(held)):
                await self._read(held, self.prepare if self._is_dear else _nothing)
            return held.known

    def _wanted(self, scope: Scope, whole: Range) -> _Held:
        if len(self._held) > SCOPES_MAX:
            self._held.clear()
        held = self._held.setdefault(scope.org_id, _Held(scope))
        held.wanted[whole] = time.monotonic()
        return held

    def _is_fresh(self, held: _Held) -> bool:
        return time.monotonic() - held.read_at < self.fresh_seconds

    async def _renewed(self, held: _Held) -> None:
        async with held.lock:
            if not self._is_fresh(held):
                with suppress(ProblemError):  # who asks when these are too old is told of it
                    await self._read(held, self.prepare)

    async def _read(self, held: _Held, prepare: Prepare) -> None:
        """Read, have answers prepared if they change, also by the minute, and only then tell."""
        now, at = time.monotonic(), self._clock()
        held.wanted = {r: asked for r, asked in held.wanted.items() if now - asked < FORGET_SECONDS}
        widest = _days(min(r.start for r in held.wanted), max(r.end for r in held.wanted))
        read = (self._reader.run(one) for one in statements(held.scope, widest))
        known = replace(known_of(chain.from_iterable(await asyncio.gather(*read))), at=at)
        read_at = time.monotonic()
        self._reading = read_at - now
        if known == held.known and known.is_of_the_minute(held.known.at):
            self.spent(0)
        else:
            [failed] = await asyncio.gather(prepare(held.scope, known), return_exceptions=True)
            if failed:
                log.warning("answers could not be prepared", error=repr(failed)[:2000])
        held.known, held.whole, held.read_at = known, widest, read_at


def _days(start: int, end: int) -> Range:
    """The whole UTC days a range touches."""
    day = SECONDS["day"]
    return Range(start // day * day, -(-end // day) * day)


def known_of(rows: Iterable[Sequence[Any]]) -> Known:
    """From the rows of `statements`, in whatever order the engine brings them."""
    days: dict[tuple[str, int], str] = {}
    alone: dict[str, str] = {}
    listed: dict[str, set[int]] = {"closed": set(), "nameless": set()}
    for kind, day, at in sorted(rows, key=lambda row: tuple(map(str, row))):
        if kind in listed:
            listed[kind].add(int(day))
        elif day:
            days[kind, int(day)] = f"{days.get((kind, int(day)), '')} {at}"
        else:
            alone[kind] = str(at)
    closed, nameless = map(frozenset, listed.values())
    return Known(days, alone.get("prices", ""), alone.get("orgs", ""), closed, nameless)


def statements(scope: Scope, days: Range) -> tuple[Statement, Statement]:
    """Rows of (what, day, counter) of whole days: of calls, and of all else, side by side."""
    between = (
        ">= toDateTime({low:UInt32}, 'UTC') AND @ < toDateTime({high:UInt32}, 'UTC')"  # @: again
    )
    own = "total" if scope.org_id is None else "narrow"
    calls = [
        f"SELECT '{kind}' AS what, toUnixTimestamp(toStartOfDay(bucket)) AS day, "
        f"toString(sum(gen)) AS at {scope.rows(f'{table}_{grain}')} "
        f"AND bucket {between.replace('@', 'bucket')} GROUP BY day"
        for kind, table in (("calls", own), ("sketch", f"sketch_{own}"))
        for grain in _CALLS
    ]
    others = [
        "SELECT 'outcomes' AS what, toUnixTimestamp(toStartOfDay(occurred_at)) AS day, "
        f"toString(groupBitXor(cityHash64({_OUTCOME}))) AS at {scope.rows('outcomes')} "
        f"AND occurred_at {between.replace('@', 'occurred_at')} GROUP BY day",
        "SELECT DISTINCT 'nameless' AS what, toUnixTimestamp(toStartOfDay(bucket)) AS day, "
        f"'' AS at {scope.rows('narrow_hour', final=False)} AND org_id = '{UNATTRIBUTED}' "
        f"AND bucket {between.replace('@', 'bucket')}",
        "SELECT 'orgs' AS what, toUInt32(0) AS day, toString(groupBitXor(cityHash64("
        f"org_id, position, is_deleted))) AS at {scope.rows('orgs')}",
        "SELECT 'prices' AS what, toUInt32(0) AS day, toString(max(position)) AS at "
        f"{scope.rows('price_log', final=False)}",
        "SELECT 'closed' AS what, toUnixTimestamp(toDateTime(month, 'UTC')) AS day, '' AS at "
        f"{Scope(None).rows('closed_months')} AND is_closed = 1",
    ]
    parameters = scope.parameters() | {"low": days.start, "high": days.end}
    one, two = (" UNION ALL ".join(parts) + LIMITS for parts in (calls, others))
    return Statement(one, parameters), Statement(two, parameters)
