"""Outcomes, contents, orgs and prices reach their tables; bad ones the dead letters."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from schemas.topics import ORGS, OUTCOMES
from services.runtime.kafka import KafkaPublisher, Message
from tests.system import System

pytestmark = pytest.mark.engines
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def at() -> str:
    return datetime.now(UTC).isoformat()


async def tell(system: System, headers: dict[str, str]) -> None:
    """One of each over HTTP, and one that is refused."""
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:

        async def post(path: str, *records: dict[str, Any]) -> Any:
            return await client.post(f"{system.url('ingest')}{path}", json=list(records))

        outcome = {"outcome_id": "o-1", "occurred_at": at(), "org_id": "acme", "name": "resolved",
                   "trace_id": TRACE, "value": "4.50", "unit": "USD"}  # fmt: skip
        untied = {"outcome_id": "o-2", "occurred_at": at(), "name": "resolved"}
        told = await post("/v1/outcomes", outcome, untied, outcome)
        assert (told.status_code, told.json()["accepted"]) == (200, 2)
        content = {"content_id": "c-1", "occurred_at": at(), "org_id": "acme", "trace_id": TRACE,
                   "kind": "sent", "content": "Where is my invoice? 🦊"}  # fmt: skip
        assert (await post("/v1/contents", content)).status_code == 200
        org = {"org_id": "acme", "name": "Acme", "monthly_revenue": {"2026-11": "12000.00"},
               "monthly_budget": "900"}  # fmt: skip
        put = await client.put(f"{system.url('api')}/v1/orgs/acme", json=org)
        assert put.status_code in (200, 202), put.text


async def test_registries_and_outcomes_are_mirrored(system: System) -> None:
    headers = {"authorization": f"Bearer {system.key}"}
    await tell(system, headers)
    publisher = KafkaPublisher(system.kafka)
    await publisher.publish(
        [
            Message(OUTCOMES.name, b'{"outcome_id": "o-3"}', b"k"),
            Message(ORGS.name, b'{"org_id": "other"}', b"mismatched"),
        ]
    )
    await publisher.stop()
    await system.wait_settled()
    assert system.sql("SELECT outcome_id, toString(value) FROM outcomes FINAL") == [["o-1", "4.5"]]
    assert system.sql("SELECT content FROM contents FINAL") == [["Where is my invoice? 🦊"]]
    assert system.sql("SELECT org_id, name, monthly_revenue['2026-11'] FROM orgs FINAL") == [
        ["acme", "Acme", "12000"]
    ]
    dead = system.sql(
        "SELECT service, reason, base64Decode(original) FROM dead_letters FINAL "
        "WHERE service = 'rollup' OR base64Decode(original) LIKE '%o-2%'"
    )
    assert sorted(row[:2] for row in dead) == [
        ["ingest", "invalid_field"],
        ["rollup", "invalid_field"],
        ["rollup", "invalid_field"],
    ]
    assert [row[2] for row in dead if "o-3" in row[2]] == ['{"outcome_id": "o-3"}']
