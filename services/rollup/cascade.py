"""Hours, days and the per-subject tables from the minutes: paced, and healed by comparing gens.

A bucket is dirty when its generation is below the sum of the finer ones, so no dirty list is
stored: what a flush touched is remembered in memory, and what a crash forgot is found by query.
"""

import time
from dataclasses import dataclass, field

import orjson

from services.rollup import sketches, subjects
from services.rollup.columns import DIMENSIONS, NARROW
from services.rollup.stage import Scratch
from services.rollup.statements import recompute_coarser, recompute_total
from services.rollup.unbroken import unbroken
from services.runtime.clickhouse import Store
from services.runtime.telemetry import FLUSH_SECONDS

HOURS_PER_STATEMENT = 2_000
QUIET_SECONDS = 5.0
"""Without a call for so long, nothing waits for the engine but the refresh itself."""

Hour = tuple[str, int]


@dataclass
class Paced:
    """Dirty hours of one level, refreshed no sooner than its own cost allows."""

    share: float
    """The part of the wall clock this level may take."""
    least_seconds: float
    dirty: set[Hour] = field(default_factory=set)
    due: float = 0.0
    ended: float = 0.0
    through: int = 0
    """How many touches it held when it was last without dirty hours."""

    def hasten(self) -> None:
        """No calls come in that a refresh would hold up: its cost does not count."""
        self.due = min(self.due, self.ended + self.least_seconds)

    def take(self, now: float) -> list[Hour]:
        """What to refresh now, possibly nothing."""
        if now < self.due or not self.dirty:
            return []
        taken = sorted(self.dirty, key=lambda hour: (hour[1], hour[0]))[:HOURS_PER_STATEMENT]
        self.dirty.difference_update(taken)
        return taken

    def spent(self, started: float, ended: float) -> None:
        """Set when the level is due again. A full backlog goes on at the same pace."""
        self.ended = ended
        self.due = ended + max(self.least_seconds, (ended - started) / self.share)
        if len(self.dirty) >= HOURS_PER_STATEMENT:
            self.due = ended


class Cascade:
    """Keeps the coarser tables of one worker's touched hours up to date."""

    def __init__(self, store: Store, scratch: Scratch, coarse_seconds: float = 5.0) -> None:
        self._store = store
        self._scratch = scratch
        self._touched_at = 0.0
        self.touched = 0
        self.hours = Paced(share=0.3, least_seconds=0.0)
        self.days = Paced(share=0.1, least_seconds=coarse_seconds)
        self.subjects = Paced(share=0.1, least_seconds=coarse_seconds)

    def touch(self, hours: frozenset[Hour]) -> None:
        """A flush wrote minutes of these (org, hour) pairs."""
        if not hours:
            return
        self._touched_at = time.monotonic()
        self.touched += 1
        for level in (self.hours, self.days, self.subjects):
            level.dirty |= hours

    @property
    def refreshed(self) -> int:
        """How many touches every level holds, of those counted in `touched`."""
        levels = (self.hours, self.days, self.subjects)
        return min(level.through if level.dirty else self.touched for level in levels)

    async def heal(self) -> None:
        """Find every hour whose coarser rows are behind: after a start, and now and then."""
        for sql in BEHIND:
            found = await self._store.rows(sql)
            self.touch(frozenset((str(org), int(hour)) for org, hour in found))

    async def refresh(self, *, everything: bool = False) -> None:
        """Refresh the levels that are due; `everything` ignores the pace."""
        is_quiet = time.monotonic() - self._touched_at >= QUIET_SECONDS
        for level, work in (
            (self.hours, self._hours),
            (self.days, self._days),
            (self.subjects, self._subjects),
        ):
            if is_quiet:
                level.hasten()
            while taken := level.take(float("inf") if everything else time.monotonic()):
                started = time.monotonic()
                try:
                    async with unbroken(self._store, self._scratch):
                        await self._mark(taken)
                        await work()
                except BaseException:
                    level.dirty.update(taken)
                    raise
                level.spent(started, time.monotonic())
            if not level.dirty:
                level.through = self.touched

    async def _mark(self, hours: list[Hour]) -> None:
        await self._store.command(f"TRUNCATE TABLE {self._scratch.hours}")
        rows = [{"org_id": org, "bucket": hour} for org, hour in hours]
        await self._store.insert_bytes(self._scratch.hours, b"\n".join(map(orjson.dumps, rows)))

    async def _run(self, step: str, *statements: str) -> None:
        with FLUSH_SECONDS.labels(step).time():
            for sql in statements:
                await self._store.command(sql)

    async def _hours(self) -> None:
        hours = self._scratch.hours
        minutes = f"SELECT org_id, bucket + 60 * m FROM {hours} ARRAY JOIN range(60) AS m"
        same = f"SELECT org_id, bucket FROM {hours}"
        await self._run(
            "hours",
            recompute_coarser(
                "rollup_minute", "rollup_hour", DIMENSIONS, minutes, "toStartOfHour(bucket)"
            ),
            recompute_coarser("rollup_hour", "narrow_hour", NARROW, same, "bucket"),
        )

    async def _days(self) -> None:
        hours = self._scratch.hours
        day = f"SELECT DISTINCT org_id, toStartOfDay(bucket) AS day FROM {hours}"
        all_hours = f"SELECT org_id, day + 3600 * h FROM ({day}) ARRAY JOIN range(24) AS h"
        start = "toStartOfDay(bucket)"
        await self._run(
            "days",
            recompute_coarser("rollup_hour", "rollup_day", DIMENSIONS, all_hours, start),
            recompute_coarser("rollup_day", "narrow_day", NARROW, day, "bucket"),
            recompute_total("narrow_hour", "total_hour", NARROW, f"SELECT bucket FROM {hours}"),
            recompute_total("narrow_day", "total_day", NARROW, f"SELECT day FROM ({day})"),
        )

    async def _subjects(self) -> None:
        await self._run(
            "subjects",
            subjects.recompute_users(self._scratch),
            subjects.recompute_conversations(self._scratch),
        )
        await self._sketches()

    async def _sketches(self) -> None:
        hours = self._scratch.hours
        same = f"SELECT org_id, bucket FROM {hours}"
        day = f"SELECT DISTINCT org_id, toStartOfDay(bucket) AS day FROM {hours}"
        all_hours = f"SELECT org_id, day + 3600 * h FROM ({day}) ARRAY JOIN range(24) AS h"
        merged, few = sketches.recompute_merged, sketches.FEW
        by_day = (all_hours, "toStartOfDay(bucket)")
        await self._run(
            "sketches",
            sketches.recompute_hours(hours),
            merged("sketch_hour", "sketch_narrow_hour", few, (same, "bucket")),
            merged("sketch_hour", "sketch_day", sketches.WIDE, by_day),
            merged("sketch_day", "sketch_narrow_day", few, (day, "bucket")),
            sketches.recompute_total(
                "sketch_narrow_hour", "sketch_total_hour", f"SELECT bucket FROM {hours}"
            ),
            sketches.recompute_total(
                "sketch_narrow_day", "sketch_total_day", f"SELECT day FROM ({day})"
            ),
        )


