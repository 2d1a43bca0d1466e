"""Kafka in memory, with its nasty semantics, for tests: it passes the real one's contract tests.

Faults are asked for by name: an acknowledgement lost after the write (`lose_ack`), a refusal
before it (`refuse`), redelivery with other batch boundaries (a smaller `max_records`, a new
consumer of the group).
"""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError

from services.runtime.kafka import Message

FAKE_EPOCH_MS = 1_795_000_000_000


@dataclass
class FakeBroker:
    """Topics with a fixed number of partitions; every message gets the next offset and instant."""

    partitions: int = 2
    logs: dict[TopicPartition, list[ConsumerRecord]] = field(
        default_factory=lambda: defaultdict(list)
    )
    committed: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)
    clock_ms: int = FAKE_EPOCH_MS
    lose_ack: bool = False
    refuse: bool = False

    def append(self, message: Message) -> None:
        """Write one message to the partition of its key."""
        number = zlib.crc32(message.key or b"") % self.partitions
        tp = TopicPartition(message.topic, number)
        self.clock_ms += 1
        value = message.value
        self.logs[tp].append(
            ConsumerRecord(
                topic=message.topic,
                partition=number,
                offset=len(self.logs[tp]),
                timestamp=self.clock_ms,
                timestamp_type=1,
                key=message.key,
                value=value,
                checksum=None,
                serialized_key_size=len(message.key or b""),
                serialized_value_size=len(value or b""),
                headers=message.headers,
            )
        )


class FakePublisher:
    """`services.runtime.kafka.Publisher` over a `FakeBroker`, which may be up, down or hanging."""

    def __init__(self, broker: FakeBroker | None = None) -> None:
        self.broker = broker or FakeBroker()
        self.written: list[Message] = []
        self.state: Literal["up", "down", "hanging"] = "up"
        self.hang_seconds = 0.5

    async def publish(self, messages: Sequence[Message]) -> None:
        """Write all; raise as the broker's state or its asked-for faults say."""
        if self.state == "hanging":
            await asyncio.sleep(self.hang_seconds)
        if self.state == "down" or self.broker.refuse:
            self.broker.refuse = False
            raise KafkaConnectionError("refused, nothing is written")
        for message in messages:
            self.broker.append(message)
            self.written.append(message)
        if self.broker.lose_ack:
            self.broker.lose_ack = False
            raise KafkaConnectionError("written, but the acknowledgement is lost")


class FakeConsumer:
    """What `Loop` uses of an aiokafka consumer: one member that owns every partition."""

    def __init__(self, broker: FakeBroker, topics: Iterable[str], group: str) -> None:
        self._broker = broker
        self._group = group
        self._owned = {TopicPartition(t, n) for t in topics for n in range(broker.partitions)}
        self._next = {tp: broker.committed.get((group, tp), 0) for tp in self._owned}
        self._paused: set[TopicPartition] = set()

    async def getmany(
        self, *, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        """The next records of the partitions that are not paused; waits only when none are."""
        room = max_records if max_records is not None else 500
        found: dict[TopicPartition, list[ConsumerRecord]] = {}
        for tp in sorted(self._owned - self._paused):
            start = self._next[tp]
            records = self._broker.logs[tp][start : start + room]
            if records:
                found[tp] = records
                self._next[tp] = start + len(records)
                room -= len(records)
        await asyncio.sleep(0 if found else timeout_ms / 1000)
        return found

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Remember where the group continues."""
        for tp, offset in offsets.items():
            self._broker.committed[self._group, tp] = offset

    def assignment(self) -> frozenset[TopicPartition]:
        """Every partition."""
        return frozenset(self._owned)

    def pause(self, *partitions: TopicPartition) -> None:
        """Deliver nothing of these."""
        self._paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        """Deliver again."""
        self._paused -= set(partitions)

    def highwater(self, partition: TopicPartition) -> int:
        """The end of a partition."""
        return len(self._broker.logs[partition])

    async def stop(self) -> None:
        """Leave; what was not committed comes again to the next consumer of the group."""
