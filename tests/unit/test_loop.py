"""The consume loop: gather, handle, commit; nothing is committed before it is handled."""

import asyncio
from collections.abc import Sequence
from typing import Any

from services.runtime.clickhouse import StoreAwayError
from services.runtime.fakes import FakeBroker, FakeConsumer, FakePublisher
from services.runtime.health import Heartbeat
from services.runtime.kafka import Message
from services.runtime.loop import Loop, Pace

PACE = Pace(seconds_min=0.01, seconds_max=0.05)


async def nothing() -> None:
    return


async def published(count: int) -> FakeBroker:
    broker = FakeBroker()
    await FakePublisher(broker).publish([Message("t", b"%d" % n, b"%d" % n) for n in range(count)])
    return broker


def loop(broker: FakeBroker, handle: Any) -> Loop:
    consumer: Any = FakeConsumer(broker, ["t"], "g")
    return Loop(consumer, handle, nothing, PACE, Heartbeat(60))


async def test_a_store_that_is_away_delays_but_loses_nothing() -> None:
    broker = await published(20)
    handled: list[bytes] = []
    stop = asyncio.Event()
    failures = [StoreAwayError("away"), StoreAwayError("still away")]

    async def handle(records: Sequence[Any]) -> None:
        assert broker.committed == {}
        if failures:
            raise failures.pop()
        handled.extend(record.value for record in records)
        stop.set()

    await loop(broker, handle).run(stop)
    assert sorted(handled) == sorted(b"%d" % n for n in range(20))
    assert sum(broker.committed.values()) == 20


async def test_stopping_while_the_store_is_away_commits_nothing() -> None:
    broker = await published(5)
    stop = asyncio.Event()

    async def handle(_: Sequence[Any]) -> None:
        stop.set()
        raise StoreAwayError("away")

    await loop(broker, handle).run(stop)
    assert broker.committed == {}


async def test_stopping_finishes_what_was_gathered() -> None:
    broker = await published(5)
    stop = asyncio.Event()
    handled: list[bytes] = []

    async def handle(records: Sequence[Any]) -> None:
        handled.extend(record.value for record in records)

    slow = Loop(
        FakeConsumer(broker, ["t"], "g"),  # type: ignore[arg-type]
        handle,
        nothing,
        Pace(seconds_min=60, seconds_max=60),
        Heartbeat(60),
    )
    asyncio.get_running_loop().call_later(0.2, stop.set)
    await slow.run(stop)
    assert len(handled) == 5
    assert sum(broker.committed.values()) == 5


async def test_a_bug_in_the_handler_ends_the_loop_without_a_commit() -> None:
    broker = await published(1)

    async def handle(_: Sequence[Any]) -> None:
        raise ValueError("bug")

    try:
        await loop(broker, handle).run(asyncio.Event())
    except ValueError:
        assert broker.committed == {}
    else:
        raise AssertionError("a bug must not be swallowed")


async def test_after_an_outage_the_next_batch_waits_no_longer_than_usual() -> None:
    broker = await published(1)
    stop, handled = asyncio.Event(), asyncio.Event()
    away = [True]

    async def handle(records: Sequence[Any]) -> None:
        if away:
            await asyncio.sleep(1.0)  # a store that hangs before it fails
            away.clear()
            raise StoreAwayError("away")
        handled.set()

    consumer: Any = FakeConsumer(broker, ["t"], "g")
    pace = Pace(seconds_min=0.01, seconds_max=60)
    running = asyncio.create_task(Loop(consumer, handle, nothing, pace, Heartbeat(60)).run(stop))
    async with asyncio.timeout(10):
        await handled.wait()
    handled.clear()
    await FakePublisher(broker).publish([Message("t", b"next", b"next")])
    async with asyncio.timeout(1):
        await handled.wait()
    stop.set()
    await running
