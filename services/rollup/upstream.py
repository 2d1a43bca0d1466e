"""How far calls.v1 is in the ledger: what the pricer has not read yet is in no other topic.

Once a second the ends of calls.v1 are noted. When the pricer has committed them, its outputs are in
priced.v1; when the ledger has heard priced.v1 to its end after that, all told until then is in it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.progress import AS_OF
from schemas.topics import CALLS, PRICED
from services.rollup import mirrors
from services.runtime import logs
from services.runtime.clickhouse import DataError, Store, StoreAwayError
from services.runtime.kafka import connection
from services.runtime.offsets import Askers
from services.runtime.settings import KafkaMixin

SECONDS = 1.0
PATIENCE_SECONDS = 30.0
LOOKS_MAX = 1_000
BARE_LOOKS = 10
EPOCH = datetime.fromtimestamp(0, UTC)
KNOWN = (
    f"SELECT topic, toUnixTimestamp64Milli(min({AS_OF})) FROM progress FINAL "
    "WHERE topic IN ({calls:String}, {priced:String}) GROUP BY topic"
)
Offsets = dict[TopicPartition, int]
log = logs.get("rollup")


class Left(NamedTuple):
    """What the pricer has not committed of a partition."""

    committed: int
    end: int


@dataclass
class Look:
    """The ends of calls.v1 at an instant, and when the pricer was first seen beyond them."""

    at: datetime
    ends: Offsets
    passed_at: datetime | None = None


class Offing:
    """What is still on its way, from looks at the topic. Pure."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()
        self._apart = timedelta(0)

    def look(self, at: datetime, ends: Offsets, committed: Offsets, now: datetime) -> None:
        """Note the ends of an instant, and what was committed after it."""
        if len(self._looks) >= LOOKS_MAX:  # rather coarse than without end
            self._looks = deque(list(self._looks)[::2])
            self._apart = self._looks[1].at - self._looks[0].at
        if not self._looks or at - self._looks[-1].at >= self._apart:
            self._looks.append(Look(at, ends))
        for one in self._looks:
            if one.passed_at is None and all(
                committed.get(tp, 0) >= end for tp, end in one.ends.items()
            ):
                one.passed_at = now

    def until(self, heard_at: datetime) -> datetime | None:
        """All told until then is in a ledger that has heard priced.v1 to its end at `heard_at`."""
        found = None
        while self._looks and self._looks[0].passed_at and self._looks[0].passed_at <= heard_at:
            found = self._looks.popleft()
        self._apart = self._apart if self._looks else timedelta(0)
        return found.at if found else None


class Upstream:
    """One worker at a time is meant to run it (`is_mine`)."""

    def __init__(
        self, settings: KafkaMixin, store: Store, group: str, is_mine: Callable[[], bool]
    ) -> None:
        self._settings, self._store, self._is_mine = settings, store, is_mine
        self._group = settings.topic_prefix + group
        self._topic = settings.topic_prefix + CALLS.name
        self._offing = Offing()
        self._left: dict[TopicPartition, tuple[Left, int]] = {}
        self._bare: dict[TopicPartition, Left] = {}
        self._askers = Askers(settings)

    async def run(self, stop: asyncio.Event) -> None:
        """Look once a second until stopped."""
        try:
            while not stop.is_set():
                await self._look_if_mine()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), SECONDS)
        finally:
            await self._askers.close()

    async def _look_if_mine(self) -> None:
        if not self._is_mine():
            self._offing = Offing()
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._look()
        except (KafkaError, StoreAwayError, DataError, TimeoutError, OSError) as error:
            log.warning("how far the pricer is cannot be asked", error=repr(error)[:500])
            await self._askers.close()

    async def _look(self) -> None:
        at = datetime.now(UTC)
        ends, committed = await self._offsets()
        self._offing.look(at, ends, committed, datetime.now(UTC))
        names = {"calls": CALLS.name, "priced": PRICED.name}
        known = {
            str(topic): datetime.fromtimestamp(int(ms) / 1000, UTC)
            for topic, ms in await self._store.rows(KNOWN, names)
        }
        until = self._offing.until(known.get(PRICED.name, EPOCH))
        until = max(until or EPOCH, known.get(CALLS.name, EPOCH))
        rows = [
            {
                "topic": CALLS.name, "partition": tp.partition,
                "position": min(committed.get(tp, 0), end), "end_offset": end,
                "record_at": until.isoformat(), "flushed_at": at.isoformat(),
            }
            for tp, end in ends.items()
        ]  # fmt: skip
        await self._store.insert_bytes("progress", mirrors.encode(rows))

    async def _offsets(self) -> tuple[Offsets, Offsets]:
        """The ends, and then what is committed: its end where a partition has no record left."""
        asker, admin = await self._askers.get()
        numbers = await asker._client._wait_on_metadata(self._topic)
        partitions = [TopicPartition(self._topic, number) for number in sorted(numbers)]
        ends = await asker.end_offsets(partitions)
        begins = await asker.beginning_offsets(partitions)
        told = await admin.list_consumer_group_offsets(self._group)
        committed = {tp: max(told[tp].offset if tp in told else 0, begins[tp]) for tp in partitions}
        for tp, end in ends.items():
            if committed[tp] < end and await self._is_bare(tp, Left(committed[tp], end)):
                committed[tp] = end
        return ends, committed

    async def _is_bare(self, tp: TopicPartition, left: Left) -> bool:
        """True when nothing but the marks of transactions is left; asked where nothing moves."""
        known, looks = self._left.get(tp, (left, 0))
        looks = looks + 1 if known == left else 1
        self._left[tp] = (left, looks)
        is_asked = self._bare.get(tp) != left and looks % BARE_LOOKS == 0
        if is_asked and await _holds_no_record(self._settings, tp, left):
            self._bare[tp] = left
        return self._bare.get(tp) == left


async def _holds_no_record(settings: KafkaMixin, tp: TopicPartition, left: Left) -> bool:
    reader = AIOKafkaConsumer(
        **connection(settings), enable_auto_commit=False, isolation_level="read_committed"
    )
    await reader.start()
    try:
        reader.assign([tp])
        reader.seek(tp, left.committed)
        found = await reader.getmany(timeout_ms=1_000, max_records=1)
        return not found and int(await reader.position(tp)) >= left.end
    finally:
        await reader.stop()
