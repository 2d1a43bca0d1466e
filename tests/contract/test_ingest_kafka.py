"""Ingest as a process on a real Kafka: what it acknowledges is there, and it recovers by itself."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.process import free_port
from schemas.ndjson import split
from schemas.topics import CALLS, CONTENTS, DEAD, OUTCOMES
from services.runtime.kafka import ensure_topics
from services.runtime.settings import KafkaMixin
from tests.engines import KafkaEngine, kafka_engine

pytestmark = pytest.mark.engines
WAIT_SECONDS = 30.0


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaEngine]:
    """A broker of this module's own, because it is killed."""
    with kafka_engine(tmp_path_factory.mktemp("kafka-ingest")) as engine:
        yield engine


class Ingest:
    def __init__(self, bootstrap: str, prefix: str, home: Path) -> None:
        self.port = free_port()
        self.log = home / "ingest.log"
        env = os.environ | {
            "INGEST_PORT": str(self.port),
            "INGEST_KAFKA_BOOTSTRAP": bootstrap,
            "INGEST_TOPIC_PREFIX": prefix,
            "INGEST_AUTH": "off",
        }
        with self.log.open("wb") as out:
            argv = [sys.executable, "-m", "services.ingest.app"]
            self.process = subprocess.Popen(argv, env=env, stderr=out, stdout=out)
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    async def wait_ready(self) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                try:
                    if (await self.client.get("/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(self.process.wait, 30)
        await self.client.aclose()
        return code


@pytest.fixture
async def ingest(
    own_kafka: KafkaEngine, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Ingest]:
    started = Ingest(own_kafka.bootstrap, topic_prefix, tmp_path)
    with pytest.raises((httpx.HTTPError, AssertionError)):
        assert (await started.client.get("/readyz")).status_code == 200
    kafka = KafkaMixin(kafka_bootstrap=own_kafka.bootstrap, topic_prefix=topic_prefix)
    await ensure_topics(kafka, (CALLS, CONTENTS, DEAD, OUTCOMES), replication=1)
    await started.wait_ready()
    yield started
    if started.process.poll() is None:
        assert await started.stop() == 0, started.log.read_text()


def event(name: str) -> dict[str, Any]:
    return {"event_id": name, "occurred_at": datetime.now(UTC).isoformat(), "trace_id": name[:3]}


async def lines_of(bootstrap: str, topic: str, wanted: int) -> list[dict[str, Any]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while len({line.get("event_id", line.get("dead_id")) for line in found}) < wanted:
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    for message in batch:
                        found += [json.loads(line) for line in split(message.value or b"")]
    finally:
        await consumer.stop()
    return found


async def test_what_is_answered_200_is_in_kafka(
    ingest: Ingest, own_kafka: KafkaEngine, topic_prefix: str
) -> None:
    events = [event(f"e{n}") for n in range(2_500)]
    told = await ingest.client.post("/v1/calls", json=[*events, {"event_id": 1}])
    assert (told.status_code, told.json()["accepted"]) == (200, 2_500)
    found = await lines_of(own_kafka.bootstrap, topic_prefix + CALLS.name, 2_500)
    assert {line["event_id"] for line in found} == {e["event_id"] for e in events}
    [letter] = await lines_of(own_kafka.bootstrap, topic_prefix + DEAD.name, 1)
    assert letter["source"] == "http/default"


async def test_a_signal_lets_requests_finish(ingest: Ingest) -> None:
    sends = [
        asyncio.create_task(
            ingest.client.post("/v1/calls", json=[event(f"s{n}-{m}") for m in range(50)])
        )
        for n in range(20)
    ]
    await asyncio.sleep(0.05)
    code = await ingest.stop()
    told = await asyncio.gather(*sends, return_exceptions=True)
    answered = [t.status_code for t in told if isinstance(t, httpx.Response)]
    assert code == 0
    assert set(answered) <= {200}


class Load:
    """Clients that send batches, and again what was not acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.statuses: list[int] = []
        self.slowest = 0.0
        self.stop = asyncio.Event()

    async def send(self, client: httpx.AsyncClient, number: int) -> None:
        serial, clock = 0, asyncio.get_running_loop().time
        while not self.stop.is_set():
            names = [f"k{number}-{serial}-{n}" for n in range(20)]
            begun = clock()
            told = await client.post("/v1/calls", json=[event(name) for name in names])
            self.slowest = max(self.slowest, clock() - begun)
            self.statuses.append(told.status_code)
            if told.status_code == 200:
                self.acknowledged.update(names)
                serial += 1
            else:
                assert told.headers["retry-after"] == "1"
                await asyncio.sleep(0.2)


async def test_a_killed_broker_means_503_and_recovery(
    ingest: Ingest, own_kafka: KafkaEngine, topic_prefix: str
) -> None:
    load = Load()
    clients = [asyncio.create_task(load.send(ingest.client, number)) for number in range(4)]
    for down_seconds in (1.0, 14.0):
        await asyncio.sleep(1)
        await asyncio.to_thread(own_kafka.kill)
        await asyncio.sleep(down_seconds)
        await asyncio.to_thread(own_kafka.start)
        before = len(load.acknowledged)
        async with asyncio.timeout(WAIT_SECONDS):
            while len(load.acknowledged) < before + 400:  # noqa: ASYNC110 - four clients add to it
                await asyncio.sleep(0.1)
    load.stop.set()
    await asyncio.gather(*clients)
    assert set(load.statuses) == {200, 503}
    assert load.slowest < 5
    wanted = len(load.acknowledged)
    found = await lines_of(own_kafka.bootstrap, topic_prefix + CALLS.name, wanted)
    assert load.acknowledged <= {line["event_id"] for line in found}
