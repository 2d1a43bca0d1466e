"""Keeps a `KeyRing` as access.v1 tells it, through outages of Kafka."""

import asyncio
import contextlib

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from schemas.topics import ACCESS
from services.runtime import logs
from services.runtime.keys import KeyRing
from services.runtime.settings import KafkaMixin
from services.runtime.tail import Tail

RETRY_SECONDS = 2.0
log = logs.get("runtime")


class KeyFeed:
    """Without Kafka the keys known so far go on working; new ones are not known yet."""

    def __init__(self, settings: KafkaMixin, ring: KeyRing) -> None:
        self.ring = ring
        self._settings = settings
        self._tail = Tail(settings, ACCESS, self._apply)

    @property
    def ready(self) -> asyncio.Event:
        """Set once everything published before the start is known."""
        return self._tail.ready

    @property
    def position(self) -> int:
        """The offset up to which access.v1 is known."""
        return self._tail.position

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the topic until stopped."""
        while not stop.is_set():
            try:
                await self._tail.run(stop)
            except (KafkaError, TimeoutError, OSError) as wrong:
                log.warning("keys cannot be read", error=repr(wrong)[:500])
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_SECONDS)

    async def _apply(self, records: list[ConsumerRecord]) -> None:
        for record in records:
            if why := self.ring.apply(record.key, record.value):
                log.warning("access record refused", offset=record.offset, detail=why)
