"""What our services rely on in Kafka: acks that survive a crash, compaction, commits, keys."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from deploy.local import docker
from deploy.local.engines import start_kafka
from deploy.local.kafka import console_producer_argv
from deploy.local.process import EngineError, free_port
from tests.engines import KafkaEngine, kafka_engine

pytestmark = pytest.mark.engines

RECORDS = 2000
WAIT_S = 30


async def create(
    bootstrap: str, name: str, partitions: int = 1, config: dict[str, str] | None = None
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config or {})])
    finally:
        await admin.close()


async def produce(bootstrap: str, topic: str, numbers: range, key: bytes | None = None) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, enable_idempotence=True, compression_type="zstd"
    )
    await producer.start()
    try:
        sent = [await producer.send(topic, str(n).encode(), key=key) for n in numbers]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def read_all(bootstrap: str, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(sorted(consumer.assignment()))
        got: list[tuple[bytes | None, bytes | None]] = []
        for partition, end in ends.items():
            while await consumer.position(partition) < end:
                batch = await consumer.getmany(partition, timeout_ms=1000)
                got += [(r.key, r.value) for records in batch.values() for r in records]
        return got
    finally:
        await consumer.stop()


async def test_idempotent_records_arrive_once(kafka: KafkaEngine, unique: str) -> None:
    await create(kafka.bootstrap, unique, partitions=3)
    await produce(kafka.bootstrap, unique, range(RECORDS))
    got = await asyncio.wait_for(read_all(kafka.bootstrap, unique), WAIT_S)
    assert sorted(int(value or b"") for _, value in got) == list(range(RECORDS))


async def test_a_group_goes_on_where_it_committed(kafka: KafkaEngine, unique: str) -> None:
    await create(kafka.bootstrap, unique)
    await produce(kafka.bootstrap, unique, range(10))
    seen: list[int] = []
    for _ in range(2):
        consumer = AIOKafkaConsumer(
            unique,
            bootstrap_servers=kafka.bootstrap,
            group_id=unique,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            for _ in range(5):
                record = await asyncio.wait_for(consumer.getone(), WAIT_S)
                seen.append(int(record.value or b""))
            await consumer.commit({TopicPartition(unique, 0): record.offset + 1})
        finally:
            await consumer.stop()
    assert seen == list(range(10))


async def test_a_compacted_topic_keeps_the_last_value_of_a_key(
    kafka: KafkaEngine, unique: str
) -> None:
    config = {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.01",
        "max.compaction.lag.ms": "100",
    }
    await create(kafka.bootstrap, unique, config=config)
    for n in range(5):
        await produce(kafka.bootstrap, unique, range(n * 50, n * 50 + 50), key=b"k")
        await asyncio.sleep(0.2)  # lets the segment close
    got = await asyncio.wait_for(read_all(kafka.bootstrap, unique), WAIT_S)
    for _ in range(60):
        if len(got) < 250:
            break
        await asyncio.sleep(0.5)
        got = await asyncio.wait_for(read_all(kafka.bootstrap, unique), WAIT_S)
    assert len(got) < 250
    assert got[-1] == (b"k", b"249")


async def test_topics_are_not_made_by_writing(kafka: KafkaEngine, unique: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, request_timeout_ms=2000)
    await producer.start()
    try:
        with pytest.raises((UnknownTopicOrPartitionError, TimeoutError)):
            await asyncio.wait_for(producer.send_and_wait(unique, b"x"), 5)
    finally:
        await producer.stop()


@pytest.mark.skipif(docker.answers(), reason="the console producer comes with the local jars")
async def test_the_console_producer_publishes_a_keyed_record(
    kafka: KafkaEngine, unique: str
) -> None:
    await create(kafka.bootstrap, unique)
    key, value = "price|*|openai|gpt-5|2026-01-01T00:00:00Z", '{"rate":"1.25"}'
    argv = console_producer_argv(kafka.bootstrap, unique)
    await asyncio.to_thread(
        subprocess.run, argv, input=f"{key}\t{value}\n", text=True, check=True, capture_output=True
    )
    got = await asyncio.wait_for(read_all(kafka.bootstrap, unique), WAIT_S)
    assert got == [(key.encode(), value.encode())]


async def test_acked_records_survive_a_crash(tmp_path: Path) -> None:
    with kafka_engine(tmp_path) as engine:
        await create(engine.bootstrap, "acked", partitions=2)
        await produce(engine.bootstrap, "acked", range(RECORDS))
        engine.kill()
        engine.start()
        got = await asyncio.wait_for(read_all(engine.bootstrap, "acked"), WAIT_S)
        await produce(engine.bootstrap, "acked", range(3))
    assert sorted(int(value or b"") for _, value in got) == list(range(RECORDS))


def test_a_port_in_use_is_named_with_its_setting(kafka: KafkaEngine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"port {kafka.port} .*TRACETALLY_KAFKA_PORT"):
        start_kafka(kafka.port, free_port(), tmp_path)


def test_a_missing_java_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="needs Java 17 or newer"):
        start_kafka(free_port(), free_port(), tmp_path)
