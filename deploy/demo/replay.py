"""Sends the traffic in its own rhythm (faster), over HTTP and straight to Kafka; measures delay."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from deploy.demo.processes import Demo
from deploy.demo.traffic import Send, Traffic
from schemas.topics import CALLS
from services.runtime.kafka import KafkaPublisher, Message
from services.runtime.settings import KafkaMixin

SPEED = 15.0
TICK_SECONDS = 0.25
PROBE_EVERY = 5
PROBES_AT_ONCE = 3
"""Following every event would be a load of its own, and measure that."""
RETRY_SECONDS_MAX = 30.0


@dataclass
class Replayed:
    """What sending showed."""

    sent: int = 0
    accepted_http: int = 0
    refused_http: int = 0
    delays_seconds: list[float] = field(default_factory=list)


class Replay:
    """One run of the traffic against a running demo."""

    def __init__(self, demo: Demo, traffic: Traffic, progress: Callable[[int], None]) -> None:
        self._demo = demo
        self._traffic = traffic
        self._progress = progress
        self.result = Replayed()
        self._probes: set[asyncio.Task[None]] = set()

    async def run(self) -> Replayed:
        """Send everything; return when all is acknowledged and every probe was answered."""
        publisher = KafkaPublisher(KafkaMixin(kafka_bootstrap=self._demo.bootstrap))
        await publisher.start()
        async with httpx.AsyncClient(timeout=30) as client:
            started, sends, at = time.monotonic(), self._traffic.sends, 0
            while at < len(sends):
                until_ms = (time.monotonic() - started) * 1000 * SPEED
                upto = at
                while upto < len(sends) and sends[upto].at_ms <= until_ms:
                    upto += 1
                await self._send(client, publisher, sends[at:upto])
                at = upto
                await asyncio.sleep(TICK_SECONDS)
            await asyncio.gather(*self._probes)
        await publisher.stop()
        return self.result

    async def _send(
        self, client: httpx.AsyncClient, publisher: KafkaPublisher, batch: list[Send]
    ) -> None:
        http = [send for send in batch if send.way == "http"]
        direct = [send for send in batch if send.way == "kafka"]
        if http:
            await self._post(client, http)
        if direct:
            await publisher.publish([Message(CALLS.name, send.line) for send in direct])
        self.result.sent += len(batch)
        self._progress(len(batch))
        for number, send in enumerate(batch):
            busy = sum(not probe.done() for probe in self._probes) >= PROBES_AT_ONCE
            if send.event and not send.is_resent and number % PROBE_EVERY == 0 and not busy:
                probe = asyncio.create_task(self._probe(client, send.event["trace_id"]))
                self._probes.add(probe)

    async def _post(self, client: httpx.AsyncClient, sends: list[Send]) -> None:
        body = b"\n".join(send.line for send in sends)
        headers = {
            "authorization": f"Bearer {self._demo.keys.ingest}",
            "content-type": "application/x-ndjson",
        }
        deadline = time.monotonic() + RETRY_SECONDS_MAX
        while True:
            answer = await client.post(
                f"{self._demo.url('ingest')}/v1/calls", content=body, headers=headers
            )
            if answer.status_code != 503 or time.monotonic() > deadline:
                break
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
        if answer.status_code not in (200, 422):
            raise RuntimeError(f"ingest answered {answer.status_code}: {answer.text[:300]}")
        told = answer.json()
        self.result.accepted_http += told.get("accepted", 0)
        self.result.refused_http += len(told.get("refused", []))

    async def _probe(self, client: httpx.AsyncClient, trace_id: str) -> None:
        """How long until the read API shows the step just sent."""
        started = time.monotonic()
        url = f"{self._demo.url('api')}/v1/traces/{trace_id}"
        headers = {"authorization": f"Bearer {self._demo.keys.admin}"}
        while time.monotonic() - started < RETRY_SECONDS_MAX:
            if (await client.get(url, headers=headers)).status_code == 200:
                break
            await asyncio.sleep(0.1)
        self.result.delays_seconds.append(time.monotonic() - started)
