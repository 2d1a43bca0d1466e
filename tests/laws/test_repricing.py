"""Repricing on the real engine: the ledger follows each correction, and the audit explains it."""

import asyncio
import random
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from schemas.call import CallEvent
from schemas.priced import ParkedCall
from schemas.topics import RETRY
from services.pricer.decide import Outputs
from services.pricer.encode import priced_line
from services.pricer.waker import try_price
from services.pricing.book import PriceBook
from services.pricing.core import Priced
from services.pricing.told import decide
from services.rollup import mirrors
from services.rollup.ledger import Ledger
from services.rollup.maintenance import close_month
from services.rollup.repricing import Repricer, Speed
from services.runtime.fakes import FakeBroker, FakePublisher
from services.runtime.migrate import migrate
from tests.inprocess import ChdbStore
from tests.unit.pricing.make import key_of, price_record, rates

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MODELS = ("m1", "m2")


class DiedError(Exception):
    """The worker died here."""


class World:
    """A ledger, a pricer's book and a repricer, as they stand in one installation."""

    def __init__(self, store: ChdbStore) -> None:
        self.store, self.broker, self.book = store, FakeBroker(), PriceBook()
        self.publisher = FakePublisher(self.broker)
        self.ledger = Ledger(store, "w0")  # type: ignore[arg-type]
        self.repricer = Repricer(store, self.publisher, Speed(10**9, 0.0), lambda: True)  # type: ignore[arg-type]
        self.calls: dict[str, CallEvent] = {}
        self.read = 0

    async def publish(self, record: dict[str, Any] | None, key: bytes = b"") -> int:
        """To the pricer's book and to the mirror."""
        value = orjson.dumps(record) if record else None
        key, at = key or key_of(record or {}), self.book.position
        self.book.apply(key, value, at)
        [entry] = mirrors.prices(mirrors.Source("prices.v1", 0, at, NOW, key), value)
        await self.store.insert_bytes(entry.table, mirrors.encode([entry.row or {}]))
        return at

    async def tell(self, events: list[CallEvent]) -> None:
        lines = []
        for event in events:
            self.calls[event.event_id] = event
            lines.append(priced_line(event, decide(event, self.book), self.book.position))  # type: ignore[arg-type]
        await self.ledger.flush(lines)

    async def reprice(self, *, dies_after: int | None = None) -> None:
        """Passes until nothing is left to do; what was sent is priced and flushed."""
        for _ in range(8):
            if dies_after is not None:
                self.publisher_dies(dies_after)
            try:
                await self.repricer.once(asyncio.Event())
            except DiedError:
                dies_after = None
            await self.wake()

    def publisher_dies(self, after: int) -> None:
        sent, publish = 0, FakePublisher.publish

        async def dying(messages: Any) -> None:
            nonlocal sent
            sent += 1
            if sent > after:
                del self.publisher.publish  # type: ignore[attr-defined]
                raise DiedError
            await publish(self.publisher, messages)

        self.publisher.publish = dying  # type: ignore[method-assign,assignment]

    async def wake(self) -> None:
        records: list[ConsumerRecord] = [
            r for tp, log in self.broker.logs.items() if tp.topic == RETRY.name for r in log
        ]
        outputs = Outputs()
        for record in records[self.read :]:
            for line in record.value.splitlines():
                try_price(ParkedCall.model_validate_json(line), self.book, outputs)
        self.read = len(records)
        if outputs.priced:
            await self.ledger.flush(outputs.priced)

    async def totals(self) -> dict[str, tuple[int, Decimal]]:
        rows = await self.store.rows(
            "SELECT org_id, countIf(pending = ''), toString(sum(cost)) FROM calls FINAL "
            "WHERE is_void = 0 GROUP BY org_id"
        )
        return {row[0]: (int(row[1]), Decimal(row[2])) for row in rows}

    def expected(self, *, but: frozenset[str] = frozenset()) -> dict[str, tuple[int, Decimal]]:
        """What the book says now of every call, except those in `but`."""
        found: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
        for event in self.calls.values():
            result = decide(event, self.book).result
            count, total = found[event.org_id]
            if isinstance(result, Priced) and event.event_id not in but:
                found[event.org_id] = (count + 1, total + result.cost)
        return dict(found)

    async def moved(self, position: int, *, adjustment: bool) -> dict[str, Decimal]:
        """The audit of one correction: org to difference."""
        rows = await self.store.rows(
            "SELECT org_id, toString(sum(CAST(cost_after AS Decimal(76, 18)) - cost_before)) "
            f"FROM price_changes FINAL WHERE position = {position} "
            f"AND is_adjustment = {int(adjustment)} GROUP BY org_id"
        )
        return {row[0]: Decimal(row[1]) for row in rows}


def told(rng: random.Random, number: int, month: int = 11) -> CallEvent:
    at = datetime(2026, month, rng.randrange(1, 20), rng.randrange(24), 30, 0, number, tzinfo=UTC)
    return CallEvent.model_validate(
        {
            "event_id": f"e{number}", "occurred_at": at, "org_id": rng.choice(["a", "b"]),
            "provider": "OpenAI", "request_model": rng.choice(MODELS), "metadata": {"n": number},
            "usage": {"input": rng.randrange(9999), "output": 7}, "duration_ms": 5,
        }
    )  # fmt: skip


