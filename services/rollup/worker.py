"""One rollup worker: what a batch of records means for ClickHouse, and the work between batches."""

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from schemas import ndjson, topics
from schemas.dead import DeadLetter
from services.rollup import billing, maintenance, mirrors, outcomes
from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger, Window
from services.rollup.progress import Progress
from services.rollup.purge import Purge
from services.runtime.clickhouse import Store
from services.runtime.kafka import Message, Publisher
from services.runtime.settings import ClickHouseMixin, KafkaMixin
from services.runtime.telemetry import REFUSED

READ = (
    topics.PRICED, topics.DEAD, topics.PRICES, topics.ORGS, topics.OUTCOMES, topics.CONTENTS,
    topics.AUDIT,
)  # fmt: skip
PROGRESS_SECONDS = 2.0
PURGE_SECONDS = 2.0


class Settings(KafkaMixin, ClickHouseMixin):
    """Settings of the rollup; every name is prefixed ROLLUP_ in the environment."""

    model_config = SettingsConfigDict(env_prefix="ROLLUP_", frozen=True, extra="ignore")

    port: PositiveInt = Field(8083, description="Port of /livez, /readyz, /metrics.")
    group_instance_id: str = Field("", description="Static membership; empty for dynamic.")
    flush_seconds_min: PositiveFloat = Field(0.5, description="Age of a batch before a flush.")
    flush_seconds_max: PositiveFloat = Field(10.0, description="Age a busy batch may grow to.")
    flush_bytes_max: PositiveInt = 48 * 1024 * 1024
    flush_messages_max: PositiveInt = 50_000
    coarse_seconds_min: PositiveFloat = Field(
        5.0, description="Between two refreshes of days and of users, conversations, latencies."
    )
    near_hours: PositiveInt = Field(24, description="How far apart tellings meet in a flush.")
    sweep_seconds: PositiveFloat = Field(3600.0, description="How often far tellings are sought.")
    sweep_days: PositiveInt = Field(92, description="How far back the sweep looks.")
    reprice_calls_per_second: PositiveInt = Field(
        2_000, description="How fast calls are sent to be priced again after a correction."
    )
    reprice_settle_seconds: PositiveFloat = Field(
        60.0, description="After which a repricing looks again for calls it may have missed."
    )
    pricer_group: str = Field("pricer", description="The pricer's own setting PRICER_GROUP.")
    content_days: PositiveInt = Field(30, description="How long content is kept, then removed.")
    stall_seconds: PositiveFloat = Field(900.0, description="Without progress for so long: dead.")
    setup: bool = Field(True, description="Create database, tables and topics at the start.")
    topic_replication: PositiveInt = 1
    topic_partitions: NonNegativeInt = Field(0, description="0: as the catalogue says.")


def worker_name() -> str:
    """Unique to the process, fit for a table name."""
    return f"{int(time.time()):x}_{os.getpid()}"