def _behind(target: str, target_gen: str, start: str, source: str = "rollup_minute") -> str:
    """(org, hour) pairs below a target bucket whose generation is under its source's sum."""
    return (
        "SELECT DISTINCT org_id, toUnixTimestamp(toStartOfHour(b)) FROM (SELECT org_id, "
        f"{start} AS b, sum(gen) AS want FROM {source} FINAL GROUP BY org_id, b) AS w "
        f"LEFT JOIN (SELECT org_id AS o, {start} AS t, {target_gen} AS have FROM {target} FINAL "
        "GROUP BY o, t) AS h ON h.o = w.org_id AND h.t = w.b WHERE want > have"
    )


def _total_behind(target: str, source: str) -> str:
    """Hours, under the empty org id, in which the total of all orgs is behind the orgs."""
    return (
        "SELECT '', toUnixTimestamp(b) FROM (SELECT bucket AS b, sum(gen) AS want "
        f"FROM {source} FINAL GROUP BY b) AS w LEFT JOIN (SELECT bucket AS t, gen AS have "
        f"FROM {target} FINAL) AS h ON h.t = w.b WHERE want > have"
    )


BEHIND = (
    _behind("rollup_hour", "sum(gen)", "toStartOfHour(bucket)"),
    _behind("narrow_hour", "sum(gen)", "toStartOfHour(bucket)"),
    _behind("rollup_day", "sum(gen)", "toStartOfDay(bucket)", "rollup_hour"),
    _behind("narrow_day", "sum(gen)", "toStartOfDay(bucket)", "rollup_hour"),
    _total_behind("total_hour", "narrow_hour"),
    _total_behind("total_day", "narrow_day"),
    _behind("users_hour", "min(gen)", "toStartOfHour(bucket)"),
    _behind("conversations_hour", "min(gen)", "toStartOfHour(bucket)"),
    _behind("sketch_hour", "sum(gen)", "toStartOfHour(bucket)"),
    _behind("sketch_narrow_hour", "sum(gen)", "toStartOfHour(bucket)"),
    _behind("sketch_day", "sum(gen)", "toStartOfDay(bucket)", "sketch_hour"),
    _behind("sketch_narrow_day", "sum(gen)", "toStartOfDay(bucket)", "sketch_hour"),
    _total_behind("sketch_total_hour", "sketch_narrow_hour"),
    _total_behind("sketch_total_day", "sketch_narrow_day"),
)
