"""Figures of the pricer: the ceiling of decode + price + encode, and calls/s through Kafka.

Run: python -m tests.bench.bench_pricer [--bootstrap HOST:PORT]
Without a bootstrap address only the ceiling is measured.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer

from deploy.local.process import free_port
from schemas.topics import CALLS, PRICED, PRICES, TOPICS
from services.pricer.decide import Outputs, decide, position
from services.pricer.settings import PricerSettings
from services.runtime.kafka import KafkaPublisher, Message, ensure_topics
from tests.unit.pricing.make import book_of, key_of, price_record, rates

ROUNDS = 5
BATCHED, SINGLE = 300_000, 40_000
LATE = 100_000


def record(model: str = "gpt-4o-2024-08-06") -> dict[str, Any]:
    prices = rates(input="2.50", cache_read="1.25", output="10.00")
    batch = {"id": "batch", "when": {"processing": ["batch"]}, "rates": prices}
    return price_record(model, rates=prices, fallback={"reasoning": "output"}, variants=[batch])


def call(n: int, model: str = "gpt-4o-2024-08-06") -> bytes:
    return orjson.dumps({
        "event_id": f"event-{n:012d}", "occurred_at": datetime.now(UTC).isoformat(),
        "project": "prod", "org_id": f"org-{n % 12}", "trace_id": f"trace-{n // 4}",
        "conversation_id": f"conversation-{n // 8}", "user_id": f"user-{n % 500}",
        "operation": "chat", "duration_ms": 812, "provider": "openai", "request_model": "gpt-4o",
        "response_model": model, "response_id": f"response-{n}", "assistant_id": "helper",
        "usage": {"input": 1234 + n % 100, "cache_read": 512, "output": 321 + n % 50},
        "feature": "chat", "environment": "prod",
    })  # fmt: skip


def ceiling() -> float:
    """Calls a second of one core, best of some rounds, by processor time."""
    book = book_of(record())
    values = [b"\n".join(call(k * 100 + n) for n in range(100)) for k in range(200)]
    at = position("calls.v1", 0, 0, time.time() * 1000)
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for value in values:
            decide(value, at, book, Outputs())
        best = min(best, (time.process_time() - started) / 20_000)
    sys.stdout.write(f"decode+price+encode: {best * 1e6:.1f} us a call, {1 / best:,.0f} calls/s\n")
    return 1 / best


class Run:
    """One pricer process and a reader that counts what comes out."""

    def __init__(self, bootstrap: str) -> None:
        self.prefix = f"bench{uuid.uuid4().hex[:8]}."
        self.settings = PricerSettings(kafka_bootstrap=bootstrap, topic_prefix=self.prefix)
        self.publisher = KafkaPublisher(self.settings)
        self.consumer: Any = None

    async def prepare(self) -> None:
        await ensure_topics(self.settings, TOPICS, 1, 2)
        self.consumer = AIOKafkaConsumer(
            self.prefix + PRICED.name, bootstrap_servers=self.settings.kafka_bootstrap,
            auto_offset_reset="earliest", max_partition_fetch_bytes=8_000_000,
        )  # fmt: skip
        await self.consumer.start()
        await self.price(record())

    async def price(self, told: dict[str, Any]) -> None:
        await self.publisher.publish([Message(PRICES.name, orjson.dumps(told), key_of(told))])

    async def produce(self, values: list[bytes]) -> None:
        for start in range(0, len(values), 500):
            chunk = values[start : start + 500]
            messages = [Message(CALLS.name, v, b"%d" % (start + n)) for n, v in enumerate(chunk)]
            await self.publisher.publish(messages)

    async def count(self, wanted: int) -> tuple[float, float]:
        """When the first and the last of the wanted rows came."""
        found, first = 0, 0.0
        while found < wanted:
            for records in (await self.consumer.getmany(timeout_ms=200)).values():
                first = first or time.monotonic()
                found += sum(record.value.count(b"\n") + 1 for record in records)
        return first, time.monotonic()

    def start(self) -> "subprocess.Popen[bytes]":
        env = os.environ | {
            "PRICER_KAFKA_BOOTSTRAP": self.settings.kafka_bootstrap,
            "PRICER_TOPIC_PREFIX": self.prefix, "PRICER_PORT": str(free_port()),
        }  # fmt: skip
        code = "from services.pricer.app import main; main()"
        with tempfile.TemporaryFile() as log:
            return subprocess.Popen([sys.executable, "-c", code], env=env, stderr=log)

    async def close(self) -> None:
        await self.consumer.stop()
        await self.publisher.stop()


async def through_kafka(bootstrap: str, calls: int, each: int) -> float:
    """Calls a second of a worker that finds everything already in the topic."""
    run = Run(bootstrap)
    await run.prepare()
    lines = [call(n) for n in range(calls)]
    await run.produce([b"\n".join(lines[n : n + each]) for n in range(0, calls, each)])
    process = run.start()
    try:
        first, last = await run.count(calls)
    finally:
        process.terminate()
        process.wait()
        await run.close()
    rate = calls / (last - first)
    sys.stdout.write(f"{each} a message: {rate:,.0f} calls/s\n")
    return rate


async def late_price(bootstrap: str) -> None:
    """From the publication of a price to the last of the parked calls it prices."""
    run = Run(bootstrap)
    await run.prepare()
    process = run.start()
    try:
        values = [b"\n".join(call(k * 100 + n, "late-1") for n in range(100))
                  for k in range(LATE // 100)]  # fmt: skip
        await run.produce(values)
        await run.count(LATE)
        await asyncio.sleep(5)
        started = time.monotonic()
        await run.price(record("late-1"))
        _, last = await run.count(LATE)
        sys.stdout.write(f"late price: {LATE:,} calls priced in {last - started:.2f} s\n")
    finally:
        process.terminate()
        process.wait()
        await run.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", default="")
    bootstrap = parser.parse_args().bootstrap
    ceiling()
    if bootstrap:
        asyncio.run(through_kafka(bootstrap, BATCHED, 100))
        asyncio.run(through_kafka(bootstrap, SINGLE, 1))
        asyncio.run(late_price(bootstrap))


if __name__ == "__main__":
    main()
