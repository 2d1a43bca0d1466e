"""A small ledger on the real engine, and what any answer over it must be: plain Python."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger
from services.runtime.clickhouse import Store
from services.runtime.migrate import migrate

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
DAYS = 40
ORGS = ("acme", "globex", "Ünï'co\"de\\ 🦊", "unattributed")


@dataclass(frozen=True)
class Event:
    """One priced or pending step."""

    number: int
    at: datetime
    org: str
    provider: str
    model: str
    operation: str
    feature: str
    assistant: str
    status: str
    currency: str
    cost: Decimal
    pending: str
    tokens: int
    trace: str
    parent: str
    price_record: str

    @property
    def duration(self) -> int:
        return 100 + self.number * 37 % 4_000

    def line(self, revision: int = 1) -> bytes:
        """As priced.v1 has it; a higher revision is priced again."""
        digest = hashlib.blake2b(repr(self).encode(), digest_size=8).digest()
        body: dict[str, Any] = {
            "event_id": f"e{self.number}",
            "occurred_at": self.at.isoformat(),
            "org_id": self.org,
            "trace_id": self.trace,
            "span_id": f"s{self.number}",
            "parent_span_id": self.parent,
            "provider": self.provider,
            "model": self.model,
            "operation": self.operation,
            "feature": self.feature,
            "assistant_id": self.assistant,
            "conversation_id": self.conversation,
            "user_id": self.user,
            "name": f"step {self.number}",
            "status": self.status,
            "price_key": self.price_record,
            "duration_ms": self.duration,
            "ttft_ms": self.duration // 4,
            "usage": {"input": self.tokens},
            "tok_in": self.tokens,
            "ver": str(revision << 64 | int.from_bytes(digest, "big")),
            "payload_hash": str(int.from_bytes(digest, "big")),
        }
        if self.pending:
            body |= {"pending": self.pending}
        else:
            charge = self.cost * Decimal("1.2")
            body |= {"cost": f"{self.cost:f}", "charge": f"{charge:f}", "currency": self.currency}
        return json.dumps(body).encode()

    @property
    def conversation(self) -> str:
        return f"c{self.number // 12}"

    @property
    def user(self) -> str:
        return f"u{self.number // 12 % 5}"

    def is_in(self, filters: dict[str, Sequence[str]]) -> bool:
        return all(getattr(self, name) in values for name, values in filters.items())


def draw(rng: random.Random, number: int) -> Event:
    minutes = rng.choice([0, 30, 59, rng.randrange(1440), rng.randrange(1440)])
    at = NOW.replace(hour=0, minute=0) - timedelta(days=rng.randrange(DAYS))
    at += timedelta(minutes=minutes, seconds=rng.randrange(60), milliseconds=rng.randrange(1000))
    pending = rng.choice(["", "", "", "", "model_unknown"])
    return Event(
        number=number,
        at=min(at, NOW - timedelta(seconds=1)),
        org=rng.choice(ORGS),
        provider=rng.choice(["openai", "anthropic"]),
        model=f"m{rng.randrange(9)}",
        operation=rng.choice(["chat", "embeddings", "retrieval"]),
        feature=rng.choice(["refunds", ""]),
        assistant=rng.choice(["support", "sales", "ops"]),
        status=rng.choice(["ok", "ok", "error"]),
        currency=rng.choice(["USD", "USD", "EUR"]),
        cost=Decimal(rng.randrange(10**9)) / 10**9,
        pending=pending,
        tokens=rng.randrange(1000),
        trace=f"t{number // 4}",
        parent="" if number % 4 == 0 else f"s{number - rng.randrange(1, number % 4 + 1)}",
        price_record="" if pending else rng.choice(["price|a", "price|b"]),
    )


async def tell(store: Store, lines: Sequence[bytes]) -> None:
    """Calls, through the rollup's own cycle."""
    ledger = Ledger(store, "world")
    await ledger.prepare()
    cascade = Cascade(store, ledger.scratch)
    cascade.touch((await ledger.flush(lines)).hours)
    while cascade.hours.dirty or cascade.days.dirty or cascade.subjects.dirty:
        await cascade.refresh(everything=True)


async def fill(store: Store, events: Sequence[Event]) -> None:
    """Calls, prices, orgs and dead letters."""
    await migrate(store, "schemas.clickhouse")
    await tell(store, [event.line() for event in events])
    prices = [
        price("openai", "m1", "2.5", "10", 1),
        price("openai", "m2", "0.5", "2", 2),
        price("anthropic", "m1", "3", "15", 3),
        price("openai", "m1", "1", "4", 4, scope="org:globex"),
    ]
    await store.insert_bytes("price_log", b"\n".join(prices))
    orgs = [
        {"org_id": org, "position": n, "name": org.upper(), "record": json.dumps({"org_id": org})}
        for n, org in enumerate(ORGS)
    ]
    await store.insert_bytes("orgs", b"\n".join(json.dumps(org).encode() for org in orgs))
    dead = [
        {
            "dead_id": f"d{n}",
            "occurred_at": (NOW - timedelta(minutes=n // 3)).isoformat(),
            "reason": "not_json" if n % 2 else "unknown_field",
            "org_id": ORGS[n % 2],
            "original": "b29wcw==",
            "original_bytes": 4,
        }
        for n in range(25)
    ]
    await store.insert_bytes("dead_letters", b"\n".join(json.dumps(d).encode() for d in dead))


def price(
    provider: str, model: str, fresh: str, output: str, position: int, scope: str = "*"
) -> bytes:
    record = {
        "kind": "price",
        "scope": scope,
        "provider": provider,
        "model": model,
        "effective_from": "2026-01-01T00:00:00Z",
        "rates": {
            "input": {"price": fresh, "per": 1_000_000},
            "output": {"price": output, "per": 1_000_000},
        },
    }
    row = {name: record[name] for name in ("kind", "scope", "provider", "model", "effective_from")}
    return json.dumps(
        row
        | {
            "key": f"price|{scope}|{provider}|{model}|2026-01-01T00:00:00Z",
            "position": position,
            "published_at": "2026-11-01T00:00:00Z",
            "status": "active",
            "currency": "USD",
            "revision": 1,
            "record": json.dumps(record),
        }
    ).encode()
