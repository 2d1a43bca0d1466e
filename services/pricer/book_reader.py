"""Keeps the price book as prices.v1 tells it: no group, no table, no state of its own."""

from collections.abc import Callable

from aiokafka import ConsumerRecord

from schemas.dead import Refusal
from schemas.topics import PRICES
from services.pricer.decide import Outputs, bury_record, position
from services.pricer.publishing import Outlet
from services.pricer.settings import PricerSettings
from services.pricing.book import Change, PriceBook
from services.runtime import logs, telemetry
from services.runtime.tail import Tail

log = logs.get("pricer")


class BookReader:
    """Owns the book: the one writer. `ready` is set once the end seen at the start is reached."""

    def __init__(self, settings: PricerSettings, outlet: Outlet) -> None:
        self.book = PriceBook()
        self._tail = Tail(settings, PRICES, self._apply)
        self.ready, self.run = self._tail.ready, self._tail.run
        self._outlet = outlet
        self._listeners: list[Callable[[list[Change]], None]] = []

    def listen(self, listener: Callable[[list[Change]], None]) -> None:
        """Call `listener` after each step of the book, with what changed (perhaps nothing)."""
        self._listeners.append(listener)

    def check(self) -> str:
        """A readiness check."""
        return "" if self.ready.is_set() else "the price book is still being read"

    async def _apply(self, records: list[ConsumerRecord]) -> None:
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
