"""The pricer as a process of its own, and the topics around it."""

import asyncio
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer

from deploy.local.process import free_port
from schemas.topics import DEAD, PRICED, PRICES, RETRY, TOPICS
from services.pricer.settings import PricerSettings
from services.runtime.kafka import KafkaPublisher, Message, ensure_topics
from tests.unit.pricing.make import key_of

PARTITIONS = 2
RUN = "from services.pricer.app import main; main()"


class Pricer:
    """A pricer that can be started, killed and started again."""

    def __init__(self, bootstrap: str, prefix: str, log_path: Path, **more: str) -> None:
        self.port = free_port()
        self._log_path = log_path
        self._env = {
            "PRICER_KAFKA_BOOTSTRAP": bootstrap, "PRICER_TOPIC_PREFIX": prefix,
            "PRICER_PORT": str(self.port), "PRICER_GROUP_INSTANCE_ID": "one",
        } | more  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", RUN], env=os.environ | self._env, stderr=log
            )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(60)


class Topics:
    """Publishes inputs and collects every output line."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.settings = PricerSettings(kafka_bootstrap=bootstrap, topic_prefix=prefix)
        self.lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._publisher = KafkaPublisher(self.settings)
        self._consumer: Any = None

    async def __aenter__(self) -> "Topics":
        await ensure_topics(self.settings, TOPICS, 1, PARTITIONS)
        prefix = self.settings.topic_prefix
        self._consumer = AIOKafkaConsumer(
            *(prefix + topic.name for topic in (PRICED, RETRY, DEAD)),
            bootstrap_servers=self.settings.kafka_bootstrap,
            auto_offset_reset="earliest",
        )
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._publisher.stop()

    async def publish(self, topic: str, *values: bytes) -> None:
        messages = [Message(topic, value, str(n).encode()) for n, value in enumerate(values)]
        await self._publisher.publish(messages)

    async def publish_price(self, record: dict[str, Any]) -> None:
        message = Message(PRICES.name, orjson.dumps(record), key_of(record))
        await self._publisher.publish([message])

    async def until(self, enough: Callable[[], bool], seconds: float = 60) -> float:
        """Read outputs until there is enough; how long it took."""
        started = time.monotonic()
        while not enough():
            assert time.monotonic() - started < seconds, {k: len(v) for k, v in self.lines.items()}
            await self.read()
        return time.monotonic() - started

    async def read(self) -> None:
        prefix = self.settings.topic_prefix
        for tp, records in (await self._consumer.getmany(timeout_ms=200)).items():
            for record in records:
                found = map(orjson.loads, record.value.split(b"\n"))
                self.lines[tp.topic.removeprefix(prefix)] += found
        await asyncio.sleep(0)

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """One row per event id: the one with the highest version."""
        best: dict[str, dict[str, Any]] = {}
        for line in self.lines[PRICED.name]:
            known = best.get(line["event_id"])
            if known is None or int(line["ver"]) > int(known["ver"]):
                best[line["event_id"]] = line
        return best

    def priced(self) -> set[str]:
        return {name for name, row in self.rows.items() if "pending" not in row}