class Rollup:
    """A ledger, a cascade, a publisher for dead letters. `follow` once the consumer exists."""

    def __init__(self, settings: Settings, store: Store, publisher: Publisher) -> None:
        self.ledger = Ledger(store, worker_name(), Window(settings.near_hours))
        self.cascade = Cascade(store, self.ledger.scratch, settings.coarse_seconds_min)
        self.consumer: AIOKafkaConsumer | None = None
        self._settings = settings
        self.store = store
        self.publisher = publisher
        self._next_sweep = time.monotonic() + settings.sweep_seconds
        self._next_progress = 0.0
        self._purge = Purge(store, settings.content_days, self._mirrors_content)
        self._next_purge = 0.0
        self.progress = Progress(store, self.cascade, settings.topic_prefix)

    def follow(self, consumer: AIOKafkaConsumer) -> None:
        """Take on the partitions that this consumer holds."""
        self.consumer = self.progress.consumer = consumer

    async def prepare(self) -> None:
        """Before the first record: scratch tables."""
        await self.ledger.prepare()

    async def handle(self, records: Sequence[ConsumerRecord]) -> None:
        """Everything a batch means for ClickHouse; the loop commits its offsets afterwards."""
        priced = [r for r in records if self._name(r) == topics.PRICED.name]
        lines = [line for record in priced for line in ndjson.split(record.value or b"")]
        dead: list[DeadLetter] = []
        if lines:
            flushed = await self.ledger.flush(lines)
            self.cascade.touch(flushed.hours)
            await self._bill()
            now = datetime.now(UTC)
            dead += [mirrors.refused_line(line, why, now) for line, why in flushed.refused]
        receipts = [row for record in priced for row in mirrors.receipts(dict(record.headers))]
        if receipts:
            await self.store.insert_bytes("receipts", mirrors.encode(receipts))
        dead += await self._mirror(records)
        await self._bury(dead)
        self.progress.flushed(records)

    async def idle(self) -> None:
        """Between batches: coarser tables, the sweep, the progress rows."""
        await self.progress.healed()
        await self.cascade.refresh()
        now = time.monotonic()
        if now >= self._next_progress or self.progress.has_news:
            await self.progress.tell()
            self._next_progress = time.monotonic() + PROGRESS_SECONDS
        if now >= self._next_purge:
            await self._purge.asked()
            self._next_purge = time.monotonic() + PURGE_SECONDS
        if now >= self._next_sweep:
            today = datetime.now(UTC)
            past = today - timedelta(days=self._settings.sweep_days)
            ahead = today + timedelta(days=1)
            await maintenance.sweep(self.ledger, self.cascade, past, ahead)
            await self._bill()
            await self._purge.late()
            await self.cascade.heal()
            self._next_sweep = time.monotonic() + self._settings.sweep_seconds

    def _mirrors_content(self) -> bool:
        """True in one of the workers."""
        first = TopicPartition(self._settings.topic_prefix + topics.CONTENTS.name, 0)
        return self.consumer is not None and first in self.consumer.assignment()

    def _name(self, record: ConsumerRecord) -> str:
        return str(record.topic.removeprefix(self._settings.topic_prefix))

    async def _mirror(self, records: Sequence[ConsumerRecord]) -> list[DeadLetter]:
        rows: dict[str, list[dict[str, Any]]] = {}
        dead: list[DeadLetter] = []
        for record in records:
            for entry in mirrored(self._name(record), record):
                if entry.dead is not None:
                    dead.append(entry.dead)
                elif entry.row is not None:
                    rows.setdefault(entry.table, []).append(entry.row)
        for table, found in rows.items():
            await self.store.insert_bytes(table, mirrors.encode(found))
        if told := rows.get("outcomes"):
            await outcomes.withdraw_moved(self.ledger, told)
        return dead

    async def _bill(self) -> None:
        """Have calls priced again whose org is known only now; failing to is failing the batch."""
        if found := await billing.messages(self.ledger):
            await self.publisher.publish(found)

    async def _bury(self, dead: list[DeadLetter]) -> None:
        """Publish dead letters; failing to is failing the batch."""
        if not dead:
            return
        for letter in dead:
            REFUSED.labels("rollup", letter.reason).inc()
        await self.publisher.publish(
            [
                Message(topics.DEAD.name, letter.model_dump_json().encode(), letter.source.encode())
                for letter in dead
            ]
        )


def _at(record: ConsumerRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


def mirrored(topic: str, record: ConsumerRecord) -> list[mirrors.Mirrored]:
    """The rows of one message of a mirrored topic."""
    source = mirrors.Source(topic, record.partition, record.offset, _at(record), record.key or b"")
    match topic:
        case topics.PRICES.name:
            return mirrors.prices(source, record.value)
        case topics.ORGS.name:
            return mirrors.orgs(source, record.value)
        case topics.OUTCOMES.name:
            return mirrors.outcomes(source, record.value or b"")
        case topics.CONTENTS.name:
            return mirrors.contents(source, record.value or b"")
        case topics.AUDIT.name:
            return mirrors.audit(source, record.value or b"")
        case topics.DEAD.name:
            return mirrors.dead_letters(source, record.value or b"")
        case _:
            return []
