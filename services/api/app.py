"""Wiring of the read API: settings, ClickHouse, Kafka for changes, server, drain."""

import asyncio
from datetime import UTC, datetime

from services.api.http import build
from services.api.reader import Reader
from services.api.session import first
from services.api.settings import Settings
from services.api.writer import KafkaWriter
from services.runtime import health, run
from services.runtime.keyring import KeyFeed
from services.runtime.keys import KeyRing
from services.runtime.settings import load


def main() -> None:
    """`tracetally-api`."""
    settings = load(Settings)

    async def work(stop: asyncio.Event) -> None:
        reader, writer = Reader(settings), KafkaWriter(settings)
        ring = KeyRing(settings.known_keys())
        feed = KeyFeed(settings, ring)
        app = build(settings, reader, writer, lambda: datetime.now(UTC), ring)
        tasks = [
            asyncio.create_task(reader.probe(stop)),
            asyncio.create_task(feed.run(stop)),
            asyncio.create_task(first.announce(settings, feed, app.state.first)),
        ]
        try:
            app.state.streams.closing = stop
            status = health.Health(ready_checks={"clickhouse": reader.check})
            app.router.routes.extend(health.routes(status))
            await run.serve(run.http_server(app, settings), stop)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await reader.close()
            await writer.stop()

    run.run("api", settings, [work])


if __name__ == "__main__":
    main()
