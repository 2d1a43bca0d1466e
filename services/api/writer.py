"""Publishes changes to the compacted topics and tells where they ended up."""

import asyncio
from collections.abc import Sequence
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


class KafkaWriter:
    """A `Writer` on a real cluster."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._publisher = KafkaPublisher(settings)

    async def publish(self, topic: str, messages: Sequence[Message]) -> int:
        """See `Writer`."""
        try:
            async with asyncio.timeout(self._settings.publish_seconds_max):
                await self._publisher.publish(messages)
                return await self._end(self._settings.topic_prefix + topic)
        except (KafkaError, TimeoutError, OSError) as wrong:
            telemetry.UNAVAILABLE.labels("kafka").inc()
            raise unavailable("Kafka did not acknowledge in time: publish again") from wrong

    async def _end(self, topic: str) -> int:
        consumer = AIOKafkaConsumer(**connection(self._settings))
        await consumer.start()
        try:
            partition = TopicPartition(topic, 0)
            ends = await consumer.end_offsets([partition])
            return int(ends[partition])
        finally:
            await consumer.stop()

    async def stop(self) -> None:
        """Close the producer."""
        await self._publisher.stop()
