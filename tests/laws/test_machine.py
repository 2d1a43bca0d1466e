"""Event to ledger as a state machine: lost acknowledgements, redelivery, crashes, late prices.

Kafka in memory (the fake that passes the real one's contract), the pricer's own decisions, the
ledger's own flush cycle on the real engine. The oracle knows only what was told and at which book
positions a call was priced.
"""

import asyncio
import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiokafka.errors import KafkaError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from schemas import ndjson
from schemas.dead import Refusal
from schemas.priced import ParkedCall
from schemas.topics import CALLS, PRICED, PRICES, RETRY
from services.pricer.decide import Outputs, decide, position
from services.pricer.waker import try_price
from services.pricing.book import PriceBook
from services.rollup.ledger import Ledger
from services.runtime.fakes import FAKE_EPOCH_MS, FakeBroker, FakeConsumer, FakePublisher
from services.runtime.kafka import Message
from services.runtime.migrate import migrate
from tests.inprocess import ChdbStore

MODELS = ("m1", "m2")
STEPS = ("tellings", "links", "void", "told_once", "live", "minutes")
SINCE = "2026-01-01T00:00:00Z"


class KilledError(Exception):
    """The process died here."""


class Machine(RuleBasedStateMachine):
    """One pricer and one rollup, killed and revived at will."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.broker = FakeBroker()
        self.publisher = FakePublisher(self.broker)
        self.store = ChdbStore(f"machine_{uuid.uuid4().hex[:8]}")
        self.deadly = ""
        self.ledger = Ledger(self.store, "w", crash=self.crash)  # type: ignore[arg-type]
        self.run(migrate(self.store, "schemas.clickhouse"))  # type: ignore[arg-type]
        self.run(self.ledger.prepare())
        self.book = PriceBook()
        self.read_records = 0
        self.told: dict[str, dict[str, Any]] = {}
        self.prices: list[tuple[str, Decimal]] = []
        self.priced_at: dict[str, int] = {}
        self.open()

    def open(self) -> None:
        self.calls = FakeConsumer(self.broker, [CALLS.name], "pricer")
        self.rows = FakeConsumer(self.broker, [PRICED.name], "rollup")

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def crash(self, step: str) -> None:
        if step == self.deadly:
            self.deadly = ""
            raise KilledError(step)

    def send(self, messages: list[Message]) -> None:
        """As every sender does: again until acknowledged."""
        while True:
            try:
                return self.run(self.publisher.publish(messages))
            except KafkaError:
                continue

    @rule(lost=st.booleans())
    def fault(self, lost: bool) -> None:
        self.broker.lose_ack, self.broker.refuse = lost, not lost

    @rule(
        count=st.integers(1, 6),
        org=st.sampled_from(["a", "b"]),
        model=st.sampled_from(MODELS),
        minute=st.integers(0, 2),
    )
    def tell(self, count: int, org: str, model: str, minute: int) -> None:
        at = datetime.fromtimestamp(FAKE_EPOCH_MS / 1000 - 60 * minute, UTC).isoformat()
        new = [
            {
                "event_id": f"e{len(self.told) + n}",
                "occurred_at": at,
                "org_id": org,
                "provider": "openai",
                "request_model": model,
                "usage": {"input": 7, "output": 3},
            }
            for n in range(count)
        ]
        self.told |= {event["event_id"]: event for event in new}
        value = b"\n".join(json.dumps(event).encode() for event in new)
        self.send([Message(CALLS.name, value, org.encode())])

    @rule(data=st.data())
    def resend(self, data: st.DataObject) -> None:
        if self.told:
            again = data.draw(st.lists(st.sampled_from(sorted(self.told)), min_size=1, max_size=9))
            value = b"\n".join(json.dumps(self.told[name]).encode() for name in again)
            self.send([Message(CALLS.name, value, b"resent")])

    @rule(model=st.sampled_from(MODELS), cents=st.integers(0, 10**6), seen=st.booleans())
    def publish_price(self, model: str, cents: int, seen: bool) -> None:
        price = Decimal(cents).scaleb(-2)
        rate = {"price": str(price), "per": 1_000_000}
        record = {"kind": "price", "provider": "openai", "model": model, "effective_from": SINCE}
        value = json.dumps(record | {"rates": {"input": rate, "output": rate}}).encode()
        key = f"price|*|openai|{model}|{SINCE}".encode()
        self.broker.append(Message(PRICES.name, value, key))
        self.prices.append((model, price))
        if seen:
            self.read_book()

    @rule()
    def read_book(self) -> None:
        logs = [r for tp, log in self.broker.logs.items() if tp.topic == PRICES.name for r in log]
        records = sorted(logs, key=lambda record: record.timestamp)
        for at, record in enumerate(records[self.read_records :], self.read_records):
            assert not isinstance(self.book.apply(record.key, record.value, at), Refusal)
        self.read_records = len(records)

    @rule(count=st.integers(1, 10), dies=st.booleans())
    def price(self, count: int, dies: bool) -> None:
        found = self.run(self.calls.getmany(max_records=count))
        outputs = Outputs()
        for record in [r for records in found.values() for r in records]:
            at = position(record.topic, record.partition, record.offset, record.timestamp)
            decide(record.value, at, self.book, outputs)
        self.emit(outputs)
        if dies:
            return self.open()
        ends = {tp: records[-1].offset + 1 for tp, records in found.items()}
        return self.run(self.calls.commit(ends))

    @rule()
    def wake(self) -> None:
        logs = [r for tp, log in self.broker.logs.items() if tp.topic == RETRY.name for r in log]
        outputs = Outputs()
        for record in logs:
            for line in ndjson.split(record.value or b""):
                try_price(ParkedCall.model_validate_json(line), self.book, outputs)
        self.emit(outputs, park=False)

    def emit(self, outputs: Outputs, *, park: bool = True) -> None:
        for line in outputs.priced:
            row = json.loads(line)
            if not row.get("pending"):
                seen = self.priced_at.get(row["event_id"], self.read_records)
                self.priced_at[row["event_id"]] = min(seen, self.read_records)
        found = [Message(PRICED.name, line, line[:20]) for line in outputs.priced]
        if park:
            found += [Message(RETRY.name, p.line, p.key.encode()) for p in outputs.parked]
        assert outputs.dead == []
        if found:
            self.send(found)

    @rule(count=st.integers(1, 12), step=st.sampled_from(["", *STEPS, "before commit"]))
    def roll_up(self, count: int, step: str) -> None:
        found = self.run(self.rows.getmany(max_records=count))
        lines = [r.value for records in found.values() for r in records]
        if not lines:
            return None
        self.deadly = step
        try:
            self.run(self.ledger.flush(lines))
        except KilledError:
            return self.open()
        if step == "before commit":
            return self.open()
        ends = {tp: records[-1].offset + 1 for tp, records in found.items()}
        return self.run(self.rows.commit(ends))

    @rule(table=st.sampled_from(["tellings", "calls", "rollup_minute", "links"]))
    def merge(self, table: str) -> None:
        self.run(self.store.command(f"OPTIMIZE TABLE {table} FINAL"))

    def expected(self) -> dict[str, tuple[int, Decimal]]:
        """org -> priced calls and their cost; the first price each call met stands."""
        sums: dict[str, tuple[int, Decimal]] = {}
        for name, at in self.priced_at.items():
            event = self.told[name]
            price = [p for m, p in self.prices[:at] if m == event["request_model"]][-1]
            calls, cost = sums.get(event["org_id"], (0, Decimal(0)))
            sums[event["org_id"]] = (calls + 1, cost + 10 * price / 1_000_000)
        return sums

    def teardown(self) -> None:
        if hasattr(self, "store"):
            try:
                self.settle()
            finally:
                self.run(self.store.close())
                self.loop.close()

    def settle(self) -> None:
        """Everything is read and written; then the ledger must say what the oracle says."""
        self.broker.lose_ack = self.broker.refuse = False
        self.read_book()
        self.open()
        self.price(10**6, dies=False)
        self.wake()
        self.roll_up(10**6, "")
        sql = (
            "SELECT org_id, toUInt64(sumIf(x.calls, x.pending = '')), toString(sum(x.cost)), "
            "sum(x.calls) FROM rollup_minute FINAL ARRAY JOIN d AS x GROUP BY org_id"
        )
        found = self.run(self.store.rows(sql))
        told = {r[0]: (int(r[1]), Decimal(r[2])) for r in found if int(r[1])}
        assert told == self.expected()
        assert sum(int(r[3]) for r in found) == len(self.told)


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=25,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
