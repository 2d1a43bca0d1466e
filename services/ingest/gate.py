"""Publishing with a deadline and a bound on what waits for it."""

import asyncio
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from services.runtime.kafka import Message, Publisher


class UnavailableError(Exception):
    """Kafka did not acknowledge in time, or too much waits for it already."""


class Gate:
    """Answers within `seconds`. A publish that is late runs on, so that the producer's own

    clean-up happens; it holds its place until then, so what waits stays bounded.
    """

    def __init__(
        self, publisher: Publisher, seconds: float, requests_max: int, bytes_max: int
    ) -> None:
        self._publisher = publisher
        self._seconds = seconds
        self._requests_max, self._bytes_max = requests_max, bytes_max
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once all are acknowledged, or raise `UnavailableError`."""
        if not messages:
            return
        size = sum(len(message.value or b"") for message in messages)
        if len(self._tasks) >= self._requests_max or self._bytes + size > self._bytes_max:
            raise UnavailableError("too many requests wait for Kafka")
        task = asyncio.create_task(self._publisher.publish(messages))
        self._tasks.add(task)
        self._bytes += size

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            self._bytes -= size
            if not done.cancelled():
                done.exception()

        task.add_done_callback(ended)
        done, _ = await asyncio.wait({task}, timeout=self._seconds)
        if not done:
            raise UnavailableError("Kafka did not acknowledge in time")
        try:
            task.result()
        except (KafkaError, TimeoutError, OSError) as wrong:
            raise UnavailableError(f"Kafka refused: {type(wrong).__name__}") from wrong
