"""Whatever bytes stand in calls.v1: good lines count, bad ones are kept, nothing is held up."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from schemas import topics
from schemas.dead import ORIGINAL_BYTES_MAX
from schemas.ndjson import split
from services.runtime.kafka import new_producer
from tests.load import Load
from tests.oracle import BOOK, SMALL, Sum, check, cost, totals
from tests.system import System, as_json

pytestmark = pytest.mark.engines
RUN = "mal"
NOW = datetime.now(UTC)


def good(number: int) -> dict[str, Any]:
    """A call that counts."""
    return {
        "event_id": f"{RUN}-{number}",
        "occurred_at": (NOW - timedelta(seconds=number % 60)).isoformat(timespec="milliseconds"),
        "org_id": f"{RUN}-org",
        "provider": SMALL.provider,
        "request_model": SMALL.model,
        "usage": {"input": number, "output": 1},
    }


def bad(**changed: object) -> bytes:
    """A call with something wrong in it."""
    return as_json({**good(0), "event_id": f"{RUN}-bad", **changed})


def raw(field: bytes) -> bytes:
    """A call with a member that no JSON library would write."""
    return bad()[:-1] + b"," + field + b"}"


DEEP = 50_000
CASES: dict[str, tuple[bytes, str]] = {
    "not utf-8": (b'{"event_id":"\xff\xfe"}', "not_utf8"),
    "not json": (b'{"event_id": ', "not_json"),
    "a number": (b"17", "not_an_object"),
    "a list": (b"[]", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "unknown field": (bad(cost="1"), "unknown_field"),
    "NaN tokens": (raw(b'"usage":{"input":NaN}'), "invalid_field"),
    "NaN in the provider's usage": (raw(b'"usage_payload":{"x":NaN}'), "not_json"),
    "1e400 tokens": (raw(b'"usage":{"input":1e400}'), "invalid_field"),
    "1e400 in the provider's usage": (raw(b'"usage_payload":{"x":1e400}'), "not_json"),
    "negative tokens": (bad(usage={"input": -1}), "invalid_field"),
    "half a token": (bad(usage={"input": 1.5}), "invalid_field"),
    "400 days ago": (
        bad(occurred_at=(NOW - timedelta(days=400)).isoformat()), "time_out_of_bounds",
    ),
    "in 400 days": (
        bad(occurred_at=(NOW + timedelta(days=400)).isoformat()), "time_out_of_bounds",
    ),
    "5 MB": (bad(name="x" * 5_000_000), "too_large"),
    "deep": (raw(b'"usage_payload":{"x":' + b"[" * DEEP + b"]" * DEEP + b"}"), "too_deep"),
    "deep from the start": (b"[" * DEEP, "too_deep"),
    "a surrogate alone": (raw(b'"name":"\\ud800"'), "not_json"),
    "an id too long": (bad(event_id="x" * 257), "invalid_field"),
}  # fmt: skip


async def dead_letters(system: System, wanted: int) -> dict[str, dict[str, Any]]:
    """Position -> dead letter, from dead.v1 itself."""
    consumer = AIOKafkaConsumer(
        system.prefix + topics.DEAD.name,
        bootstrap_servers=system.bootstrap,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8_000_000,
    )
    await consumer.start()
    found: dict[str, dict[str, Any]] = {}
    try:
        while len(found) < wanted:
            batches = await consumer.getmany(timeout_ms=5_000)
            assert batches, f"{len(found)} of {wanted} dead letters"
            for records in batches.values():
                for record in records:
                    for line in split(record.value or b""):
                        letter = json.loads(line)
                        found[letter["source"]] = letter
    finally:
        await consumer.stop()
    return found


async def send(system: System) -> dict[str, tuple[bytes, str]]:
    """Every case between two good lines; position -> what must be found there."""
    expected = {}
    producer = new_producer(system.kafka)
    await producer.start()

    async def put(value: bytes | None) -> str:
        told = await producer.send_and_wait(system.prefix + topics.CALLS.name, value, b"any")
        return f"{topics.CALLS.name}/{told.partition}/{told.offset}"

    try:
        for number, (line, reason) in enumerate(CASES.values()):
            around = as_json(good(2 * number)), as_json(good(2 * number + 1))
            at = await put(b"\n".join([around[0], line, b"", around[1]]))
            expected[f"{at}/1"] = (line, reason)
        for empty in (None, b"", b"\n\n"):
            await put(empty)
        many = [as_json(good(1_000 + number)) for number in range(10_000)]
        many[7], many[9_999] = b"{", bad(usage={"input": -9_999})
        at = await put(b"\n".join(many))
        expected |= {f"{at}/7": (b"{", "not_json"), f"{at}/9999": (many[9_999], "invalid_field")}
    finally:
        await producer.stop()
    return expected


async def test_good_lines_count_and_bad_ones_are_kept(system: System) -> None:
    async with Load(system) as load:
        await load.prices(BOOK)
    expected = await send(system)
    await system.wait_settled()
    numbers = {*range(2 * len(CASES)), *(set(range(1_000, 11_000)) - {1_007, 10_999})}
    events = [good(number) for number in numbers]
    right = totals((event, cost(event, BOOK)) for event in events)
    assert sum(right.values(), Sum()).calls == 2 * len(CASES) + 9_998
    check(system, right, RUN)
    letters = await dead_letters(system, len(expected))
    for position, (line, reason) in expected.items():
        letter = letters[position]
        told = (letter["reason"], letter["original_bytes"], letter["original_sha256"])
        assert told == (reason, len(line), hashlib.sha256(line).hexdigest()), letter["detail"]
        assert base64.b64decode(letter["original"]) == line[:ORIGINAL_BYTES_MAX]
    rows = system.sql("SELECT source, reason, original_sha256 FROM dead_letters FINAL")
    assert {source: (reason, sha) for source, reason, sha in rows} == {
        source: (letter["reason"], letter["original_sha256"]) for source, letter in letters.items()
    }
    assert await system.lag("pricer") == await system.lag("rollup") == 0
