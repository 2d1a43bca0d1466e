"""Prices the world with the pricer's core and writes it through the rollup's own cycle."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from schemas.call import CallEvent
from schemas.price import BOOK_RECORD, book_key
from services.pricer.decide import Outputs, Position, decide
from services.pricer.encode import Again, priced_line
from services.pricing import told
from services.pricing.book import PriceBook
from services.pricing.core import Priced
from services.rollup import mirrors
from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger
from services.runtime.clickhouse import Store
from services.runtime.migrate import migrate
from tests.seed import world
from tests.seed.world import Size

FLUSH_LINES = 20_000
REPRICED_DAYS = (20, 35)
"""The second model's price was wrong for these days before now, and was corrected."""


class Filler:
    """One filling: the book, what was priced with the wrong price, what is to be written."""

    def __init__(self, store: Store, size: Size, now: datetime) -> None:
        self.store, self.size, self.now = store, size, now
        self.book = PriceBook()
        self.ledger = Ledger(store, "seed")
        self.cascade = Cascade(store, self.ledger.scratch)
        self.lines: list[bytes] = []
        self.wrong: list[CallEvent] = []
        self.mirrored: dict[str, list[bytes]] = {}
        self.model = world.models(size)[1]

    async def run(self) -> int:
        """Everything; the number of steps."""
        await migrate(self.store, "schemas.clickhouse")
        await self.ledger.prepare()
        await self.publish(self.records())
        orgs = world.org_records(self.size, self.now)
        for number, record in enumerate(orgs):
            source = mirrors.Source("orgs.v1", 0, number, self.now, record["org_id"].encode())
            self._mirror(mirrors.orgs(source, orjson.dumps(record)))
        steps = 0
        for day in range(self.size.days - 1, -1, -1):
            steps += await self.day(day)
        await self.flush(0)
        await self.reprice()
        await self.finish()
        return steps

    async def day(self, day: int) -> int:
        """One day of conversations; the number of steps."""
        rng, steps = random.Random(f"{self.size.seed}-outcomes-{day}"), 0
        for talk in world.conversations(self.size, self.now, day):
            if talk:
                steps += len(talk)
                await self.add(talk, rng)
        return steps

    async def add(self, talk: list[dict[str, Any]], rng: random.Random) -> None:
        """One conversation, priced."""
        outputs = Outputs()
        at = Position("calls.v1", 0, 0, datetime.fromisoformat(talk[-1]["occurred_at"]))
        decide(b"\n".join(map(orjson.dumps, talk)), at, self.book, outputs)
        if outputs.dead:
            raise ValueError(f"the world tells what is refused: {outputs.dead[0]!r}")
        self.lines += outputs.priced
        wrong = filter(self._is_wrong, talk)
        self.wrong += [CallEvent.model_validate_json(orjson.dumps(step)) for step in wrong]
        for outcome in world.outcomes(rng, talk):
            source = mirrors.Source("outcomes.v1", 0, 0, self.now, b"")
            self._mirror(mirrors.outcomes(source, orjson.dumps(outcome)))
        await self.flush(FLUSH_LINES)

    async def flush(self, least: int) -> None:
        """Write what is waiting once there is enough."""
        if len(self.lines) > least:
            self.cascade.touch((await self.ledger.flush(self.lines)).hours)
            self.lines = []
            for table, rows in self.mirrored.items():
                await self.store.insert_bytes(table, b"\n".join(rows))
            self.mirrored = {}

    async def publish(self, records: Iterable[dict[str, Any]]) -> None:
        """Into the book and its mirror."""
        for record in records:
            parsed, value = BOOK_RECORD.validate_json(orjson.dumps(record)), orjson.dumps(record)
            key, offset = book_key(parsed).encode(), self.book.position
            self.book.apply(key, value, offset)
            self._mirror(
                mirrors.prices(mirrors.Source("prices.v1", 0, offset, self.now, key), value)
            )

    def records(self) -> list[dict[str, Any]]:
        """The price book: every model, some that became cheaper, one that is wrong, markups."""
        since = self.now - timedelta(days=self.size.days + 5)
        drop = self.now - timedelta(days=self.size.days // 3)
        known = world.models(self.size)
        records = [model.record(since) for model in known]
        records += [model.record(drop, 0.8) for model in known[::7]]
        begin = self.now - timedelta(days=REPRICED_DAYS[1])
        records.append(self.model.record(begin, 1.7))
        records.append(self.model.record(self.now - timedelta(days=REPRICED_DAYS[0])))
        markups = [
            {
                "kind": "markup", "scope": f"org:{world.org_id(number)}", "rule_id": "factor",
                "effective_from": since.strftime("%Y-%m-%dT00:00:00Z"), "multiply": factor,
            }
            for number, factor in ((0, "1.25"), (1, "1.4"), (2, "1.1"), (3, "1.3"))
        ]  # fmt: skip
        return records + markups

    def _is_wrong(self, step: dict[str, Any]) -> bool:
        at = datetime.fromisoformat(step["occurred_at"])
        low, high = (self.now - timedelta(days=days) for days in reversed(REPRICED_DAYS))
        midnight = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
        is_in = low.replace(**midnight) <= at < high.replace(**midnight)  # type: ignore[arg-type]
        return is_in and step.get("request_model") == self.model.name and "usage" in step

    async def reprice(self) -> None:
        """Correct the wrong price: the calls anew, and what it changed."""
        begin = self.now - timedelta(days=REPRICED_DAYS[1])
        before, position = self.book.fork(), self.book.position
        audit = {
            "published_by": "finance", "reason": "typing error", "published_at": _iso(self.now)
        }  # fmt: skip
        corrected = self.model.record(begin) | {
            "reprice": "retroactive", "revision": 2, "audit": audit
        }  # fmt: skip
        await self.publish([corrected])
        changes = []
        for event in self.wrong:
            old, new = told.decide(event, before), told.decide(event, self.book)
            self.lines.append(priced_line(event, new, self.book.position, Again(position + 1)))
            if isinstance(old.result, Priced) and isinstance(new.result, Priced):
                changes.append(_change(event, (old.result, new.result), position))
        await self.flush(0)
        if changes:
            await self._insert("price_changes", changes)
        job = {
            "position": position, "step": 1, "state": "done", "pass": 1, "slots_done": 1,
            "slots": 1, "seen": len(changes), "changed": len(changes),
            "updated_at": _iso(self.now),
        }  # fmt: skip
        await self._insert("repricings", [job])

    async def finish(self) -> None:
        """Everything coarser, and how far the ledger is."""
        for table, rows in self.mirrored.items():
            await self.store.insert_bytes(table, b"\n".join(rows))
        self.mirrored = {}
        await self.cascade.refresh(everything=True)
        await self.progress(self.now)

    async def progress(self, now: datetime) -> None:
        """All that was told is in."""
        row = {
            "topic": "priced.v1", "partition": 0, "position": 1, "end_offset": 1,
            "record_at": _iso(now), "flushed_at": _iso(now),
        }  # fmt: skip
        await self._insert("progress", [row])

    async def _insert(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        await self.store.insert_bytes(table, b"\n".join(map(orjson.dumps, rows)))

    def _mirror(self, rows: Iterable[mirrors.Mirrored]) -> None:
        for row in rows:
            self.mirrored.setdefault(row.table, []).append(orjson.dumps(row.row))


def _change(event: CallEvent, results: tuple[Priced, Priced], position: int) -> dict[str, Any]:
    old, new = results
    month = event.occurred_at.astimezone(UTC).date().replace(day=1)
    return {
        "position": position,
        "slot": _iso(event.occurred_at.replace(minute=0, second=0, microsecond=0)),
        "org_id": event.org_id or "unattributed", "project": event.project,
        "event_id": event.event_id, "occurred_at": _iso(event.occurred_at),
        "provider": event.provider, "model": event.answering_model,
        "currency_before": "USD", "currency_after": "USD",
        "cost_before": str(old.cost), "cost_after": str(new.cost),
        "charge_before": str(old.charge), "charge_after": str(new.charge),
        "in_month": month.isoformat(),
    }  # fmt: skip


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
