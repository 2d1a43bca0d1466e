"""A broker that is killed: every consumer reads on by itself once it is back.

One consumer survives almost every kill. Of forty, some lost theirs within the first three kills
while the services ran on uvloop: writing to a connection that the broker has reset raises there
what aiokafka does not expect, which ends its search for the broker without a word.
"""

import asyncio
import contextlib
import json
import sys

import pytest

from schemas import topics
from services.runtime.kafka import KafkaPublisher, Message, ensure_topics
from services.runtime.settings import KafkaMixin
from tests.faults.victims import World

pytestmark = [pytest.mark.engines, pytest.mark.faults]
CONSUMERS = 40
KILLS = 5


class Sender:
    """Sends while the broker dies, so that its connections are reset under way."""

    def __init__(self, publisher: KafkaPublisher) -> None:
        self.publisher, self.sent, self.stop = publisher, 0, asyncio.Event()
        self._more = asyncio.Event()

    async def run(self) -> None:
        while not self.stop.is_set():
            batch = [Message(topics.PRICED.name, b"{}", str(n).encode()) for n in range(10)]
            await self.publisher.publish(batch)
            self.sent += len(batch)
            self._more.set()
            await asyncio.sleep(0.1)

    async def send_more(self, count: int) -> None:
        """Until so many more are acknowledged."""
        wanted = self.sent + count
        while self.sent < wanted:
            self._more.clear()
            await self._more.wait()


async def behind(process: asyncio.subprocess.Process, wanted: int) -> list[int]:
    """The consumers that are not as far as wanted, once none is or half a minute has passed."""
    far: list[int] = []
    assert process.stdout is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(30):
            while not far or min(far) < wanted:
                far = json.loads(await process.stdout.readline())
    return [number for number, messages in enumerate(far) if messages < wanted]


async def test_every_consumer_reads_on_when_the_broker_is_back(
    world: World, topic_prefix: str
) -> None:
    world.up()
    settings = KafkaMixin(kafka_bootstrap=world.kafka.bootstrap, topic_prefix=topic_prefix)
    await ensure_topics(settings, [topics.PRICED], 1)
    sender = Sender(KafkaPublisher(settings))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.consumers", world.kafka.bootstrap, topic_prefix,
        str(CONSUMERS), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    sending = asyncio.create_task(sender.run())
    try:
        for kills in range(KILLS + 1):
            await sender.send_more(50)
            assert await behind(process, sender.sent) == [], f"after {kills} kills"
            if kills < KILLS:
                await asyncio.to_thread(world.kill, "kafka")
                await asyncio.to_thread(world.start, "kafka")
    finally:
        sender.stop.set()
        await asyncio.gather(sending, return_exceptions=True)
        process.kill()
        await process.wait()
        await sender.publisher.stop()
