"""How far each partition is in the ledger and in everything made of it: what `as_of` rests on.

What was flushed is told once all coarser tables hold it, too, and never later than Kafka was heard.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from services.rollup import mirrors
from services.rollup.cascade import Cascade
from services.runtime.clickhouse import Store

ASK_SECONDS = 2.0


class At(NamedTuple):
    """Where a partition stands, and when the broker took the last record before; None: not read."""

    position: int
    record_at: datetime | None


class Progress:
    """Of one worker. `consumer` is set once it exists."""

    def __init__(self, store: Store, cascade: Cascade, topic_prefix: str) -> None:
        self.consumer: AIOKafkaConsumer | None = None
        self._store, self._cascade, self._prefix = store, cascade, topic_prefix
        self._flushed: dict[TopicPartition, At] = {}
        self._marks: deque[tuple[int, dict[TopicPartition, At]]] = deque()
        self._whole: dict[TopicPartition, At] = {}
        self._starts: dict[TopicPartition, tuple[int, At]] = {}
        self._told: dict[TopicPartition, int] = {}
        self._held: frozenset[TopicPartition] = frozenset()

    async def healed(self) -> None:
        """See to what whoever had the partitions before left behind in the coarser tables."""
        held = frozenset(self.consumer.assignment()) if self.consumer else frozenset()
        if held - self._held:
            await self._cascade.heal()
        self._held = held

    def flushed(self, records: Sequence[ConsumerRecord]) -> None:
        """These are in ledger and minutes; the cascade was told which hours they touched."""
        for record in records:
            at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            self._flushed[TopicPartition(record.topic, record.partition)] = At(
                record.offset + 1, at
            )
        self._marks.append((self._cascade.touched, dict(self._flushed)))

    @property
    def has_news(self) -> bool:
        """True when more became whole than was told."""
        return bool(self._marks) and self._marks[0][0] <= self._cascade.refreshed

    async def tell(self) -> None:
        """Write the rows. What is not told leaves the row before, which stays true."""
        if self.consumer is None:
            return
        while self.has_news:
            self._whole = self._marks.popleft()[1]
        held = self._held & self.consumer.assignment()
        for kept in (self._flushed, self._whole, self._starts, self._told):
            for tp in kept.keys() - held:
                del kept[tp]
        await asyncio.gather(*(self._ask_start(tp) for tp in held - self._flushed.keys()))
        if rows := [row for tp in sorted(held) if (row := self._row(tp))]:
            await self._store.insert_bytes("progress", mirrors.encode(rows))

    def _row(self, tp: TopicPartition) -> dict[str, Any] | None:
        """None where nothing new can be told of a partition that is behind."""
        assert self.consumer is not None  # noqa: S101 - for the type checker
        end, heard = self.consumer.highwater(tp), self.consumer.last_poll_timestamp(tp)
        at = self._position(tp)
        if end is None or heard is None or at is None:
            return None
        if at.position < end and (at.record_at is None or self._told.get(tp) == at.position):
            return None
        self._told[tp] = at.position
        heard_at = datetime.fromtimestamp(heard / 1000, UTC)
        return {
            "topic": tp.topic.removeprefix(self._prefix),
            "partition": tp.partition,
            "position": at.position,
            "end_offset": max(end, at.position),
            "record_at": (at.record_at or heard_at).isoformat(),
            "flushed_at": heard_at.isoformat(),
        }

    def _position(self, tp: TopicPartition) -> At | None:
        if tp in self._whole or tp in self._flushed:
            return self._whole.get(tp)
        touched, start = self._starts.get(tp, (0, None))
        return start if touched <= self._cascade.refreshed else None

    async def _ask_start(self, tp: TopicPartition) -> None:
        """Note where the group stood when the partition came here, unless Kafka does not say."""
        if tp in self._starts or self.consumer is None:
            return
        try:
            async with asyncio.timeout(ASK_SECONDS):
                committed = await self.consumer.committed(tp)
                if committed is None:
                    committed = (await self.consumer.beginning_offsets([tp]))[tp]
        except (KafkaError, TimeoutError):
            return
        self._starts[tp] = (self._cascade.touched, At(int(committed), None))
