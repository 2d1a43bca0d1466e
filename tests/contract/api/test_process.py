"""The API as a process: changes reach Kafka, and ClickHouse may go and come back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local.process import free_port
from schemas.topics import ACCESS, AUDIT, ORGS, PRICES
from services.runtime.clickhouse import Store
from services.runtime.kafka import ensure_topics
from services.runtime.migrate import migrate
from services.runtime.settings import ClickHouseMixin, KafkaMixin
from tests.conftest import run_sql
from tests.engines import KafkaEngine, clickhouse_engine

pytestmark = pytest.mark.engines
PRICE = {
    "kind": "price",
    "provider": "openai",
    "model": "gpt-4o",
    "effective_from": "2026-11-22T00:00:00Z",
    "rates": {"input": {"price": "2.50", "per": 1_000_000}},
}


def started(port: int, kafka: KafkaMixin, url: str) -> subprocess.Popen[bytes]:
    env = os.environ | {
        "API_PORT": str(port),
        "API_AUTH": "off",
        "API_KAFKA_BOOTSTRAP": kafka.kafka_bootstrap,
        "API_TOPIC_PREFIX": kafka.topic_prefix,
        "API_CLICKHOUSE_URL": url,
    }
    return subprocess.Popen([sys.executable, "-m", "services.api.app"], env=env)


async def ready(client: httpx.AsyncClient, status: int) -> None:
    async with asyncio.timeout(40):
        while True:
            try:
                if (await client.get("/readyz")).status_code == status:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)


async def published(bootstrap: str, topic: str) -> tuple[bytes | None, bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        message = await asyncio.wait_for(consumer.getone(), 20)
        return message.key, message.value
    finally:
        await consumer.stop()


async def test_changes_are_published_and_clickhouse_may_go_away(
    kafka: KafkaEngine, topic_prefix: str, tmp_path: Path
) -> None:
    with clickhouse_engine(tmp_path / "clickhouse") as engine:
        run_sql(engine.url, "CREATE DATABASE tracetally")
        store = await Store.connect(ClickHouseMixin(clickhouse_url=engine.url))
        await migrate(store, "schemas.clickhouse")
        await store.close()
        topics = KafkaMixin(kafka_bootstrap=kafka.bootstrap, topic_prefix=topic_prefix)
        await ensure_topics(topics, (PRICES, ORGS, ACCESS, AUDIT), replication=1)
        port = free_port()
        process = started(port, topics, engine.url)
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as api:
                await ready(api, 200)
                told = await api.put("/v1/prices", json=PRICE)
                assert (told.status_code, told.json()["position"]) == (202, 1), told.text
                key, value = await published(kafka.bootstrap, topic_prefix + PRICES.name)
                assert key == told.json()["keys"][0].encode()
                assert json.loads(value or b"")["rates"] == PRICE["rates"]
                engine.kill()
                away = await api.get("/v1/usage")
                assert (away.status_code, away.headers["retry-after"]) == (503, "1")
                await ready(api, 503)
                assert (await api.get("/livez")).status_code == 200
                engine.start()
                await ready(api, 200)
                back = await api.get("/v1/usage", params={"interval": "day", "by": "model"})
                assert back.status_code == 200, back.text
                assert back.headers["content-encoding"] == "gzip"
                assert back.json()["completeness"]["lag_seconds"] is None
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 30) == 0
