"""The pricer on a real Kafka: nothing lost, late prices wake exactly what they price."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.topics import CALLS, DEAD, PRICES, RETRY
from tests.engines import KafkaEngine
from tests.integration.pricer_process import Pricer, Topics
from tests.unit.pricing.make import price_record

pytestmark = pytest.mark.engines


def line(event_id: str, model: str = "m1", **fields: Any) -> bytes:
    told = {
        "event_id": event_id, "occurred_at": datetime.now(UTC).isoformat(), "provider": "openai",
        "request_model": model, "usage": {"input": 1000, "output": 500}, "org_id": "acme",
    } | fields  # fmt: skip
    return orjson.dumps(told)


@pytest.fixture
async def topics(kafka: KafkaEngine, topic_prefix: str) -> AsyncIterator[Topics]:
    async with Topics(kafka.bootstrap, topic_prefix) as made:
        yield made


@pytest.fixture
def pricer(kafka: KafkaEngine, topic_prefix: str, tmp_path: Path) -> Iterator[Pricer]:
    made = Pricer(
        kafka.bootstrap, topic_prefix, tmp_path / "pricer.log", PRICER_REPARK_SPAN="20",
        PRICER_OUTPUT_LINES_MAX="100",
    )  # fmt: skip
    made.start()
    yield made
    made.kill()


async def test_priced_pending_dead_and_woken(topics: Topics, pricer: Pricer) -> None:
    await topics.publish_price(price_record())
    await topics.publish(PRICES.name, b'{"kind":"price"}')
    values = [b"\n".join([line(f"a{n}"), b"junk", line(f"b{n}", "m2"), line(f"c{n}", "m3")])
              for n in range(50)]  # fmt: skip
    await topics.publish(CALLS.name, *values)
    await topics.until(lambda: len(topics.rows) == 150 and len(topics.lines[DEAD.name]) >= 51)
    await topics.until(lambda: len(topics.priced()) == 50)
    reasons = sorted({letter["reason"] for letter in topics.lines[DEAD.name]})
    assert reasons == ["not_json", "price_record_invalid"]
    assert {row["cost"] for row in topics.rows.values() if "cost" in row} == {"0.007"}

    late = price_record("m2", effective_from="2026-01-01T00:00:00Z")
    await topics.publish_price(late)
    took = await topics.until(lambda: len(topics.priced()) == 100)
    assert took < 10
    assert topics.priced() == {f"{kind}{n}" for kind in "ab" for n in range(50)}

    future = price_record("m3", effective_from="2036-01-01T00:00:00Z")
    await topics.publish_price(future)
    await topics.publish(CALLS.name, line("last"))
    await topics.until(lambda: "last" in topics.priced())
    assert not any(name.startswith("c") for name in topics.priced())
    told = [row for row in topics.lines["priced.v1"] if "pending" not in row]
    assert len(told) == 101, "each call was priced once"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{pricer.port}") as client:
        for path in ("/livez", "/readyz"):
            assert (await client.get(path)).status_code == 200
        assert "tracetally_priced_total" in (await client.get("/metrics")).text
    assert await asyncio.to_thread(pricer.stop) == 0


async def test_kill_9_loses_nothing(topics: Topics, pricer: Pricer) -> None:
    chance = random.Random(1)
    await topics.publish_price(price_record())
    total = 6_000
    wanted = {f"e{n}" for n in range(total)}

    async def produce() -> None:
        for start in range(0, total, 20):
            lines = [line(f"e{n}", "m1" if n % 3 else "m2") for n in range(start, start + 20)]
            await topics.publish(CALLS.name, *lines[:10], b"\n".join(lines[10:]))

    producing = asyncio.create_task(produce())
    for _ in range(4):
        await topics.until(lambda: True)
        await asyncio.sleep(chance.uniform(0.3, 2.5))
        await asyncio.to_thread(pricer.kill)
        pricer.start()
    await producing
    await topics.until(lambda: topics.rows.keys() == wanted, 120)
    assert not topics.lines[DEAD.name]
    await asyncio.to_thread(pricer.kill)
    await topics.publish_price(price_record("m2"))
    pricer.start()
    await topics.until(lambda: topics.priced() == wanted)
    assert {row["cost"] for row in topics.rows.values()} == {"0.007"}


async def test_unpriceable_calls_are_reparked_and_never_block(
    topics: Topics, pricer: Pricer
) -> None:
    """A call that waits for ever is moved to the end, so that a restart reads little again."""
    await topics.publish_price(price_record())
    await topics.publish(CALLS.name, line("stuck", "never"))
    await topics.until(lambda: "stuck" in topics.rows)
    for n in range(240):
        await topics.publish(CALLS.name, line(f"w{n}", f"m{2 + n % 6}"))
    await topics.until(lambda: len(topics.rows) == 241)
    for n in range(6):
        await topics.publish_price(price_record(f"m{2 + n}"))
    await topics.until(lambda: len(topics.priced()) == 240)
    await topics.until(
        lambda: sum(x["event"]["event_id"] == "stuck" for x in topics.lines[RETRY.name]) == 2
    )
    await asyncio.to_thread(pricer.kill)
    await topics.publish_price(price_record("never"))
    pricer.start()
    await topics.until(lambda: "stuck" in topics.priced())


@pytest.mark.faults
async def test_kafka_away_is_waited_for(topics: Topics, pricer: Pricer, kafka: KafkaEngine) -> None:
    """The broker is killed under load; the same process goes on when it is back."""
    await topics.publish_price(price_record())
    values = [b"\n".join(line(f"e{n}-{k}") for k in range(20)) for n in range(300)]
    await topics.publish(CALLS.name, *values)
    await topics.until(lambda: len(topics.rows) > 100)
    await asyncio.to_thread(kafka.kill)
    await asyncio.sleep(15)
    await asyncio.to_thread(kafka.start)
    await topics.publish(CALLS.name, line("after", "m2"))
    await topics.until(lambda: len(topics.rows) == 6_001, 90)
    await topics.publish_price(price_record("m2"))
    await topics.until(lambda: "after" in topics.priced())
    assert pricer.is_running()


async def test_a_second_worker_comes_and_the_first_goes(
    topics: Topics, pricer: Pricer, kafka: KafkaEngine, tmp_path: Path
) -> None:
    await topics.publish_price(price_record())
    second = Pricer(kafka.bootstrap, topics.settings.topic_prefix, tmp_path / "second.log",
                    PRICER_GROUP_INSTANCE_ID="two")  # fmt: skip
    wanted = {f"e{n}" for n in range(4_000)}

    async def produce() -> None:
        for start in range(0, 4_000, 10):
            await topics.publish(CALLS.name, *(line(f"e{n}") for n in range(start, start + 10)))
            await asyncio.sleep(0.01)

    producing = asyncio.create_task(produce())
    await topics.until(lambda: len(topics.rows) > 200)
    second.start()
    try:
        await topics.until(lambda: len(topics.rows) > 2_000)
        assert await asyncio.to_thread(pricer.stop) == 0
        await producing
        await topics.until(lambda: topics.rows.keys() == wanted)
        assert await asyncio.to_thread(second.stop) == 0
    finally:
        second.kill()
