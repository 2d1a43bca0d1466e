"""The whole path at a fixed rate: HTTP to the API's answer, with delays and memory.

    python -m tests.bench.bench_path [--rate 10000] [--seconds 180]

A load process posts batches of 100 over HTTP, evenly; if the pipeline cannot keep up, the delay
grows and shows it. Delay: from the post to the moment the read API's totals hold the event's
minute in full is not observable, so a probe org gets one call a second, and its total is asked.
"""

import argparse
import asyncio
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import orjson

from schemas.price import BOOK_RECORD, book_key
from schemas.topics import PRICES
from services.runtime.kafka import KafkaPublisher, Message
from tests.bench.engines import system
from tests.system import SERVICES, System

BATCH = 100
CLIENTS = 4
MODELS = [f"model-{n}" for n in range(40)]
SERVICES_PER_LINE = len(SERVICES)


def call(n: int, rng: random.Random, now: str) -> dict[str, Any]:
    """One call of a chat service."""
    return {
        "event_id": f"{now}-{n}",
        "occurred_at": now,
        "org_id": f"org-{rng.randrange(200)}",
        "trace_id": f"{rng.getrandbits(128):032x}",
        "span_id": f"{rng.getrandbits(64):016x}",
        "conversation_id": f"conversation-{n // 5}",
        "user_id": f"user-{rng.randrange(5000)}",
        "assistant_id": f"assistant-{rng.randrange(3)}",
        "feature": f"feature-{rng.randrange(2)}",
        "environment": "prod",
        "provider": "openai",
        "request_model": rng.choice(MODELS),
        "response_id": f"{now}-r{n}",
        "duration_ms": rng.randrange(100, 9000),
        "usage": {"input": rng.randrange(50, 4000), "output": rng.randrange(10, 600)},
    }


def load(url: str, key: str, rate: int, seconds: float, told: Any) -> None:
    """Post `rate` calls a second; send back how many were accepted, refused, and the seconds."""

    async def run() -> tuple[int, int, float]:
        rng, sent, refused = random.Random(11), 0, 0
        started = time.monotonic()
        turn = iter(range(10**9))

        async def client() -> None:
            nonlocal sent, refused
            async with httpx.AsyncClient(timeout=30) as http:
                while (number := next(turn)) * BATCH < rate * seconds:
                    due = started + number * BATCH / rate
                    await asyncio.sleep(max(0.0, due - time.monotonic()))
                    now = datetime.now(UTC).isoformat()
                    body = orjson.dumps([call(number * BATCH + n, rng, now) for n in range(BATCH)])
                    while True:
                        answer = await http.post(
                            f"{url}/v1/calls",
                            content=body,
                            headers={"authorization": f"Bearer {key}"},
                        )
                        if answer.status_code == 200:
                            sent += BATCH
                            break
                        refused += 1
                        await asyncio.sleep(1)

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return sent, refused, time.monotonic() - started

    told.put(asyncio.run(run()))


async def publish_prices(running: System) -> None:
    """A price for each model."""
    publisher = KafkaPublisher(running.kafka)
    for model in MODELS:
        value = orjson.dumps(
            {
                "kind": "price",
                "provider": "openai",
                "model": model,
                "effective_from": "2024-01-01T00:00:00Z",
                "rates": {
                    "input": {"price": "2.50", "per": 1000000},
                    "output": {"price": "10.00", "per": 1000000},
                },
            }
        )
        key = book_key(BOOK_RECORD.validate_json(value)).encode()
        await publisher.publish([Message(PRICES.name, value, key)])
    await publisher.stop()


async def probe(running: System, until: float) -> list[float]:
    """Once a second: post one call for the org `probe`, wait until its count says so."""
    delays: list[float] = []
    headers = {"authorization": f"Bearer {running.key}"}
    rng = random.Random(5)
    async with httpx.AsyncClient(timeout=30, headers=headers) as http:
        while time.monotonic() < until:
            started = time.monotonic()
            now = datetime.now(UTC)
            one = call(len(delays), rng, now.isoformat()) | {"org_id": "probe"}
            answer = await http.post(f"{running.url('ingest')}/v1/calls", json=one)
            if answer.status_code != 200:
                await asyncio.sleep(1)
                continue
            span = {
                "from": (now - timedelta(hours=1)).isoformat(timespec="minutes"),
                "to": (now + timedelta(hours=1)).isoformat(timespec="minutes"),
                "org": "probe",
            }
            while True:
                usage = await http.get(f"{running.url('api')}/v1/usage", params=span)
                if usage.json()["total"]["total"]["calls"] > len(delays):
                    break
                await asyncio.sleep(0.1)
            delays.append(time.monotonic() - started)
            await asyncio.sleep(max(0.0, 1 - delays[-1]))
    return delays


def memory_mb(running: System) -> dict[str, int]:
    """Resident memory of each service."""
    found = {}
    for name, process in running.processes.items():
        status = Path(f"/proc/{process.pid()}/status").read_text()
        kb = next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]
        found[name] = int(kb) // 1024
    return found


async def watch(running: System, until: float, every: float) -> list[dict[str, int]]:
    """Memory over time."""
    seen = []
    while time.monotonic() < until:
        seen.append(memory_mb(running))
        await asyncio.sleep(max(0.0, min(every, until - time.monotonic())))
    return seen


def counted(running: System) -> int:
    """Calls in the hours."""
    return int(running.sql("SELECT sum(calls) FROM rollup_hour FINAL")[0][0] or 0)


async def measure(rate: int, seconds: float) -> None:
    """Run, wait until all is in the hours, print."""
    with system() as running:
        await publish_prices(running)
        told = get_context("spawn").Queue()
        arguments = (running.url("ingest"), running.key, rate, seconds, told)
        loader = get_context("spawn").Process(target=load, args=arguments)
        loader.start()
        started = time.monotonic()
        until = started + seconds + 2
        delays, memory = await asyncio.gather(
            probe(running, until), watch(running, until, max(5.0, seconds / 20))
        )
        sent, refused, sending = await asyncio.to_thread(told.get)
        wanted = sent + len(delays)
        while counted(running) < wanted:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(1)
        whole = time.monotonic() - started
        tell(sent, refused, (sending, whole), delays, memory)
        await running.wait_settled(600)  # the tables that are paced by their own cost
        running.verify()
        sys.stdout.write("  ledger verified to the digit\n")


def tell(
    sent: int, refused: int, took: tuple[float, float], delays: list[float],
    memory: list[dict[str, int]],
) -> None:  # fmt: skip
    """Print the figures."""
    sending, whole = took
    cuts = quantiles(delays, n=100, method="inclusive")
    sys.stdout.write(
        f"whole path: {sent:,} calls in {sending:.0f} s ({sent / sending:,.0f}/s sent, "
        f"{refused} answers 503), all answered after {whole:.0f} s "
        f"({sent / whole:,.0f} calls/s); event to API answer p50 {cuts[49]:.2f} s, "
        f"p99 {cuts[98]:.2f} s of {len(delays)} probes\n"
    )
    for name in SERVICES:
        sys.stdout.write(f"  memory {name}: {[m[name] for m in memory]} MB\n")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=180)
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.rate, arguments.seconds))


if __name__ == "__main__":
    main()
