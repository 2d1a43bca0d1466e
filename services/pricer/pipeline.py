"""calls.v1 to outputs: groups messages, decides them, publishes, then acks in order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.pricer.decide import Outputs, decide, position
from services.pricer.publishing import Outlet
from services.pricer.settings import PricerSettings
from services.pricing.book import PriceBook

YIELD_BYTES = 64 * 1024
"""Other tasks get a turn after so much input."""


class MessageLike(Protocol):
    """What of a faust message is used."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    value: bytes | None
    key: bytes | None


class EventLike(Protocol):
    """A message with its acknowledgement."""

    @property
    def message(self) -> MessageLike: ...

    def ack(self) -> bool: ...


@dataclass(frozen=True)
class Batch:
    """Messages whose outputs are on their way."""

    events: Sequence[EventLike]
    publishing: asyncio.Task[None]


class Pipeline:
    """One reader, one decider, one acker. Whatever fails ends `run` with its error."""

    def __init__(self, settings: PricerSettings, book: PriceBook, outlet: Outlet) -> None:
        self._settings = settings
        self._book = book
        self._outlet = outlet
        self._inbox: asyncio.Queue[EventLike] = asyncio.Queue(settings.batch_messages_max)
        self._batches: asyncio.Queue[Batch] = asyncio.Queue(settings.batches_in_flight_max)

    async def put(self, event: EventLike) -> None:
        """Take an event; waits while there is more than can be decided."""
        await self._inbox.put(event)

    async def run(self) -> None:
        """Decide and ack until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._decide_all())
            group.create_task(self._ack_all())

    async def _decide_all(self) -> None:
        while True:
            events = await self._gather()
            outputs, decided = Outputs(), 0
            for event in events:
                self._decide(event, outputs)
                decided += len(event.message.value or b"")
                if decided > YIELD_BYTES:
                    decided = 0
                    await asyncio.sleep(0)
            publishing = asyncio.create_task(self._outlet.publish(outputs, _key(events)))
            await self._batches.put(Batch(events, publishing))

    def _decide(self, event: EventLike, outputs: Outputs) -> None:
        message = event.message
        prefix = self._settings.topic_prefix
        at = position(
            message.topic.removeprefix(prefix), message.partition, message.offset,
            message.timestamp * 1000,
        )  # fmt: skip
        decide(message.value or b"", at, self._book, outputs)

    async def _gather(self) -> list[EventLike]:
        """What is there; when that is little, what comes within a few milliseconds."""
        events = [await self._inbox.get()]
        size = self._take(events, len(events[0].message.value or b""))
        if len(events) < 8 and size < self._settings.batch_bytes_max:
            await asyncio.sleep(self._settings.batch_linger_ms / 1000)
            self._take(events, size)
        return events

    def _take(self, events: list[EventLike], size: int) -> int:
        settings = self._settings
        while len(events) < settings.batch_messages_max and size < settings.batch_bytes_max:
            try:
                event = self._inbox.get_nowait()
            except asyncio.QueueEmpty:
                break
            events.append(event)
            size += len(event.message.value or b"")
        return size

    async def _ack_all(self) -> None:
        while True:
            batch = await self._batches.get()
            await batch.publishing
            for event in batch.events:
                event.ack()


def _key(events: Sequence[EventLike]) -> bytes | None:
    key = events[0].message.key
    return bytes(key) if key else None
