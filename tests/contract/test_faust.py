"""What we know of faust-streaming, and that our consumer does better. No broker is needed.

`TestUpstream` records the defects: when one of these tests fails, upstream changed, and
`services/pricer/faust_safe.py` is to be read again. `TestOurs` is what must always hold.
"""

import asyncio
import inspect
import random
import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import faust.streams
import pytest
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from services.pricer.faust_safe import (
    Delivered,
    SafeConsumer,
    SafeConsumerThread,
    SafeTransport,
    UnsafeFaustError,
    assert_safe,
    new_app,
)
from services.pricer.settings import PricerSettings

PARTITION = TP("calls.v1", 0)


@pytest.fixture
async def app() -> Any:
    settings = PricerSettings(kafka_bootstrap="127.0.0.1:1")
    return new_app(settings)


@pytest.fixture
def make(app: Any) -> Iterator[Any]:
    """Makes consumers, and closes the event loops of their threads."""
    made = []

    def new(kind: Any, callback: Any = None) -> Any:
        consumer = kind(
            app.transport,
            callback=callback or _nothing,
            on_partitions_revoked=_nothing,
            on_partitions_assigned=_nothing,
        )
        made.append(consumer)
        return consumer

    yield new
    for consumer in made:
        consumer._thread.thread_loop.close()


def upstream(make: Any, committed: int | None, acked: list[int]) -> Any:
    consumer = make(driver.Consumer)
    consumer._committed_offset[PARTITION] = committed
    consumer._acked[PARTITION] = list(acked)
    consumer._acked_index[PARTITION] = set(acked)
    return consumer


async def _nothing(*_: Any) -> None:
    return None


