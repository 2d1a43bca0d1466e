"""On a real Kafka: the marks of transactions at an end are nothing that the pricer still owes."""

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.topics import CALLS
from services.rollup.upstream import BARE_LOOKS, Upstream
from services.rollup.worker import Settings
from services.runtime.kafka import ensure_topics
from tests.engines import KafkaEngine

pytestmark = pytest.mark.engines


async def test_an_end_of_marks_alone_counts_as_read(kafka: KafkaEngine, topic_prefix: str) -> None:
    settings = Settings(
        kafka_bootstrap=kafka.bootstrap, topic_prefix=topic_prefix, clickhouse_url="http://none"
    )
    await ensure_topics(settings, [CALLS], 1, 1)
    partition = TopicPartition(topic_prefix + CALLS.name, 0)
    sender = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=topic_prefix)
    await sender.start()
    for _ in range(2):
        async with sender.transaction():
            await sender.send_and_wait(partition.topic, b"{}", partition=0)
    await sender.stop()
    any_store: Any = None
    upstream = Upstream(settings, any_store, "pricer", lambda: True)
    group = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=f"{topic_prefix}pricer")
    await group.start()
    group.assign([partition])
    try:
        for committed, is_read in ((1, False), (3, True)):
            await group.commit({partition: committed})
            for _ in range(BARE_LOOKS):
                ends, told = await upstream._offsets()
            assert ends == {partition: 4}
            assert (told[partition] == 4) is is_read
    finally:
        await upstream._askers.close()
        await group.stop()
