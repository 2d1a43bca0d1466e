"""An outcome counts once, as it was told last, whatever hour or org it is told at: real engine."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition

from services.api.scope import Scope
from services.rollup.worker import Rollup, Settings
from services.runtime.fakes import FakeBroker, FakePublisher
from services.runtime.kafka import Message
from services.runtime.migrate import migrate
from tests.inprocess import ChdbStore

TOPIC = "outcomes.v1"
START = datetime(2026, 11, 20, 9, 59, 59, tzinfo=UTC)


def told(rng: random.Random) -> dict[str, Any]:
    at = START + timedelta(seconds=rng.choice([0, 1, 2, 3600, 86_400]))
    return {
        "outcome_id": f"o{rng.randrange(3)}", "project": rng.choice(["default", "other"]),
        "org_id": rng.choice(["", "acme", "globex"]), "occurred_at": at.isoformat(),
        "name": "resolved", "conversation_id": "c", "value": str(rng.randrange(1, 100)),
    }  # fmt: skip


async def counted(store: ChdbStore) -> dict[tuple[str, str], tuple[str, Decimal]]:
    """As the API reads them; two rows of one outcome are a fault by themselves."""
    rows = await store.rows(
        f"SELECT project, outcome_id, org_id, toString(value) {Scope(None).rows('outcomes')}"
    )
    found = {(row[0], row[1]): (row[2], Decimal(row[3])) for row in rows}
    assert len(found) == len(rows), rows
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_an_outcome_counts_once_as_it_was_told_last(seed: int) -> None:
    rng = random.Random(seed)
    store: Any = ChdbStore(f"outcomes_{uuid.uuid4().hex[:8]}")
    await migrate(store, "schemas.clickhouse")
    broker = FakeBroker(partitions=1)
    settings = Settings(kafka_bootstrap="", clickhouse_url="")
    rollup = Rollup(settings, store, FakePublisher(broker))
    await rollup.prepare()
    last: dict[tuple[str, str], tuple[str, Decimal]] = {}
    for _ in range(15):
        batch = [told(rng) for _ in range(rng.randrange(1, 4))]
        for one in batch:
            broker.append(Message(TOPIC, orjson.dumps(one)))
            key = (one["project"], one["outcome_id"])
            last[key] = (one["org_id"], Decimal(one["value"]))
        records = broker.logs[TopicPartition(TOPIC, 0)]
        redelivered = rng.randrange(3)
        await rollup.handle(records[-len(batch) - redelivered :])
        if rng.random() < 0.2:
            await store.command("OPTIMIZE TABLE outcomes FINAL")
        assert await counted(store) == last
    await store.close()
