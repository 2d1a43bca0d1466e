"""What our code relies on of Kafka: the fake and the real broker pass the same tests."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest

from schemas.topics import Topic
from services.runtime.fakes import FakeBroker, FakeConsumer, FakePublisher
from services.runtime.kafka import KafkaPublisher, Message, Publisher, ensure_topics, new_consumer
from services.runtime.settings import KafkaMixin
from tests.engines import KafkaEngine

TOPIC = "log"


class Log(Protocol):
    publisher: Publisher

    async def open(self) -> Any: ...


class FakeLog:
    def __init__(self) -> None:
        self.broker = FakeBroker()
        self.publisher = FakePublisher(self.broker)

    async def open(self) -> FakeConsumer:
        return FakeConsumer(self.broker, [TOPIC], "group")


class RealLog:
    def __init__(self, settings: KafkaMixin) -> None:
        self.settings = settings
        self.publisher = KafkaPublisher(settings)

    async def open(self) -> Any:
        consumer = new_consumer(self.settings, [TOPIC], "group")
        await consumer.start()
        return consumer


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engines)])
async def log(request: pytest.FixtureRequest, unique: str) -> AsyncIterator[Log]:
    if request.param == "fake":
        yield FakeLog()
        return
    kafka: KafkaEngine = request.getfixturevalue("kafka")
    settings = KafkaMixin(kafka_bootstrap=kafka.bootstrap, topic_prefix=f"{unique}.")
    topic = Topic(TOPIC, None, "", 2, "delete", -1, (), (), "")
    await ensure_topics(settings, [topic], 1)
    real = RealLog(settings)
    yield real
    await real.publisher.stop()


async def read(consumer: Any, wanted: int, seconds: float = 15.0) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(seconds):
        while len(found) < wanted:
            for records in (await consumer.getmany(timeout_ms=200, max_records=100)).values():
                found += records
    return found


def messages(count: int) -> list[Message]:
    return [Message(TOPIC, b"v%d" % n, b"k%d" % (n % 5)) for n in range(count)]


async def test_what_is_published_is_read_whole_with_keys_and_headers(log: Log) -> None:
    sent = [*messages(9), Message(TOPIC, None, b"k1", (("h", b"1"),))]
    await log.publisher.publish(sent)
    consumer = await log.open()
    found = await read(consumer, 10)
    assert sorted((r.key, r.value or b"") for r in found) == sorted(
        (m.key, m.value or b"") for m in sent
    )
    assert [r.headers for r in found if r.value is None] == [(("h", b"1"),)]
    await consumer.stop()


async def test_records_of_one_key_keep_their_order(log: Log) -> None:
    await log.publisher.publish(messages(40))
    consumer = await log.open()
    found = [r.value for r in await read(consumer, 40) if r.key == b"k3"]
    assert found == [b"v%d" % n for n in range(40) if n % 5 == 3]
    await consumer.stop()


async def test_uncommitted_records_come_back_and_committed_ones_do_not(log: Log) -> None:
    await log.publisher.publish(messages(10))
    first = await log.open()
    found = await read(first, 10)
    await first.stop()
    second = await log.open()
    again = await read(second, 10)
    assert {(r.partition, r.offset) for r in again} == {(r.partition, r.offset) for r in found}
    ends: dict[Any, int] = {}
    for tp in second.assignment():
        offsets = [r.offset for r in again if r.partition == tp.partition]
        if offsets:
            ends[tp] = max(offsets) + 1
    await second.commit(ends)
    await second.stop()
    await log.publisher.publish([Message(TOPIC, b"new", b"k")])
    third = await log.open()
    assert [r.value for r in await read(third, 1)] == [b"new"]
    await third.stop()


async def test_paused_partitions_deliver_nothing_until_resumed(log: Log) -> None:
    await log.publisher.publish(messages(10))
    consumer = await log.open()
    found = await read(consumer, 10)
    held = consumer.assignment()
    consumer.pause(*held)
    await log.publisher.publish([Message(TOPIC, b"later", b"k")])
    assert await consumer.getmany(timeout_ms=300) == {}
    consumer.resume(*held)
    assert [r.value for r in await read(consumer, 1)] == [b"later"]
    assert sum(consumer.highwater(tp) or 0 for tp in held) == len(found) + 1
    await consumer.stop()
