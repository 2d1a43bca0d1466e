"""`as_of` on the real engine: nothing is told to be in before every table that is read holds it."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from services.rollup.worker import Rollup, Settings
from services.runtime.fakes import FakeBroker, FakeConsumer, FakePublisher
from services.runtime.kafka import Message
from services.runtime.migrate import migrate
from tests.inprocess import ChdbStore
from tests.laws.world import Event

TOPIC = "priced.v1"
PARTITION = TopicPartition(TOPIC, 0)


class Heard(FakeConsumer):
    """One that also knows when Kafka answered last."""

    def __init__(self, broker: FakeBroker) -> None:
        super().__init__(broker, [TOPIC], "rollup")
        self.heard_at = datetime.now(UTC)

    def last_poll_timestamp(self, _: TopicPartition) -> int:
        return int(self.heard_at.timestamp() * 1000)

    async def committed(self, tp: TopicPartition) -> int | None:
        return self._broker.committed.get(("rollup", tp))

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, 0)


class Installation:
    """One database and one broker, on which workers come and go."""

    def __init__(self) -> None:
        self.store: Any = ChdbStore(f"progress_{uuid.uuid4().hex[:8]}")
        self.broker = FakeBroker(partitions=1)

    async def worker(self, silent: timedelta = timedelta(0)) -> tuple[Rollup, Heard]:
        settings = Settings(
            kafka_bootstrap="", clickhouse_url="", coarse_seconds_min=3600, sweep_seconds=3600
        )
        rollup, consumer = (
            Rollup(settings, self.store, FakePublisher(self.broker)),
            Heard(self.broker),
        )
        consumer.heard_at -= silent
        await rollup.prepare()
        rollup.follow(consumer)
        await rollup.idle()
        return rollup, consumer

    def send(self, number: int) -> list[ConsumerRecord]:
        event = Event(number, "a", 20, 9, number, "m", Decimal(1))
        self.broker.append(Message(TOPIC, event.line()))
        return self.broker.logs[PARTITION][-1:]

    async def as_of(self) -> datetime:
        """As the API reads it."""
        rows = await self.store.rows(
            "SELECT toString(if(position >= end_offset, flushed_at, record_at)) FROM progress FINAL"
        )
        return datetime.fromisoformat(rows[0][0]).replace(tzinfo=UTC)

    async def calls(self, table: str) -> int:
        rows = await self.store.rows(f"SELECT sum(calls) FROM {table} FINAL")
        return int(rows[0][0])


@pytest.fixture
async def installation() -> Installation:
    made = Installation()
    await migrate(made.store, "schemas.clickhouse")
    return made


async def test_what_days_do_not_hold_yet_is_not_told_to_be_in(installation: Installation) -> None:
    rollup, consumer = await installation.worker()
    before = consumer.heard_at
    records = installation.send(1)
    consumer.heard_at += timedelta(seconds=30)
    rollup.cascade.days.due = float("inf")
    await rollup.handle(records)
    await rollup.idle()
    await rollup.progress.tell()
    assert await installation.calls("rollup_hour") == 1
    assert await installation.calls("total_day") == 0
    assert (await installation.as_of()) - before < timedelta(seconds=1)
    await rollup.cascade.refresh(everything=True)
    await rollup.progress.tell()
    assert await installation.calls("total_day") == 1
    assert (await installation.as_of()) - before > timedelta(seconds=29)


async def test_a_silent_kafka_is_not_told_to_be_read_to_its_end(installation: Installation) -> None:
    rollup, consumer = await installation.worker(silent=timedelta(minutes=10))
    await rollup.handle(installation.send(1))
    await rollup.cascade.refresh(everything=True)
    await rollup.progress.tell()
    assert abs(await installation.as_of() - consumer.heard_at) < timedelta(seconds=1)


async def test_hours_of_a_worker_that_died_are_refreshed_by_who_takes_its_partitions(
    installation: Installation,
) -> None:
    surviving, consumer = await installation.worker()
    held, consumer._owned = consumer._owned, set()
    await surviving.idle()
    dying, _ = await installation.worker()
    await dying.handle(installation.send(1))
    installation.broker.committed["rollup", PARTITION] = 1  # and dies before its hours
    consumer._owned = held
    surviving.cascade.days.due = surviving.cascade.subjects.due = 0.0
    await surviving.idle()
    assert await installation.calls("rollup_minute") == 1
    assert await installation.calls("rollup_hour") == 1
    assert await installation.calls("total_day") == 1
