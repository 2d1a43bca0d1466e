"""Wires the pricer: settings, book reader, faust, waker, watchdog, health."""

import asyncio
import contextlib
import os
import sys
import threading
from typing import Any

from aiokafka.errors import KafkaError
from starlette.applications import Starlette

from schemas.topics import CALLS
from services.pricer import quote
from services.pricer.book_reader import BookReader
from services.pricer.faust_safe import assert_consumer_safe, assert_safe, new_app
from services.pricer.pipeline import Pipeline
from services.pricer.publishing import Outlet
from services.pricer.settings import PricerSettings
from services.pricer.waker import Waker
from services.pricer.watchdog import Watchdog
from services.runtime import logs
from services.runtime.health import Health, routes
from services.runtime.kafka import KafkaPublisher
from services.runtime.run import Work, http_server, run, serve
from services.runtime.settings import load

log = logs.get("pricer")


class FaustFailedError(RuntimeError):
    """faust crashed; its reason is the cause."""


class PricerApp:
    """Everything that runs, built from the settings."""

    def __init__(self, settings: PricerSettings) -> None:
        self.settings = settings
        self.publisher = KafkaPublisher(settings)
        self.outlet = Outlet(self.publisher, settings)
        self.reader = BookReader(settings, self.outlet)
        self.waker = Waker(settings, self.reader.book, self.outlet)
        self.reader.listen(self.waker.on_book)
        self.pipeline = Pipeline(settings, self.reader.book, self.outlet)
        self.watchdog = Watchdog(settings)
        self.health = Health(
            ready_checks={
                "price_book": self.reader.check,
                "calls": self.watchdog.ready,
                "outputs": self.outlet.check,
            },
            live_checks={"progress": self.watchdog.check},
        )

    async def streams(self, stop: asyncio.Event) -> None:
        """Everything that reads and writes Kafka; the producer closes after the last writer."""
        works = (self.reader.run, self.calls, self.parked, self.watchdog.run)
        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(_stopping(work, stop))
        finally:
            await self.publisher.stop()

    async def calls(self, stop: asyncio.Event) -> None:
        """calls.v1 through faust, once the book is read."""
        await _either(self.reader.ready.wait(), stop)
        app = await self._started(stop)
        if app is None:
            return
        pipeline = asyncio.create_task(self.pipeline.run())
        try:
            assert_consumer_safe(app)
            app.sensors.remove(app.monitor)
            self.watchdog.watch(app.consumer)
            while not stop.is_set():
                _raise_if_failed(app, pipeline)
                await _either(asyncio.sleep(0.5), stop)
        finally:
            log.info("draining calls")
            await self._stopped(app)
            pipeline.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([pipeline])
        _raise_if_failed(app, None)

    async def _started(self, stop: asyncio.Event) -> Any:
        """faust, running; a new one for each attempt while Kafka does not answer."""
        while not stop.is_set():
            app = self._faust()
            assert_safe(app)
            try:
                await app.start()
            except KafkaError as error:
                log.warning("kafka does not answer", error=repr(error))
                await self._stopped(app)
                await _either(asyncio.sleep(1.0), stop)
            else:
                return app
        return None

    async def _stopped(self, app: Any) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_seconds):
                await app.stop()

    def _faust(self) -> Any:
        app = new_app(self.settings)
        topic = app.topic(
            self.settings.topic_prefix + CALLS.name,
            key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw",
            allow_empty=True,
        )  # fmt: skip

        async def take_calls(stream: Any) -> None:
            async for event in stream.noack().events():
                await self.pipeline.put(event)

        app.agent(topic, name="calls", concurrency=1)(take_calls)
        return app

    async def parked(self, stop: asyncio.Event) -> None:
        """retry.v1, once the book is read."""
        await _either(self.reader.ready.wait(), stop)
        if not stop.is_set():
            await self.waker.run(stop)

    async def http(self, stop: asyncio.Event) -> None:
        """Health and metrics."""
        app = Starlette(routes=routes(self.health))
        await serve(http_server(app, self.settings), stop)

    async def close(self, stop: asyncio.Event) -> None:
        """Make sure that the process ends: a hanging thread must not outlive its purpose."""
        await stop.wait()
        timer = threading.Timer(self.settings.drain_seconds + 10, os._exit, (1,))
        timer.daemon = True
        timer.start()


async def _stopping(work: Work, stop: asyncio.Event) -> None:
    try:
        await work(stop)
    finally:
        stop.set()


def _raise_if_failed(app: Any, pipeline: asyncio.Task[None] | None) -> None:
    if app.crashed:
        raise FaustFailedError("faust crashed") from app._crash_reason
    if pipeline is not None and pipeline.done():
        pipeline.result()


async def _either(first: Any, stop: asyncio.Event) -> None:
    """Wait for one of the two."""
    tasks = [asyncio.ensure_future(first), asyncio.ensure_future(stop.wait())]
    _, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def main() -> None:
    """The command `tracetally-pricer`: the service, or `quote`."""
    if sys.argv[1:2] == ["quote"]:
        raise SystemExit(quote.main(sys.argv[2:]))
    settings = load(PricerSettings)
    built = PricerApp(settings)
    run("pricer", settings, [built.http, built.streams, built.close])
