"""In-memory twins of the real adapters; they pass the same contract tests."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from aiokafka.errors import KafkaConnectionError

from services.runtime.kafka import Message


class FakePublisher:
    """A `Publisher` that keeps what it acknowledged. `state` is how its cluster is doing."""

    def __init__(self) -> None:
        self.state: Literal["up", "down", "hanging"] = "up"
        self.hang_seconds = 0.5
        self.written: list[Message] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        """Keep the messages, or fail as a real cluster would."""
        if self.state == "down":
            raise KafkaConnectionError("no broker")
        if self.state == "hanging":
            await asyncio.sleep(self.hang_seconds)
        self.written.extend(messages)