def record(model: str, price: str, **fields: Any) -> dict[str, Any]:
    return price_record(model, rates=rates(input=price, output=price), **fields)


async def world() -> World:
    store = ChdbStore(f"reprice_{uuid.uuid4().hex[:8]}")
    await migrate(store, "schemas.clickhouse")  # type: ignore[arg-type]
    made = World(store)
    await made.ledger.prepare()
    for model in MODELS:
        await made.publish(record(model, "2"))
    return made


RETRO = {"reprice": "retroactive", "revision": 2}


@pytest.mark.parametrize("seed", range(4))
async def test_ledger_and_audit_follow_corrections_through_crashes(seed: int) -> None:
    rng = random.Random(seed)
    w = await world()
    await w.tell([told(rng, n) for n in range(60)])
    for price, since in (("3", None), ("5", "2026-11-10T00:00:00Z"), ("1", None)):
        before = await w.totals()
        at = await w.publish(
            record("m1", price, **RETRO, **({"effective_from": since} if since else {}))
        )
        await w.reprice(dies_after=rng.choice([None, 0, 1, 3]))
        after = await w.totals()
        assert after == w.expected()
        moved = await w.moved(at, adjustment=False)
        assert {org: after[org][1] - before[org][1] for org in after} == {"a": 0, "b": 0} | moved
        rows = await w.store.rows(f"SELECT state FROM repricings FINAL WHERE position = {at}")
        assert rows == [["done"]]
    assert await w.store.rows("SELECT count() FROM conflicts") == [[0]]


async def test_withdrawn_price_makes_its_calls_pending_and_a_new_one_prices_them() -> None:
    w = await world()
    rng = random.Random(1)
    await w.tell([told(rng, n) for n in range(30)])
    await w.publish(record("m1", "2", **RETRO, status="withdrawn"))
    await w.reprice()
    assert await w.totals() == w.expected()
    assert sum(count for count, _ in (await w.totals()).values()) < 30
    await w.publish(record("m1", "4", **RETRO))
    parked = w.read
    w.read = 0  # a change of the book makes the waker look again at what is parked
    await w.wake()
    assert w.read == parked
    assert await w.totals() == w.expected()


async def test_only_calls_of_the_series_and_window_are_touched() -> None:
    rng = random.Random(7)
    w = await world()
    await w.tell([told(rng, n) for n in range(60)])
    at = await w.publish(record("m1", "9", **RETRO, effective_from="2026-11-10T00:00:00Z"))
    await w.reprice()
    touched = await w.store.rows(f"SELECT event_id FROM price_changes WHERE position = {at}")
    start = datetime(2026, 11, 10, tzinfo=UTC)
    assert {row[0] for row in touched} == {
        e.event_id for e in w.calls.values() if e.request_model == "m1" and e.occurred_at >= start
    }


async def test_correction_without_the_word_changes_nothing_told() -> None:
    w = await world()
    rng = random.Random(2)
    await w.tell([told(rng, n) for n in range(20)])
    before = await w.totals()
    await w.publish(record("m1", "9", revision=2))
    await w.reprice()
    assert await w.totals() == before


async def test_closed_month_keeps_its_prices_and_the_difference_is_an_adjustment() -> None:
    rng = random.Random(3)
    w = await world()
    october = [told(rng, n, month=10) for n in range(30)]
    await w.tell(october)
    await w.tell([told(rng, n) for n in range(30, 60)])
    before = await w.totals()
    closing = datetime(2026, 10, 1, tzinfo=UTC).date()
    await close_month(w.store, closing, "eve", closed=True, reason="invoiced")  # type: ignore[arg-type]
    expected_before = w.expected()
    adjusted: dict[str, Decimal] = defaultdict(Decimal)
    for price in ("3", "7"):
        at = await w.publish(record("m1", price, **RETRO))
        await w.reprice(dies_after=rng.choice([0, 2]))
        for org, money in (await w.moved(at, adjustment=True)).items():
            adjusted[org] += money
    after = await w.totals()
    assert before == expected_before
    for org, (_, truth) in w.expected().items():
        assert after[org][1] + adjusted[org] == truth
    kept = await w.store.rows(
        "SELECT toString(sum(cost)) FROM calls FINAL WHERE is_void = 0 AND bucket < '2026-11-01'"
    )
    assert Decimal(kept[0][0]) == sum(
        (Decimal(2) * (e.usage["input"] + 7) / 10**6 for e in october),  # type: ignore[index,operator]
        Decimal(0),
    )
    months = await w.store.rows(
        "SELECT DISTINCT toString(in_month) FROM price_changes WHERE is_adjustment = 1"
    )
    assert months == [["2026-11-01"]]


async def test_replay_prices_again_after_an_alias_moved() -> None:
    rng = random.Random(5)
    w = await world()
    alias = {
        "kind": "alias", "provider": "openai", "reference": "m3", "model": "m1",
        "effective_from": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    await w.publish(alias)
    await w.publish(record("m2", "8"))
    events = [told(rng, n).model_copy(update={"request_model": "m3"}) for n in range(20)]
    await w.tell(events)
    await w.publish(alias | {"model": "m2", "revision": 2})
    await w.reprice()
    assert await w.totals() != w.expected()
    replay = {
        "kind": "replay", "replay_id": "alias-m3", "provider": "openai",
        "start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z",
    }  # fmt: skip
    await w.publish(replay)
    await w.reprice()
    assert await w.totals() == w.expected()
