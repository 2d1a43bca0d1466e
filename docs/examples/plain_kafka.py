"""Straight to Kafka with any client: a message is one or more JSON objects, one per line.

pip install aiokafka
"""

import asyncio
import json
import os
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer


async def main() -> None:
    trace_id = uuid.uuid4().hex
    event = {
        "event_id": str(uuid.uuid4()),
        "occurred_at": datetime.now(UTC).isoformat(),
        "org_id": os.environ["ORG_ID"],
        "trace_id": trace_id,
        "provider": "openai",
        "request_model": "gpt-4o",
        "usage": {"input": 600, "cache_read": 400, "output": 50},  # disjoint quantities
    }
    async with AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP"], acks="all", enable_idempotence=True
    ) as producer:
        topic = os.environ.get("KAFKA_TOPIC", "calls.v1")
        await producer.send_and_wait(topic, json.dumps(event).encode(), key=trace_id.encode())


asyncio.run(main())
