"""Many consumers in one process, run as the services are; a line of JSON says how far each is.

python -m tests.faults.consumers BOOTSTRAP PREFIX COUNT
"""

import asyncio
import json
import sys
from collections.abc import Sequence

from aiokafka import ConsumerRecord

from schemas import topics
from services.runtime.health import Heartbeat
from services.runtime.kafka import new_consumer
from services.runtime.loop import Loop, Pace
from services.runtime.run import run
from services.runtime.settings import KafkaMixin


async def read(settings: KafkaMixin, far: list[int], number: int, stop: asyncio.Event) -> None:
    """Count the messages of one consumer; each has a group of its own."""

    async def handle(records: Sequence[ConsumerRecord]) -> None:
        far[number] += len(records)

    async def idle() -> None:
        return

    consumer = new_consumer(settings, [topics.PRICED.name], f"consumer-{number}", "one")
    await consumer.start()
    try:
        await Loop(consumer, handle, idle, Pace(0.1), Heartbeat(60)).run(stop)
    finally:
        await consumer.stop()


async def tell(far: list[int], stop: asyncio.Event) -> None:
    while not stop.is_set():
        sys.stdout.write(f"{json.dumps(far)}\n")
        sys.stdout.flush()
        await asyncio.sleep(0.2)


def main() -> None:
    bootstrap, prefix, count = sys.argv[1:]
    settings = KafkaMixin(kafka_bootstrap=bootstrap, topic_prefix=prefix, log_level="error")
    far = [0] * int(count)

    async def work(stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(len(far)):
                group.create_task(read(settings, far, number, stop))
            group.create_task(tell(far, stop))

    run("consumers", settings, [work])


if __name__ == "__main__":
    main()
