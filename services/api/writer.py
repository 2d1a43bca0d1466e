"""Publishes changes to the compacted topics and tells where they ended up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.api.settings import Settings
from services.runtime import telemetry
from services.runtime.kafka import KafkaPublisher, Message, connection
from services.runtime.problems import unavailable


class Writer(Protocol):
    """Publishes to a topic of one partition."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> int:
        """The topic's end after the messages: whoever has read up to it has read them."""

    async def ends(self, topic: str) -> int:
        """How many messages a topic ever held, over its partitions."""


class KafkaWriter:
    """A `Writer` on a real cluster."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._publisher = KafkaPublisher(settings)

    async def publish(self, topic: str, messages: Sequence[Message]) -> int:
        """See `Writer`."""
        async with self._answering("Kafka did not acknowledge in time: publish again"):
            await self._publisher.publish(messages)
            return await self._ends(topic)

    async def ends(self, topic: str) -> int:
        """See `Writer`."""
        async with self._answering("Kafka does not answer"):
            return await self._ends(topic)

    @asynccontextmanager
    async def _answering(self, otherwise: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._settings.publish_seconds_max):
                yield
        except (KafkaError, TimeoutError, OSError) as wrong:
            telemetry.UNAVAILABLE.labels("kafka").inc()
            raise unavailable(otherwise) from wrong

    async def _ends(self, topic: str) -> int:
        name = self._settings.topic_prefix + topic
        consumer = AIOKafkaConsumer(**connection(self._settings))
        await consumer.start()
        try:
            numbers = await consumer._client._wait_on_metadata(name)
            partitions = [TopicPartition(name, number) for number in numbers]
            return sum((await consumer.end_offsets(partitions)).values())
        finally:
            await consumer.stop()

    async def stop(self) -> None:
        """Close the producer."""
        await self._publisher.stop()
