"""Prices corrected, withdrawn and published again while calls flow and the pricer is killed."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.system import System

pytestmark = pytest.mark.engines
KEY = "price|*|openai|gpt-e2e|2026-01-01T00:00:00Z"
CALLS = 120
SETTINGS = {"ROLLUP_REPRICE_SETTLE_SECONDS": "2"}


@pytest.fixture(scope="module")
def system(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    home = tmp_path_factory.mktemp("repricing")
    with System(kafka.bootstrap, clickhouse.url, home, settings=SETTINGS) as started:
        yield started


def record(price: str, revision: int, **fields: Any) -> dict[str, Any]:
    rate = {"price": price, "per": 1_000_000}
    return {
        "kind": "price", "provider": "openai", "model": "gpt-e2e", "revision": revision,
        "effective_from": "2026-01-01T00:00:00Z", "rates": {"input": rate, "output": rate},
        "reprice": "retroactive", "audit": {"published_by": "eve", "reason": f"to {price}"},
    } | fields  # fmt: skip


class Client:
    """Tells calls as a producer does, with the provider's own usage, and publishes prices."""

    def __init__(self, system: System) -> None:
        self.system, self.told = system, 0
        self.headers = {"authorization": f"Bearer {system.key}"}

    def tell(self) -> None:
        now = datetime.now(UTC)
        calls = [
            {
                "event_id": f"r{self.told + n}", "org_id": "acme" if n % 2 else "globex",
                "occurred_at": (now - timedelta(hours=n % 30)).isoformat(), "provider": "openai",
                "request_model": "gpt-e2e", "flavour": "openai.chat",
                "usage_payload": {"prompt_tokens": 1000, "completion_tokens": n,
                                  "total_tokens": 1000 + n},
            }
            for n in range(CALLS)
        ]  # fmt: skip
        answer = httpx.post(
            f"{self.system.url('ingest')}/v1/calls", json=calls, headers=self.headers, timeout=30
        )
        assert answer.status_code in (200, 202), answer.text
        self.told += CALLS

    def publish(self, told: dict[str, Any]) -> int:
        answer = httpx.put(
            f"{self.system.url('api')}/v1/prices", json=told, headers=self.headers, timeout=30
        )
        assert answer.status_code == 202, answer.text
        return int(answer.json()["position"])

    def expected(self, price: int) -> Decimal:
        tokens = self.told // CALLS * sum(1000 + n for n in range(CALLS))
        return Decimal(tokens * price) / 10**6


def standing(system: System) -> tuple[int, Decimal, int]:
    """Calls, cost and pending calls of the ledger."""
    [[calls, cost, pending]] = system.sql(
        "SELECT count(), toString(sum(cost)), countIf(pending != '') FROM calls FINAL "
        "WHERE is_void = 0 AND model = 'gpt-e2e'"
    )
    return int(calls), Decimal(cost), int(pending)


def is_done(system: System, jobs: int) -> bool:
    found = system.get("/v1/repricings")["repricings"]
    return len(found) == jobs and all(job["state"] == "done" for job in found)


async def settled(system: System, jobs: int) -> None:
    await system.wait_for("the repricing", lambda: is_done(system, jobs), 90.0)
    await system.wait_settled()


def moved(system: System) -> Decimal:
    """What the newest correction changed, by its audit."""
    newest = system.get("/v1/repricings")["repricings"][0]
    assert newest["audit"]["published_by"] == "eve"
    changes = system.get(f"/v1/repricings/{newest['position']}")["changes"]
    return sum(
        (Decimal(c["cost_after"]) - Decimal(c["cost_before"]) for c in changes), Decimal(0)
    )  # fmt: skip


async def test_ledger_and_audit_follow_every_change_of_the_price(system: System) -> None:
    client = Client(system)
    client.publish(record("2", 1, reprice="none"))
    client.tell()
    await system.wait_settled()
    assert standing(system) == (CALLS, client.expected(2), 0)

    client.publish(record("3", 2))  # corrected while calls flow and the pricer dies
    client.tell()
    system.kill("pricer")
    client.tell()
    system.restart("pricer")
    await settled(system, 1)
    assert standing(system) == (3 * CALLS, client.expected(3), 0)
    assert 0 < moved(system) <= client.expected(1)

    before = standing(system)[1]
    client.publish(record("3", 3, status="withdrawn"))
    await asyncio.sleep(1)
    system.kill("rollup")
    system.restart("rollup")
    await settled(system, 2)
    assert standing(system) == (3 * CALLS, Decimal(0), 3 * CALLS)
    assert moved(system) == -before

    client.publish(record("5", 4))
    await settled(system, 3)
    await system.wait_for("prices again", lambda: standing(system)[2] == 0)
    assert standing(system) == (3 * CALLS, client.expected(5), 0)
    system.verify()
    assert system.sql("SELECT count() FROM conflicts") == [["0"]]


async def test_explain_recomputes_a_call_told_by_its_payload(system: System) -> None:
    explained = system.get("/v1/calls/r7/explain")
    assert (explained["normaliser"], explained["adds_up"]) == ("openai.chat@3", True)
    assert explained["usage_payload"]["prompt_tokens"] == 1000
    assert explained["usage"] == {"input": 1000, "output": 7}
    assert explained["steps"][0] == "input: 1000 x 5 / 1000000 = 0.005"
    assert explained["cost"] == explained["today"]["cost"] == "0.005035"
