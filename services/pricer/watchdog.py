"""Ends the process when there is something to read and nothing is committed any more.

It asks the broker itself for the ends and the commits, because a client that hangs tells nothing.
Being idle is never a stall, and neither is a broker that cannot be asked.
"""

import asyncio
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.topics import CALLS
from services.pricer.settings import PricerSettings
from services.runtime import logs, telemetry
from services.runtime.kafka import connection

PERIOD_SECONDS = 5.0
log = logs.get("pricer")


class StalledError(RuntimeError):
    """Lag without progress: a restart reads on from what is committed."""


class Watchdog:
    """Compares ends and commits of the partitions that are ours."""

    def __init__(self, settings: PricerSettings) -> None:
        self._settings = settings
        self._consumer: Any = None
        self._progress: Any = None
        self._since = time.monotonic()

    def watch(self, consumer: Any) -> None:
        """Begin, with faust's consumer."""
        self._consumer = consumer
        self._since = time.monotonic()

    def ready(self) -> str:
        """A readiness check."""
        return "" if self._consumer is not None else "calls.v1 is not being read yet"

    def check(self) -> str:
        """A liveness check."""
        age = time.monotonic() - self._since
        if age > self._settings.stall_seconds:
            return f"lag, but nothing committed for {age:.0f} s"
        return ""

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds; raise when stalled."""
        while not stop.is_set():
            if self._consumer is not None:
                try:
                    async with asyncio.timeout(30):
                        await self._look()
                except (KafkaError, TimeoutError, OSError, AttributeError) as error:
                    log.warning("kafka cannot be asked for its offsets", error=repr(error))
                    self._since = time.monotonic()
            if wrong := self.check():
                raise StalledError(wrong)
            try:
                async with asyncio.timeout(PERIOD_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        ours = {TopicPartition(tp.topic, tp.partition) for tp in self._consumer.assignment()}
        committed, ends, begins = await self._offsets(ours)
        lag = 0
        for tp in ours:
            lag += max(0, ends[tp] - max(committed.get(tp, 0), begins[tp]))
        telemetry.LAG.labels(CALLS.name).set(lag)
        progress = (committed, self._consumer.acked_total, frozenset(ours))
        if not lag or progress != self._progress or await self._all_read(ours, ends):
            self._since = time.monotonic()
        self._progress = progress
        telemetry.COMMIT_AGE.set(time.monotonic() - self._since)

    async def _all_read(self, ours: set[TopicPartition], ends: dict[TopicPartition, int]) -> bool:
        """Nothing in flight and the client at the end: what lies between are control records."""
        if self._consumer.in_flight:
            return False
        for tp in ours:
            if (await self._consumer.position(tp) or 0) < ends[tp]:
                return False
        return True

    async def _offsets(
        self, ours: set[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int], dict[TopicPartition, int]]:
        options = connection(self._settings)
        asker = AIOKafkaConsumer(**options, enable_auto_commit=False)
        admin = AIOKafkaAdminClient(**options)
        try:
            await asker.start()
            await admin.start()
            ends = await asker.end_offsets(ours) if ours else {}
            begins = await asker.beginning_offsets(ours) if ours else {}
            group = self._settings.topic_prefix + self._settings.group
            told = await admin.list_consumer_group_offsets(group)
            committed = {tp: meta.offset for tp, meta in told.items() if tp in ours}
            return committed, ends, begins
        finally:
            await asker.stop()
            await admin.close()