def stuck_partitions(consumer: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the thread reports of a busy partition long after its start."""
    thread, said = consumer._thread, []
    now = time.monotonic()
    state = SimpleNamespace(highwater=9, position=1, timestamp=now * 1000)
    assignment = SimpleNamespace(active=True, state_value=lambda _: state)
    subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=assignment))
    fetched = SimpleNamespace(_fetcher=SimpleNamespace(_subscriptions=subscription))
    monkeypatch.setattr(thread, "_ensure_consumer", lambda: fetched)
    monkeypatch.setattr(thread, "_log_slow_processing_stream", lambda told, *_: said.append(told))
    monkeypatch.setattr(thread, "time_started", now - 1_000, raising=False)
    monkeypatch.setattr(consumer.app.topics, "acks_enabled_for", lambda _: True)
    thread.verify_event_path(now, PARTITION)
    return said


class TestUpstream:
    async def test_f5_calls_a_busy_partition_stuck(
        self, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [said] = stuck_partitions(make(driver.Consumer), monkeypatch)
        assert "Stream has not started processing" in said

    async def test_f1_commits_past_the_first_unacked_message(self, make: Any) -> None:
        consumer = upstream(make, 2585, [2586, 2587, 2588, 2589])
        assert consumer._new_offset(PARTITION) == 2590

    @pytest.mark.parametrize("committed", [None, 0])
    async def test_f2_is_blind_at_the_head(self, make: Any, committed: int | None) -> None:
        consumer = upstream(make, committed, [1, 2, 3, 4])
        assert consumer._new_offset(PARTITION) == 5

    async def test_f3_a_gap_swallows_the_message_after_it(self, make: Any) -> None:
        consumer = upstream(make, 100, [100, 111, 112])
        await consumer._add_gap(PARTITION, 101, 110)
        assert consumer._new_offset(PARTITION) == 113

    def test_f4_take_acks_what_failed(self) -> None:
        source = re.sub(r"\s+", " ", inspect.getsource(faust.streams.Stream.take))
        assert "finally: buffer.clear() for event in events: await self.ack(event)" in source
        assert "enable_acks=False" in inspect.getsource(faust.streams.Stream.noack)

    def test_what_we_override_still_exists(self) -> None:
        for name in ("_new_offset", "_drain_messages", "ack", "on_partitions_assigned"):
            assert callable(getattr(BaseConsumer, name))
        assert callable(driver.Consumer._new_consumer_thread)
        assert "_create_worker_consumer" in vars(driver.AIOKafkaConsumerThread)
        used = inspect.getsource(BaseConsumer.force_commit)
        assert "_filter_tps_with_pending_acks" in used
        assert "_new_offset" in inspect.getsource(BaseConsumer._filter_committable_offsets)


class TestOurs:
    def test_f1_and_f2_wait_for_the_first_message(self) -> None:
        for first in (0, 1, 2585):
            delivered = Delivered()
            for offset in range(first, first + 5):
                delivered.deliver(offset)
            for offset in range(first + 1, first + 5):
                delivered.ack(offset)
            assert delivered.committable() is None
            delivered.ack(first)
            assert delivered.committable() == first + 5

    def test_f3_gaps_are_nothing_special(self) -> None:
        delivered = Delivered()
        for offset in (100, 110, 111, 112):
            delivered.deliver(offset)
        for offset in (100, 111, 112):
            delivered.ack(offset)
        assert delivered.committable() == 110
        delivered.ack(110)
        assert delivered.committable() == 113

    async def test_f5_a_busy_partition_is_not_called_stuck(
        self, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert stuck_partitions(make(SafeConsumer), monkeypatch) == []

    def test_redelivery_and_foreign_acks(self) -> None:
        delivered = Delivered()
        delivered.ack(7)
        for offset in (5, 6, 7, 5, 6):
            delivered.deliver(offset)
        delivered.ack(5)
        assert delivered.committable() == 6
        assert delivered.committable() is None

    def test_law_never_past_an_unacked_message(self) -> None:
        chance = random.Random(7)
        for _ in range(300):
            offsets = sorted(chance.sample(range(60), 20))
            delivered = Delivered()
            for offset in offsets:
                delivered.deliver(offset)
            open_ = set(offsets)
            for offset in chance.sample(offsets, 20):
                delivered.ack(offset)
                open_.discard(offset)
                commit = delivered.committable()
                if commit is not None:
                    assert commit == min(open_, default=offsets[-1] + 1)
            assert not delivered.waiting
            assert not delivered.done

    async def test_consumer_commits_by_its_own_count(self, make: Any) -> None:
        consumer = make(SafeConsumer)
        consumer.delivered[PARTITION].deliver(0)
        consumer.delivered[PARTITION].deliver(1)
        consumer.delivered[PARTITION].ack(1)
        assert consumer._new_offset(PARTITION) is None
        consumer.delivered[PARTITION].ack(0)
        assert consumer._new_offset(PARTITION) == 2
        assert isinstance(consumer._thread, SafeConsumerThread)

    async def test_reading_is_noted_before_a_callback_that_waits(self, make: Any) -> None:
        """A rebalance while the callback waits sets the position back; that must stand."""
        blocked = asyncio.Event()

        async def waits(_: Any) -> None:
            await blocked.wait()

        consumer = make(SafeConsumer, waits)

        async def fetched() -> Any:
            yield PARTITION, type("Message", (), {"offset": 150})

        delivering = asyncio.create_task(consumer._deliver(fetched()))
        await asyncio.sleep(0)
        assert consumer._read_offset[PARTITION] == 150
        consumer._read_offset[PARTITION] = 100
        blocked.set()
        await delivering
        assert consumer._read_offset[PARTITION] == 100

    async def test_start_up_assertions(self, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        assert_safe(app)
        monkeypatch.setattr(faust.streams, "_CStreamIterator", None)
        with pytest.raises(UnsafeFaustError, match="compiled stream iterator"):
            assert_safe(app)

    async def test_transport_makes_our_consumer(self, app: Any) -> None:
        assert isinstance(app.transport, SafeTransport)
        assert app.transport.Consumer is SafeConsumer
        assert app.conf.producer_acks == -1
