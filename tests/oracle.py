"""Traffic drawn from a seed, and what it must cost: plain Python that shares nothing with us."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.system import System, as_json

Event = dict[str, Any]
Key = tuple[str, str, str]
"""(org, start of the UTC hour, model)"""


@dataclass(frozen=True)
class Price:
    """A price per million units from an instant on."""

    provider: str
    model: str
    effective_from: datetime
    rates: Mapping[str, str]

    @property
    def key(self) -> bytes:
        """The key of its record in prices.v1."""
        at = self.effective_from.isoformat().replace("+00:00", "Z")
        return f"price|*|{self.provider}|{self.model}|{at}".encode()

    def record(self) -> bytes:
        """Its record in prices.v1."""
        return as_json(
            {
                "kind": "price",
                "provider": self.provider,
                "model": self.model,
                "effective_from": self.effective_from.isoformat(),
                "rates": {
                    name: {"price": price, "per": 1_000_000} for name, price in self.rates.items()
                },
            }
        )


LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
SMALL = Price("openai", "m-small", LONG_AGO, {"input": "0.15", "output": "0.60"})
LARGE = Price(
    "anthropic", "m-large", LONG_AGO, {"input": "3.33", "cache_read": "0.30", "output": "15.00"}
)
BOOK = (SMALL, LARGE)
UNPRICED = Price("openai", "m-unpriced", LONG_AGO, {"input": "0.07", "output": "0.29"})
"""Not in the book until a test publishes it."""


def draw(rng: random.Random, number: int, now: datetime, run: str) -> Event:
    """One step of some conversation of one of a few orgs."""
    org = f"{run}-org{rng.randrange(4)}"
    at = now - timedelta(milliseconds=rng.randrange(120_000))
    if rng.random() < 0.05:
        at -= timedelta(days=rng.randrange(1, 20), minutes=rng.randrange(1440))
    event: Event = {
        "event_id": f"{run}-{number}",
        "occurred_at": at.isoformat(timespec="milliseconds"),
        "org_id": org,
        "trace_id": f"{run}-trace{number // 3}",
        "span_id": f"{number:016x}",
        "user_id": f"{org}-user{rng.randrange(9)}",
    }
    if rng.random() < 0.1:
        return event | {"operation": "message", "name": "user message"}
    price = rng.choices((SMALL, LARGE, UNPRICED), (5, 4, 1))[0]
    usage = {"input": rng.randrange(5_000), "output": rng.randrange(1, 900)}
    if price is LARGE and rng.random() < 0.4:
        usage["cache_read"] = rng.randrange(9_000)
    answered = {"response_id": f"{run}-resp{number}"} if rng.random() < 0.7 else {}
    return event | answered | {
        "provider": price.provider,
        "request_model": price.model,
        "duration_ms": rng.randrange(9_000),
        "usage": usage,
    }  # fmt: skip


def cost(event: Event, book: Iterable[Price]) -> Decimal | None:
    """Quantities times the prices of the event's own time; None: no price is known."""
    if "usage" not in event:
        return Decimal(0)
    at = datetime.fromisoformat(event["occurred_at"])
    fitting = [
        price
        for price in book
        if price.model == event["request_model"] and price.effective_from <= at
    ]
    if not fitting:
        return None
    rates = max(fitting, key=lambda price: price.effective_from).rates
    return sum((Decimal(rates[name]) * n / 1_000_000 for name, n in event["usage"].items()), ZERO)


ZERO = Decimal(0)


@dataclass(frozen=True)
class Sum:
    """What a group of calls comes to."""

    calls: int = 0
    pending: int = 0
    cost: Decimal = ZERO
    charge: Decimal = ZERO

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(
            self.calls + other.calls,
            self.pending + other.pending,
            self.cost + other.cost,
            self.charge + other.charge,
        )


def totals(
    costs: Iterable[tuple[Event, Decimal | None]], markups: Mapping[str, Decimal] | None = None
) -> dict[Key, Sum]:
    """Unique events with their costs, summed."""
    sums: dict[Key, Sum] = defaultdict(Sum)
    for event, amount in costs:
        at = datetime.fromisoformat(event["occurred_at"]).astimezone(UTC)
        key = (event["org_id"], f"{at:%Y-%m-%d %H:00:00}", event.get("request_model", ""))
        paid = amount or ZERO
        charge = paid * (markups or {}).get(event["org_id"], Decimal(1))
        sums[key] += Sum(1, int(amount is None), paid, charge)
    return dict(sums)


SOURCES = {
    "ledger": "SELECT org_id, toStartOfHour(bucket) AS h, model, count(), countIf(pending != ''), "
    "sum(CAST(cost AS Decimal(76, 18))), sum(CAST(charge AS Decimal(76, 18))) FROM ledger",
    **{
        view: "SELECT org_id, toStartOfHour(bucket) AS h, model, sum(calls), "
        f"sumIf(calls, pending != ''), sum(cost), sum(charge) FROM {view}"
        for view in ("usage_minute", "usage_hour")
    },
    "narrow_hour": "SELECT org_id, bucket AS h, x.model AS model, sum(x.calls), "
    "sumIf(x.calls, x.pending != ''), sum(x.cost), sum(x.charge) FROM narrow_hour FINAL "
    "ARRAY JOIN d AS x",
}
"""Wherever hours can be read."""


def read(system: System, source: str, run: str = "") -> dict[Key, Sum]:
    """What a table says, of the orgs of one run or of all."""
    where = f" WHERE startsWith(org_id, '{run}-')" if run else ""
    rows = system.sql(f"{SOURCES[source]}{where} GROUP BY org_id, h, model")
    return {
        (org, hour, model): Sum(int(calls), int(pending), Decimal(paid), Decimal(charge))
        for org, hour, model, calls, pending, paid, charge in rows
    }


def differences(found: dict[Key, Sum], expected: dict[Key, Sum]) -> list[str]:
    """The first few places where two sums differ."""
    return [
        f"{key}: found {found.get(key)}, expected {expected.get(key)}"
        for key in sorted(found.keys() | expected.keys())
        if found.get(key) != expected.get(key)
    ][:5]


def check(system: System, expected: dict[Key, Sum], run: str = "") -> None:
    """Every table that tells hours tells exactly this."""
    for source in SOURCES:
        wrong = differences(read(system, source, run), expected)
        assert not wrong, f"{source}: {wrong}"


def check_api(system: System, expected: dict[Key, Sum]) -> None:
    """The read API's total for the orgs of `expected` (with calls of the last 30 days)."""
    now = datetime.now(UTC)
    told = system.get(
        "/v1/usage",
        **{"from": (now - timedelta(days=30)).isoformat(), "org": sorted({k[0] for k in expected})},
    )
    whole, right = told["total"]["total"], sum(expected.values(), Sum())
    found = Sum(
        whole["steps"],
        whole["pending_calls"],
        Decimal(whole["cost"]),
        Decimal(whole["charge"]),
    )
    assert found == right, f"the API says {found}, expected {right}"
    modelled = sum(one.calls for (_, _, model), one in expected.items() if model)
    assert whole["calls"] == modelled, f"the API says {whole['calls']} calls, expected {modelled}"
