"""Reads a topic of one partition from its beginning and goes on: no group, no state kept.

For compacted topics that hold configuration: the price book, keys.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import Topic
from services.runtime import logs
from services.runtime.kafka import connection
from services.runtime.settings import KafkaMixin

POLL_MS = 500
START_SECONDS_MAX = 120.0
log = logs.get("runtime")


class Tail:
    """`ready` is set once the end seen at the start is reached; `position` is the next offset."""

    def __init__(
        self,
        settings: KafkaMixin,
        topic: Topic,
        apply: Callable[[list[ConsumerRecord]], Awaitable[None]],
        patience_seconds: float = START_SECONDS_MAX,
    ) -> None:
        self.ready = asyncio.Event()
        self.position = 0
        self._settings, self._topic, self._apply = settings, topic, apply
        self._patience = patience_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Read until stopped; a lost connection is aiokafka's to mend, a wrong topic ends us.

        `TimeoutError` when Kafka or the topic is not there within the patience.
        """
        consumer = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=POLL_MS,
        )
        await started(consumer, stop, self._patience)
        try:
            await self._read(consumer, stop)
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        partition = TopicPartition(self._settings.topic_prefix + self._topic.name, 0)
        await self._only_partition(consumer, partition, stop)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        while not stop.is_set():
            found = await consumer.getmany(timeout_ms=POLL_MS, max_records=2_000)
            if records := [record for many in found.values() for record in many]:
                await self._apply(records)
            self.position = await consumer.position(partition)
            if not self.ready.is_set() and self.position >= end:
                log.info("topic read", topic=self._topic.name, position=self.position)
                self.ready.set()

    async def _only_partition(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, stop: asyncio.Event
    ) -> None:
        """Wait for the topic; several partitions have no one order, so they are refused."""
        async with asyncio.timeout(self._patience):
            while not stop.is_set():
                found = await consumer._client._wait_on_metadata(partition.topic)
                if found == {partition.partition}:
                    return
                if len(found) > 1:
                    raise RuntimeError(f"{partition.topic} must have exactly one partition")
                await asyncio.sleep(1)


async def started(
    consumer: AIOKafkaConsumer, stop: asyncio.Event, patience_seconds: float = START_SECONDS_MAX
) -> None:
    """Start it, waiting for Kafka: an outage at the start is no reason to end."""
    async with asyncio.timeout(patience_seconds):
        while not stop.is_set():
            try:
                await consumer.start()
            except KafkaError as error:
                log.warning("kafka does not answer", error=repr(error))
                await asyncio.sleep(1)
            else:
                return
