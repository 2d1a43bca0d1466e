"""Rollup: priced calls a second into ledger and aggregates, against the engine's bare insert.

    python -m tests.bench.bench_rollup [--calls 600000]

The ceiling is the same bytes inserted into one Memory table by the same client: what parsing the
JSON alone costs. Everything is in the topic before the worker starts.
"""

import argparse
import asyncio
import random
import sys
import time
from datetime import UTC, datetime, timedelta

import orjson

from schemas.topics import PRICED
from services.rollup.stage import create_stage
from services.runtime.clickhouse import Store
from services.runtime.kafka import KafkaPublisher, Message
from services.runtime.settings import ClickHouseMixin
from tests.bench.engines import system

LINES_PER_MESSAGE = 500
ORGS = 200


SAME = {
    "assistant_version": "1", "environment": "prod", "provider": "openai",
    "usage": {"input": 1000, "output": 300}, "tok_in": 1000, "tok_out": 300, "currency": "USD",
    "cost": "0.0055", "charge": "0.0055", "cost_input": "0.0025", "cost_output": "0.003",
    "price_revision": 1, "book_position": 12,
    "lines": [
        {"dimension": "input", "quantity": "1000", "price": "2.5", "per": 1000000,
         "amount": "0.0025"},
        {"dimension": "output", "quantity": "300", "price": "10", "per": 1000000,
         "amount": "0.003"},
    ],
}  # fmt: skip


def priced(n: int, rng: random.Random, now: datetime) -> bytes:
    """One priced.v1 line of the usual shape (about 1 KB), within the last minute."""
    model = f"model-{rng.randrange(40)}"
    own = {
        "event_id": f"event-{n:012d}",
        "occurred_at": (now - timedelta(milliseconds=rng.randrange(60_000))).isoformat(),
        "org_id": f"org-{rng.randrange(ORGS)}",
        "trace_id": f"{rng.getrandbits(128):032x}",
        "span_id": f"{rng.getrandbits(64):016x}",
        "conversation_id": f"conversation-{n // 5}",
        "user_id": f"user-{rng.randrange(5000)}",
        "assistant_id": f"assistant-{rng.randrange(3)}",
        "feature": f"feature-{rng.randrange(2)}",
        "request_model": model,
        "response_model": model,
        "model": model,
        "response_id": f"response-{n}",
        "duration_ms": rng.randrange(100, 9000),
        "time_to_first_token_ms": rng.randrange(50, 500),
        "price_key": f"price|*|openai|{model}|2025-01-01T00:00:00Z",
        "ver": str(((1 << 24) << 64) + rng.getrandbits(64)),
        "payload_hash": str(rng.getrandbits(64)),
    }
    return orjson.dumps(own | SAME)


def messages(calls: int) -> list[bytes]:
    """All message values."""
    rng, now = random.Random(7), datetime.now(UTC)
    lines = [priced(n, rng, now) for n in range(calls)]
    return [
        b"\n".join(lines[n : n + LINES_PER_MESSAGE]) for n in range(0, calls, LINES_PER_MESSAGE)
    ]


async def ceiling(store: Store, values: list[bytes], calls: int) -> float:
    """Rows a second of the bare insert, 20,000 rows a time."""
    await store.command(create_stage("bench_ceiling"))
    started = time.perf_counter()
    for n in range(0, len(values), 40):
        await store.insert_bytes("bench_ceiling", b"\n".join(values[n : n + 40]))
    return calls / (time.perf_counter() - started)


async def measure(calls: int) -> tuple[float, float]:
    """(calls a second of the rollup, of the ceiling)."""
    values = messages(calls)
    with system() as running:
        store = await Store.connect(
            ClickHouseMixin(
                clickhouse_url=running.clickhouse_url, clickhouse_database=running.database
            )
        )
        bare = await ceiling(store, values, calls)
        running.stop("rollup")
        publisher = KafkaPublisher(running.kafka)
        for n in range(0, len(values), 20):
            chunk = enumerate(values[n : n + 20], n)
            await publisher.publish([Message(PRICED.name, v, b"%d" % i) for i, v in chunk])
        await publisher.stop()
        started = time.perf_counter()
        running.restart("rollup")
        while await counted(store) < calls:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.1)
        rate = calls / (time.perf_counter() - started)
        await running.wait_settled(600)  # the tables that are paced by their own cost
        running.verify()
        await store.close()
    return rate, bare


async def counted(store: Store) -> int:
    """Calls in the hours: the last table a dashboard needs."""
    rows = await store.rows("SELECT sum(calls) FROM rollup_hour FINAL")
    return int(rows[0][0])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600_000)
    calls = parser.parse_args().calls
    rate, bare = asyncio.run(measure(calls))
    sys.stdout.write(
        f"rollup, {calls:,} calls to the hours, start included: {rate:,.0f} calls/s; "
        f"bare insert {bare:,.0f}/s; ratio {rate / bare:.2f}\n"
    )


if __name__ == "__main__":
    main()
