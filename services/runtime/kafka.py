"""Kafka in the one right configuration: idempotent, acks=all, batched; commits only by hand."""

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from schemas.topics import MESSAGE_BYTES_MAX, Topic
from services.runtime.settings import KafkaMixin


@dataclass(frozen=True)
class Message:
    """What is to be published. A `None` value is a tombstone."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Publisher(Protocol):
    """The one way anything is published: returns only once every message is acknowledged."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Raise `KafkaError` or `TimeoutError` unless all are written by all in-sync replicas."""


def connection(settings: KafkaMixin) -> dict[str, Any]:
    """Keyword arguments that every aiokafka client takes."""
    secure = settings.kafka_security_protocol
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": secure,
    }
    if secure.endswith("SSL"):
        options["ssl_context"] = ssl.create_default_context(
            cafile=str(settings.kafka_ssl_cafile) if settings.kafka_ssl_cafile else None
        )
    if secure.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password.get_secret_value(),
        }
    return options


def new_producer(settings: KafkaMixin) -> AIOKafkaProducer:
    """aiokafka's defaults are acks=1, no idempotence, no batching: all wrong here."""
    return AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=512 * 1024,
        max_request_size=MESSAGE_BYTES_MAX,
        compression_type="lz4",
        request_timeout_ms=10_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
    )


class KafkaPublisher:
    """A `Publisher` on a real cluster. A producer that failed for good is replaced by a new one."""

    def __init__(self, settings: KafkaMixin) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def _started(self) -> AIOKafkaProducer:
        async with self._lock:
            if self._producer is None:
                producer = new_producer(self._settings)
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def start(self) -> None:
        """Connect, or raise `KafkaError`."""
        await self._started()

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Publisher`."""
        producer = await self._started()
        prefix = self._settings.topic_prefix
        try:
            futures = [
                await producer.send(prefix + m.topic, m.value, m.key, headers=list(m.headers))
                for m in messages
            ]
            results = await asyncio.gather(*futures, return_exceptions=True)
        except KafkaError:
            await self._discard(producer)
            raise
        for result in results:
            if isinstance(result, BaseException):
                await self._discard(producer)
                raise result

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        """An idempotent producer that lost a batch cannot go on: its sequence has a hole."""
        async with self._lock:
            if self._producer is producer:
                self._producer = None
                task = asyncio.create_task(_quiet_stop(producer))
                _closing.add(task)
                task.add_done_callback(_closing.discard)

    async def stop(self) -> None:
        """Flush and close."""
        async with self._lock:
            if self._producer is not None:
                await self._producer.stop()
                self._producer = None


_closing: set[asyncio.Task[None]] = set()


async def _quiet_stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(30):
            await producer.stop()
    except (KafkaError, TimeoutError, OSError):
        return


def new_consumer(
    settings: KafkaMixin,
    topics: Iterable[str],
    group: str,
    instance: str = "",
    session_seconds: float = 30.0,
) -> AIOKafkaConsumer:
    """A group consumer that commits only when told to and starts at the beginning.

    With an `instance` (static membership) a restart after a crash takes its partitions back at
    once; without one they wait for the dead member's session to run out.
    """
    return AIOKafkaConsumer(
        *(settings.topic_prefix + topic for topic in topics),
        **connection(settings),
        group_id=settings.topic_prefix + group,
        group_instance_id=instance or None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=32 * 1024 * 1024,
        max_partition_fetch_bytes=8 * 1024 * 1024,
        session_timeout_ms=int(session_seconds * 1000),
        heartbeat_interval_ms=int(session_seconds * 100),
        max_poll_interval_ms=600_000,
        request_timeout_ms=40_000,
        isolation_level="read_committed",
    )


async def ensure_topics(
    settings: KafkaMixin, topics: Iterable[Topic], replication: int, partitions: int | None = None
) -> None:
    """Create the topics that are missing; existing ones are left as they are."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        for topic in topics:
            count = topic.partitions if partitions is None or topic.partitions == 1 else partitions
            new = NewTopic(
                settings.topic_prefix + topic.name,
                num_partitions=count,
                replication_factor=replication,
                topic_configs=topic.config,
            )
            try:
                await admin.create_topics([new])
            except TopicAlreadyExistsError:
                continue
    finally:
        await admin.close()
