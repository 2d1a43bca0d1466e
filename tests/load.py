"""Clients that send until acknowledged, so that the set of accepted events is exact."""

import asyncio
import random
from collections.abc import Sequence
from typing import Self

import httpx
from aiokafka.errors import KafkaError

from schemas import topics
from services.runtime.kafka import KafkaPublisher, Message
from tests.oracle import Event, Price
from tests.system import System, as_json

RETRY_SECONDS = 0.2
BOOK_POSITION = "tracetally_price_book_position"


class Load:
    """Sends events over HTTP and straight to Kafka, the same bytes again after every failure."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._http = httpx.AsyncClient(timeout=20)
        self._publisher = KafkaPublisher(system.kafka)
        self.refused: list[float] = []
        """Seconds after which ingest answered 503, each with Retry-After: 1."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self._publisher.stop()

    async def http(self, events: Sequence[Event]) -> None:
        """Return once ingest has accepted all of them."""
        body = b"\n".join(map(as_json, events))
        headers = {
            "authorization": f"Bearer {self._system.key}",
            "content-type": "application/x-ndjson",
        }
        url = f"{self._system.url('ingest')}/v1/calls"
        while True:
            started = asyncio.get_running_loop().time()
            try:
                told = await self._http.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if told.status_code == 200:
                assert told.json() == {"accepted": len(events), "refused": []}
                return
            assert told.status_code == 503, told.text
            assert told.headers["retry-after"] == "1"
            self.refused.append(asyncio.get_running_loop().time() - started)
            await asyncio.sleep(RETRY_SECONDS)

    async def kafka(self, messages: Sequence[Message]) -> None:
        """Return once Kafka has acknowledged all of them."""
        while True:
            try:
                await self._publisher.publish(messages)
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def calls(self, events: Sequence[Event], key: bytes | None = None) -> None:
        """One message of calls.v1 with these events."""
        value = b"\n".join(map(as_json, events))
        await self.kafka([Message(topics.CALLS.name, value, key)])

    async def book(self, messages: Sequence[Message]) -> None:
        """Publish to the price book, and return once the pricer has read it."""
        position = self._system.metric("pricer", BOOK_POSITION) + len(messages)
        await self.kafka(messages)
        await self._system.wait_for(
            "the price book", lambda: self._system.metric("pricer", BOOK_POSITION) >= position
        )

    async def prices(self, prices: Sequence[Price]) -> None:
        """Publish prices; what is sent afterwards is priced with them."""
        await self.book([Message(topics.PRICES.name, p.record(), p.key) for p in prices])

    async def markup(self, org: str, factor: str) -> None:
        """An org pays `factor` times the cost, from long ago on."""
        record = {
            "kind": "markup",
            "scope": f"org:{org}",
            "rule_id": "factor",
            "effective_from": "2024-01-01T00:00:00Z",
            "multiply": factor,
        }
        key = f"markup|org:{org}|factor|2024-01-01T00:00:00Z".encode()
        await self.book([Message(topics.PRICES.name, as_json(record), key)])


def groups(rng: random.Random, events: Sequence[Event], most: int) -> list[list[Event]]:
    """The events in their order, cut into batches of random size."""
    found, at = [], 0
    while at < len(events):
        size = rng.randrange(1, most + 1)
        found.append(list(events[at : at + size]))
        at += size
    return found
