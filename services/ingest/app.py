"""Wiring of ingest: settings, producer, readiness, server, drain."""

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from schemas.topics import CALLS, CONTENTS, DEAD, OUTCOMES
from services.ingest import decode, otlp_grpc
from services.ingest.gate import Gate
from services.ingest.http import Shell
from services.ingest.routes import build
from services.ingest.settings import Settings
from services.runtime import health, run
from services.runtime.kafka import KafkaPublisher, Publisher, connection
from services.runtime.keyring import KeyFeed
from services.runtime.keys import KeyRing
from services.runtime.settings import load

TOPICS_NEEDED = frozenset(topic.name for topic in (CALLS, CONTENTS, OUTCOMES, DEAD))
CONNECT_RETRY_SECONDS = 1.0


@dataclass
class Readiness:
    """Why ingest is not ready yet. Once ready it stays so: without Kafka it answers 503 itself."""

    why: str = "not connected to Kafka yet"

    def check(self) -> str:
        """A `health.Check`."""
        return self.why


def shell_of(settings: Settings, publisher: Publisher, ring: KeyRing | None = None) -> Shell:
    """What the handlers of HTTP and gRPC share."""
    gate = Gate(
        publisher,
        settings.publish_seconds_max,
        settings.in_flight_max,
        settings.in_flight_bytes_max,
    )
    return Shell(settings, ring or KeyRing(settings.keys()), gate, lambda: datetime.now(UTC))


def application(shell: Shell, readiness: Readiness) -> FastAPI:
    """The whole HTTP application."""
    app = build(shell)
    status = health.Health(ready_checks={"kafka": readiness.check})
    app.router.routes.extend(health.routes(status))
    return app


async def missing_topics(settings: Settings) -> set[str]:
    """Topics that ingest writes and the cluster lacks."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        return {settings.topic_prefix + name for name in TOPICS_NEEDED} - set(
            await admin.list_topics()
        )
    finally:
        await admin.close()


async def become_ready(
    settings: Settings, publisher: KafkaPublisher, readiness: Readiness, stop: asyncio.Event
) -> None:
    """Try until connected, with all topics there, or until told to stop."""
    while readiness.why and not stop.is_set():
        try:
            await publisher.start()
            missing = await missing_topics(settings)
            readiness.why = f"topics are missing: {', '.join(sorted(missing))}" if missing else ""
        except (KafkaError, OSError, TimeoutError) as wrong:
            readiness.why = f"Kafka at {settings.kafka_bootstrap}: {type(wrong).__name__}"
        if readiness.why:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), CONNECT_RETRY_SECONDS)


def main() -> None:
    """`tracetally-ingest`; `tracetally-ingest decode FILE...` needs no settings."""
    if sys.argv[1:2] == ["decode"]:
        raise SystemExit(decode.run(sys.argv[2:]))
    settings = load(Settings)

    async def work(stop: asyncio.Event) -> None:
        publisher, readiness = KafkaPublisher(settings), Readiness()
        ring = KeyRing(settings.keys())
        tasks = [
            asyncio.create_task(become_ready(settings, publisher, readiness, stop)),
            asyncio.create_task(KeyFeed(settings, ring).run(stop)),
        ]
        try:
            shell = shell_of(settings, publisher, ring)
            async with otlp_grpc.serving(shell):
                app = application(shell, readiness)
                await run.serve(run.http_server(app, settings), stop)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await publisher.stop()

    run.run("ingest", settings, [work])


if __name__ == "__main__":
    main()
