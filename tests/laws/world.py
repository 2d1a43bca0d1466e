"""Priced lines for ledger laws, and what they must add up to: plain Python, no shared code."""

import json
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

BASE = "2026-11-%02dT%02d:%02d:%02d.000Z"


@dataclass(frozen=True)
class Event:
    """One event as told once; `rank` orders the versions of one event."""

    number: int
    org: str
    day: int
    hour: int
    minute: int
    model: str
    cost: Decimal | None
    rank: int = 1
    is_void: bool = False
    response: str = ""

    @property
    def ver(self) -> int:
        """Unique per content, ordered by rank first."""
        return (self.rank << 64) | (hash_of(self) % 2**64) | 1

    def line(self) -> bytes:
        """The priced.v1 line."""
        body = {
            "event_id": f"e{self.number}",
            "occurred_at": BASE % (self.day, self.hour, self.minute, self.number % 60),
            "org_id": self.org,
            "user_id": f"u{self.number % 3}",
            "conversation_id": f"c{self.number % 4}",
            "provider": "p",
            "model": self.model,
            "response_id": self.response,
            "duration_ms": self.number + 1,
            "usage": {"input": 1},
            "tok_in": 1,
            "ver": str(self.ver),
            "payload_hash": str(
                hash_of((self.org, self.day, self.hour, self.minute, self.model)) % 2**64
            ),
        }
        if self.cost is None:
            body |= {"pending": "model_unknown"}
        else:
            body |= {"cost": str(self.cost), "charge": str(self.cost), "currency": "USD"}
        if self.is_void:
            body["is_void"] = True
        return json.dumps(body).encode()


def hash_of(value: object) -> int:
    """A stable hash (Python's own is salted)."""
    import hashlib

    return int.from_bytes(hashlib.blake2b(repr(value).encode(), digest_size=8).digest(), "big")


def counted(events: list[Event]) -> list[Event]:
    """The events that count: of each call the version with the highest `ver`, unless void."""
    newest: dict[int, Event] = {}
    for event in events:
        known = newest.get(event.number)
        if known is None or event.ver > known.ver:
            newest[event.number] = event
    return [event for event in newest.values() if not event.is_void]


def totals(events: list[Event]) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    """(org, hour, model) -> calls, cost."""
    sums: dict[tuple[str, str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for event in counted(events):
        key = (event.org, f"2026-11-{event.day:02d} {event.hour:02d}:00:00", event.model)
        calls, cost = sums[key]
        sums[key] = (calls + 1, cost + (event.cost or 0))
    return dict(sums)


def draw(rng: random.Random, number: int) -> Event:
    """A random event."""
    return Event(
        number=number,
        org=rng.choice(["acme", "globex", "Ünïcode 🦊"]),
        day=rng.choice([20, 20, 20, 21]),
        hour=rng.choice([9, 10, 23]),
        minute=rng.choice([0, 1, 59]),
        model=rng.choice(["m1", "m2"]),
        cost=rng.choice([None, Decimal("0.000000000000000001"), Decimal("12345.6789"), Decimal(0)]),
        response=rng.choice(["", f"r{number}"]),
    )


def vary(rng: random.Random, event: Event) -> Event:
    """The same event told again: resent, repriced, moved, remodelled, voided."""
    how = rng.randrange(6)
    if how == 0:
        return event
    rank = event.rank + rng.choice([0, 1])
    return [
        replace(event, rank=rank, cost=Decimal(rng.randrange(100)) / 7 // Decimal("0.001") / 1000),
        replace(event, rank=rank, model=rng.choice(["m1", "m2", "m3"])),
        replace(event, rank=rank, minute=rng.choice([0, 1, 2]), hour=rng.choice([9, 10])),
        replace(event, rank=rank, org=rng.choice(["acme", "globex"])),
        replace(event, rank=rank + 1, is_void=not event.is_void),
    ][how - 1]
