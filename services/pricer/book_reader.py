"""Reads prices.v1 from its beginning and tails it: no group, no table, no state of its own."""

import asyncio
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.dead import Refusal
from schemas.topics import PRICES
from services.pricer.decide import Outputs, bury_record, position
from services.pricer.publishing import Outlet
from services.pricer.settings import PricerSettings
from services.pricing.book import Change, PriceBook
from services.runtime import logs, telemetry
from services.runtime.kafka import connection

POLL_MS = 500
START_SECONDS_MAX = 120.0
log = logs.get("pricer")


class BookReader:
    """Owns the book: the one writer. `ready` is set once the end seen at the start is reached."""

    def __init__(self, settings: PricerSettings, outlet: Outlet) -> None:
        self.book = PriceBook()
        self.ready = asyncio.Event()
        self._settings = settings
        self._outlet = outlet
        self._listeners: list[Callable[[list[Change]], None]] = []

    def listen(self, listener: Callable[[list[Change]], None]) -> None:
        """Call `listener` after each step of the book, with what changed (perhaps nothing)."""
        self._listeners.append(listener)

    def check(self) -> str:
        """A readiness check."""
        return "" if self.ready.is_set() else "the price book is still being read"

    async def run(self, stop: asyncio.Event) -> None:
        """Read until stopped; a lost connection is aiokafka's to mend, a wrong topic ends us."""
        consumer = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=POLL_MS,
        )
        await started(consumer, stop)
        try:
            await self._read(consumer, stop)
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        partition = TopicPartition(self._settings.topic_prefix + PRICES.name, 0)
        await _only_partition(consumer, partition, stop)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        while not stop.is_set():
            records = await consumer.getmany(timeout_ms=POLL_MS, max_records=2_000)
            await self._apply([record for many in records.values() for record in many])
            if not self.ready.is_set() and await consumer.position(partition) >= end:
                log.info("price book read", records=len(self.book), position=self.book.position)
                self.ready.set()

    async def _apply(self, records: list) -> None:  # type: ignore[type-arg]
        if not records:
            return
        changes: list[Change] = []
        refused = Outputs(source=PRICES.name)
        for record in records:
            result = self.book.apply(record.key, record.value, record.offset)
            if isinstance(result, Refusal):
                at = position(PRICES.name, record.partition, record.offset, record.timestamp)
                bury_record(record.value, result, at, refused)
                log.warning("price record refused", source=at.source(0), detail=result.detail)
            elif result is not None:
                changes.append(result)
        telemetry.BOOK_POSITION.set(self.book.position)
        for listener in self._listeners:
            listener(changes)
        if refused.dead:
            await self._outlet.publish(refused)


async def started(consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
    """Start it, waiting for Kafka: an outage at the start is no reason to end."""
    async with asyncio.timeout(START_SECONDS_MAX):
        while not stop.is_set():
            try:
                await consumer.start()
            except KafkaError as error:
                log.warning("kafka does not answer", error=repr(error))
                await asyncio.sleep(1)
            else:
                return


async def _only_partition(
    consumer: AIOKafkaConsumer, partition: TopicPartition, stop: asyncio.Event
) -> None:
    """Wait for the topic; a book in several partitions has no one position, so it is refused."""
    async with asyncio.timeout(START_SECONDS_MAX):
        while not stop.is_set():
            found = await consumer._client._wait_on_metadata(partition.topic)
            if found == {partition.partition}:
                return
            if len(found) > 1:
                raise RuntimeError(f"{partition.topic} must have exactly one partition")
            await asyncio.sleep(1)
