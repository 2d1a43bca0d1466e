"""Wiring of the read API: settings, ClickHouse, Kafka for changes, server, drain."""

import asyncio
from datetime import UTC, datetime

from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from services.api.writer import KafkaWriter
from services.runtime import health, run
from services.runtime.settings import load


def main() -> None:
    """`tracetally-api`."""
    settings = load(Settings)

    async def work(stop: asyncio.Event) -> None:
        reader, writer = Reader(settings), KafkaWriter(settings)
        probing = asyncio.create_task(reader.probe(stop))
        try:
            app = build(settings, reader, writer, lambda: datetime.now(UTC))
            status = health.Health(ready_checks={"clickhouse": reader.check})
            app.router.routes.extend(health.routes(status))
            await run.serve(run.http_server(app, settings), stop)
        finally:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)
            await reader.close()
            await writer.stop()

    run.run("api", settings, [work])


if __name__ == "__main__":
    main()
