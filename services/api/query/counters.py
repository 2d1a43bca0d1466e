"""What has changed: for each org and UTC day a counter, told by the generations of its rows.

The tables read are those the roll-up writes last, so whoever has seen a counter reads rows at least
as new. A generation grows with every change: no change is missed, whatever its day.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from schemas.call import UNATTRIBUTED
from services.api.plan import SECONDS, Range
from services.api.reader import Reader
from services.api.scope import Scope
from services.api.statement import LIMITS, Statement

FRESH_SECONDS = 1.0
FRESH_SECONDS_MAX = 10.0
COST_SHARE = 0.5
"""Answers may take this part of the time for which they are taken as new."""
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
    whole: Range = field(default_factory=lambda: Range(0, 0))
    wanted: dict[Range, float] = field(default_factory=dict)
    read_at: float = float("-inf")
    known: Known = field(default_factory=Known)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Counters:
    """Reads the counters of a scope once in `fresh_seconds` at most, and only while asked.

    While calls pour in, every reading makes all answers new. So how often is paced by what they
    cost: many who watch then share an answer that is seconds older, and its `as_of` says so. Who
    is told of changes is told from here too: whoever asks after hearing of one is answered with it.
    """

    def __init__(self, reader: Reader, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._reader, self._fresh_seconds = reader, fresh_seconds
        self._cost = self._reading = 0.0
        self._held: dict[str | None, _Held] = {}

    @property
    def fresh_seconds(self) -> float:
        """How long counters are taken as new; 0 where they are always read."""
        wanted = max(self._cost / COST_SHARE, self._reading / READING_SHARE)
        paced = min(FRESH_SECONDS_MAX, wanted)
        return max(self._fresh_seconds, paced) if self._fresh_seconds else 0.0

    def spent(self, seconds: float) -> None:
        """An answer took so long: the dearest of late ones counts, a tenth less with each."""
        self._cost = max(seconds, self._cost * 0.9)

    async def known(self, scope: Scope, whole: Range) -> Known:
        """The counters of at least these days, and what belongs to no day."""
        if len(self._held) > SCOPES_MAX:
            self._held.clear()
        held = self._held.setdefault(scope.org_id, _Held())
        async with held.lock:
            now = time.monotonic()
            held.wanted[whole] = now
            is_held = held.whole.start <= whole.start and whole.end <= held.whole.end
            if now - held.read_at < self.fresh_seconds and is_held:
                return held.known
            held.wanted = {r: at for r, at in held.wanted.items() if now - at < FORGET_SECONDS}
            widest = _days(min(r.start for r in held.wanted), max(r.end for r in held.wanted))
            read = (self._reader.run(one) for one in statements(scope, widest))
            held.known = known_of(chain.from_iterable(await asyncio.gather(*read)))
            held.whole, held.read_at = widest, time.monotonic()
            self._reading = held.read_at - now
            return held.known


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
