"""Wiring of the rollup: the service, and its commands setup, verify, rebuild, sweep."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from starlette.applications import Starlette

from schemas import topics
from services.rollup import maintenance
from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger, Window
from services.rollup.repricing import Repricer, Speed
from services.rollup.upstream import Upstream
from services.rollup.worker import READ, Rollup, Settings, worker_name
from services.runtime import logs
from services.runtime.clickhouse import Store, StoreAwayError
from services.runtime.health import Health, Heartbeat, routes
from services.runtime.kafka import KafkaPublisher, ensure_topics, new_consumer
from services.runtime.loop import Loop, Pace
from services.runtime.migrate import migrate
from services.runtime.run import http_server, run, serve
from services.runtime.settings import load

MIGRATIONS = "schemas.clickhouse"
GROUP = "rollup"

log = logs.get("rollup")


async def setup(settings: Settings) -> None:
    """Create what is missing: the database, its tables, the topics."""
    store = await Store.connect(settings.model_copy(update={"clickhouse_database": "default"}))
    await store.command(f"CREATE DATABASE IF NOT EXISTS `{settings.clickhouse_database}`")
    await store.close()
    store = await Store.connect(settings)
    applied = await migrate(store, MIGRATIONS)
    await store.close()
    await ensure_topics(
        settings, topics.TOPICS, settings.topic_replication, settings.topic_partitions or None
    )
    log.info("set up", migrations=applied)


async def begin(
    settings: Settings, stop: asyncio.Event, health: Health
) -> tuple[Rollup, AsyncExitStack] | None:
    """Set up, connect and join the group, waiting for the stores as long as it takes.

    What is to be closed at the end comes along; None when stopped.
    """
    waiting = ["connecting"]
    health.ready_checks["stores"] = lambda: waiting[0]
    while not stop.is_set():
        try:
            async with AsyncExitStack() as opened:
                rollup = await _begun(settings, opened)
                return rollup, opened.pop_all()
        except (StoreAwayError, KafkaError, OSError) as error:
            waiting[0] = f"waiting: {error!s:.200}"
            log.warning("waiting for the stores", error=str(error)[:500])
            await asyncio.sleep(1.0)
    return None


async def _begun(settings: Settings, opened: AsyncExitStack) -> Rollup:
    if settings.setup:
        await setup(settings)
    store = await Store.connect(settings)
    opened.push_async_callback(store.close)
    publisher = KafkaPublisher(settings)
    opened.push_async_callback(publisher.stop)
    await publisher.start()
    rollup = Rollup(settings, store, publisher)
    await rollup.prepare()
    names = [topic.name for topic in READ]
    consumer = new_consumer(settings, names, GROUP, settings.group_instance_id)
    opened.push_async_callback(consumer.stop)
    await consumer.start()
    rollup.follow(consumer)
    return rollup


async def work(settings: Settings, health: Health, heart: Heartbeat, stop: asyncio.Event) -> None:
    """Consume until told to stop."""
    begun = await begin(settings, stop, health)
    if begun is None:
        return
    rollup, opened = begun
    pace = Pace(
        settings.flush_seconds_min,
        settings.flush_seconds_max,
        settings.flush_bytes_max,
        settings.flush_messages_max,
    )
    async with opened:
        del health.ready_checks["stores"]
        beside = [
            asyncio.create_task(repricer(settings, rollup).run(stop)),
            asyncio.create_task(upstream(settings, rollup).run(stop)),
        ]
        try:
            await Loop(rollup.consumer, rollup.handle, rollup.idle, pace, heart).run(stop)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
        await rollup.ledger.close()


def repricer(settings: Settings, rollup: Rollup) -> Repricer:
    """Runs in one of the workers."""
    settle = settings.reprice_settle_seconds
    speed = Speed(settings.reprice_calls_per_second, settle, min(5.0, settle))
    return Repricer(rollup.store, rollup.publisher, speed, lambda: is_first(settings, rollup))


def upstream(settings: Settings, rollup: Rollup) -> Upstream:
    """Likewise."""
    group = settings.pricer_group
    return Upstream(settings, rollup.store, group, lambda: is_first(settings, rollup))


def is_first(settings: Settings, rollup: Rollup) -> bool:
    """True in the worker that mirrors the price book, so in one of them."""
    prices = TopicPartition(settings.topic_prefix + topics.PRICES.name, 0)
    return rollup.consumer is not None and prices in rollup.consumer.assignment()


def serve_forever(settings: Settings) -> None:
    """The service: health on HTTP, the loop beside it."""
    health = Health()
    heart = Heartbeat(settings.stall_seconds)
    health.live_checks["loop"] = heart.check
    server = http_server(Starlette(routes=list(routes(health))), settings)
    run(
        "rollup",
        settings,
        [
            lambda stop: serve(server, stop),
            lambda stop: work(settings, health, heart, stop),
        ],
    )


async def command(settings: Settings, arguments: argparse.Namespace) -> int:
    """`setup`, `verify`, `rebuild` and `sweep`: the exit status."""
    if arguments.command == "setup":
        await setup(settings)
        return 0
    store = await Store.connect(settings)
    if arguments.command in ("close", "reopen"):
        status = await _close(store, arguments)
        await store.close()
        return status
    start, end = arguments.start, arguments.end
    if arguments.command == "verify":
        wrong = await maintenance.verify(store, start, end)
        sys.stdout.buffer.write(maintenance.report(wrong))
        sys.stderr.write(f"{len(wrong)} mismatches between {start} and {end}\n")
        await store.close()
        return 1 if wrong else 0
    ledger = Ledger(store, worker_name(), Window(settings.near_hours))
    cascade = Cascade(store, ledger.scratch)
    await ledger.prepare()
    if arguments.command == "rebuild":
        await maintenance.rebuild(ledger, cascade, start, end)
    else:
        await maintenance.sweep(ledger, cascade, start, end)
        await cascade.refresh(everything=True)
    await ledger.close()
    await store.close()
    return 0


async def _close(store: Store, arguments: argparse.Namespace) -> int:
    """Close or reopen a month: 1 when it had better not be closed yet."""
    closed = arguments.command == "close"
    is_asked = closed and not arguments.force
    if is_asked and (why := await maintenance.still_open(store, arguments.month)):
        sys.stderr.write(f"{arguments.month:%Y-%m} stays open: {why} (--force closes it)\n")
        return 1
    by = arguments.by or getpass.getuser()
    await maintenance.close_month(
        store, arguments.month, by, closed=closed, reason=arguments.reason
    )
    return 0


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="tracetally-rollup",
        description="Writes the ledger and its aggregates; without a command, runs the service.",
    )
    parser.add_argument("--check", action="store_true", help="print the settings and exit")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("setup", help="create database, tables and topics, then exit")
    now = datetime.now(UTC)
    for name, what in (
        ("verify", "compare every aggregate with the ledger, to the digit; exit 1 on a mismatch"),
        ("rebuild", "write ledger and aggregates anew from the tellings (stop the workers first)"),
        ("sweep", "settle calls told at places too far apart for a flush to see"),
    ):
        sub = commands.add_parser(name, help=what, description=what)
        sub.add_argument("--from", dest="start", type=_instant, default=now - timedelta(days=92))
        sub.add_argument("--to", dest="end", type=_instant, default=now + timedelta(days=1))
    for name, what in (
        ("close", "no repricing changes calls of the month any more: a difference found later "
         "becomes an adjustment in the open month; calls told late still count in it"),
        ("reopen", "let repricings change the month again"),
    ):  # fmt: skip
        sub = commands.add_parser(name, help=what, description=what)
        sub.add_argument("month", type=_month, help="e.g. 2026-10 (UTC)")
        sub.add_argument("--by", default="", help="who; default: the user of this terminal")
        sub.add_argument("--reason", default="")
        sub.add_argument("--force", action="store_true", help="close it as it is")
    return parser.parse_args(arguments)


def main() -> None:
    """Console script."""
    arguments = parse(sys.argv[1:])
    settings = load(Settings)
    if arguments.command is None:
        serve_forever(settings)
        return
    logs.configure("rollup", settings.log_level, settings.log_format)
    try:
        raise SystemExit(asyncio.run(command(settings, arguments)))
    except StoreAwayError as error:
        sys.stderr.write(f"ClickHouse at {settings.clickhouse_url} does not answer: {error}\n")
        raise SystemExit(3) from None
