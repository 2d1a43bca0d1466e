"""Ends the process when there is something to read and nothing is committed any more.

It asks the broker itself for the ends and the commits, because a client that hangs tells nothing.
Being idle is never a stall, and neither is a broker that cannot be asked.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import CALLS
from services.pricer.settings import PricerSettings
from services.runtime import logs, telemetry
from services.runtime.offsets import Askers

PERIOD_SECONDS = 5.0
Offsets = dict[TopicPartition, int]
log = logs.get("pricer")


class StalledError(RuntimeError):
    """Lag without progress: a restart reads on from what is committed."""


@dataclass
class Progress:
    """How long there has been something to read without anything committed or acked."""

    since: float
    seen: object = None

    def observe(self, now: float, lag: int, marks: object, *, all_read: bool) -> None:
        """`marks` is whatever moves with progress; `all_read` excuses control records as lag."""
        if not lag or all_read or marks != self.seen:
            self.since = now
        self.seen = marks

    def age(self, now: float) -> float:
        """Seconds without progress."""
        return now - self.since


class Watchdog:
    """Compares ends and commits of the partitions that are ours."""

    def __init__(self, settings: PricerSettings) -> None:
        self._settings = settings
        self._consumer: Any = None
        self._askers = Askers(settings)
        self._progress = Progress(time.monotonic())

    def watch(self, consumer: Any) -> None:
        """Begin, with faust's consumer."""
        self._consumer = consumer
        self._progress.since = time.monotonic()

    def ready(self) -> str:
        """A readiness check."""
        return "" if self._consumer is not None else "calls.v1 is not being read yet"

    def check(self) -> str:
        """A liveness check."""
        age = self._progress.age(time.monotonic())
        if self._consumer is not None and age > self._settings.stall_seconds:
            return f"lag, but nothing committed for {age:.0f} s"
        return ""

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds; raise when stalled."""
        try:
            while not stop.is_set():
                if self._consumer is not None:
                    await self._look_or_wait()
                if wrong := self.check():
                    raise StalledError(wrong)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await stop.wait()
        finally:
            await self._askers.close()

    async def _look_or_wait(self) -> None:
        try:
            async with asyncio.timeout(30):
                await self._look()
        except (KafkaError, TimeoutError, OSError, AttributeError) as error:
            log.warning("kafka cannot be asked for its offsets", error=repr(error))
            self._progress.since = time.monotonic()
            await self._askers.close()

    async def _look(self) -> None:
        ours = {TopicPartition(tp.topic, tp.partition) for tp in self._consumer.assignment()}
        committed, ends, begins = await self._offsets(ours)
        lag = sum(max(0, ends[tp] - max(committed.get(tp, 0), begins[tp])) for tp in ours)
        telemetry.LAG.labels(CALLS.name).set(lag)
        marks = (committed, self._consumer.acked_total, frozenset(ours))
        all_read = await self._all_read(ours, ends)
        now = time.monotonic()
        self._progress.observe(now, lag, marks, all_read=all_read)
        telemetry.COMMIT_AGE.set(self._progress.age(now))

    async def _all_read(self, ours: set[TopicPartition], ends: Offsets) -> bool:
        """Nothing in flight and the client at the end: what lies between are control records."""
        if self._consumer.in_flight:
            return False
        for tp in ours:
            if (await self._consumer.position(tp) or 0) < ends[tp]:
                return False
        return True

    async def _offsets(self, ours: set[TopicPartition]) -> tuple[Offsets, Offsets, Offsets]:
        asker, admin = await self._askers.get()
        ends = await asker.end_offsets(ours) if ours else {}
        begins = await asker.beginning_offsets(ours) if ours else {}
        group = self._settings.topic_prefix + self._settings.group
        told = await admin.list_consumer_group_offsets(group)
        committed = {tp: meta.offset for tp, meta in told.items() if tp in ours}
        return committed, ends, begins
