"""The one consume loop: gather, handle, commit, in that order; wait when the store is away."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from services.runtime import logs
from services.runtime.clickhouse import StoreAwayError
from services.runtime.health import Heartbeat
from services.runtime.telemetry import LAG

BACKOFF_SECONDS_MAX = 3.0

log = logs.get("loop")

Handle = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]
Idle = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Pace:
    """When a batch is full: by age (growing with what a batch costs) or by size."""

    seconds_min: float = 0.5
    seconds_max: float = 10.0
    bytes_max: int = 32 * 1024 * 1024
    records_max: int = 20_000


@dataclass
class Batch:
    """Records gathered but not yet handled."""

    records: list[ConsumerRecord] = field(default_factory=list)
    size: int = 0
    started: float = 0.0

    def add(self, records: Sequence[ConsumerRecord]) -> None:
        """Take more records; the first one starts the clock."""
        if records and not self.records:
            self.started = time.monotonic()
        self.records.extend(records)
        self.size += sum(len(record.value or b"") for record in records)

    def is_due(self, pace: Pace, cost_seconds: float) -> bool:
        """True when the batch is to be handled now."""
        if not self.records:
            return False
        wait = min(pace.seconds_max, max(pace.seconds_min, 2 * cost_seconds))
        full = self.size >= pace.bytes_max or len(self.records) >= pace.records_max
        return full or time.monotonic() - self.started >= wait

    def positions(self) -> dict[TopicPartition, int]:
        """The offsets to commit: one past the last record of each partition."""
        ends: dict[TopicPartition, int] = {}
        for record in self.records:
            partition = TopicPartition(record.topic, record.partition)
            ends[partition] = max(ends.get(partition, 0), record.offset + 1)
        return ends


@dataclass
class Loop:
    """Reads a group's partitions until told to stop. At least once: handlers are idempotent."""

    consumer: AIOKafkaConsumer
    handle: Handle
    idle: Idle
    pace: Pace
    heart: Heartbeat
    _cost_seconds: float = field(default=0.0, init=False)
    """What the last batch cost to handle; waiting for a store is no reason to gather longer."""

    async def run(self, stop: asyncio.Event) -> None:
        """Gather, handle, commit; on stop finish what was gathered."""
        batch = Batch()
        while not stop.is_set():
            room = max(1, self.pace.records_max - len(batch.records))
            found = await self.consumer.getmany(timeout_ms=100, max_records=room)
            for records in found.values():
                batch.add(records)
            self.heart.beat(busy=bool(batch.records))
            if batch.is_due(self.pace, self._cost_seconds) and await self._handled(batch, stop):
                batch = Batch()
            await self._when_idle()
        if batch.records:
            await self._handled(batch, stop)

    async def _when_idle(self) -> None:
        try:
            await self.idle()
        except StoreAwayError as error:
            log.warning("idle work put off", error=str(error)[:500])
            await asyncio.sleep(0.5)

    async def _handled(self, batch: Batch, stop: asyncio.Event) -> bool:
        """Handle and commit; False when stopped while the store was away (nothing committed)."""
        attempt = 0
        while True:
            started = time.monotonic()
            try:
                await self.handle(batch.records)
                self._cost_seconds = time.monotonic() - started
                break
            except (StoreAwayError, KafkaError, TimeoutError) as error:
                attempt += 1
                log.warning("waiting for a store", attempt=attempt, error=str(error)[:500])
                if stop.is_set():
                    return False
                await self._wait(min(BACKOFF_SECONDS_MAX, 0.2 * 2 ** min(attempt, 6)))
        await self._commit(batch.positions())
        return True

    async def _wait(self, seconds: float) -> None:
        """Back off with jitter while polling paused partitions, so that the group keeps us."""
        held = self.consumer.assignment()
        self.consumer.pause(*held)
        try:
            await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            await self.consumer.getmany(timeout_ms=0)
        finally:
            self.consumer.resume(*(held & self.consumer.assignment()))

    async def _commit(self, positions: dict[TopicPartition, int]) -> None:
        """Commit what is still ours; the rest comes again at its new owner, which is harmless."""
        mine = {tp: end for tp, end in positions.items() if tp in self.consumer.assignment()}
        try:
            if mine:
                await self.consumer.commit(mine)
        except (CommitFailedError, IllegalStateError) as error:
            log.warning("partitions moved before the commit", error=str(error)[:500])
        except KafkaError as error:
            log.warning("commit failed, will come again", error=str(error)[:500])
        for tp in mine:
            end: Any = self.consumer.highwater(tp)
            if end is not None:
                LAG.labels(tp.topic).set(max(0, end - mine[tp]))
