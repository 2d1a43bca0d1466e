"""What the demo must show, worked out from the set of unique events in plain Python.

Shares no code with the product: prices are read from the book's file and applied by hand.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from deploy.demo.traffic import DATA, UNPRICED_MODEL, Traffic

MISSING_PRICE = {
    "kind": "price",
    "provider": UNPRICED_MODEL[0],
    "model": UNPRICED_MODEL[1],
    "effective_from": "2025-12-02T00:00:00Z",
    "rates": {
        "input": {"price": "0.50", "per": 1000000},
        "output": {"price": "1.50", "per": 1000000},
    },
}
"""The price that is published last, with Kafka's own console producer."""
MISSING_KEY = f"price|*|{UNPRICED_MODEL[0]}|{UNPRICED_MODEL[1]}|2025-12-02T00:00:00Z"


@dataclass
class Expected:
    """The figures after the replay, and what the late price adds."""

    events: int = 0
    calls: int = 0
    priced: int = 0
    pending: int = 0
    pending_tokens: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    cost: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """(org, model) -> cost."""
    charge: Decimal = Decimal(0)
    late_cost: Decimal = Decimal(0)
    late_charge: Decimal = Decimal(0)
    judged: int = 0
    """Outcomes and ratings."""

    @property
    def total(self) -> Decimal:
        """All costs."""
        return sum(self.cost.values(), Decimal(0))


def rates(path: Path = DATA / "prices.ndjson") -> dict[str, dict[str, Decimal]]:
    """Model -> dimension -> price of one unit; aliases resolved."""
    found: dict[str, dict[str, Decimal]] = {}
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in [r for r in records if r["kind"] == "price"] + [MISSING_PRICE]:
        found[record["model"]] = {
            name: Decimal(rate["price"]) / rate["per"] for name, rate in record["rates"].items()
        }
    for record in [r for r in records if r["kind"] == "alias"]:
        found[record["reference"]] = found[record["model"]]
    return found


def cost_of(event: dict[str, Any], book: dict[str, dict[str, Decimal]]) -> Decimal:
    """Quantities times prices."""
    prices = book[event["request_model"]]
    return sum((prices[name] * n for name, n in event["usage"].items() if n), Decimal(0))


def expect(traffic: Traffic) -> Expected:
    """The figures that follow from the traffic's unique events."""
    expected = Expected(dead=dict(traffic.malformed), judged=len(traffic.outcomes))
    book = rates()
    unique = {send.event["event_id"]: send.event for send in traffic.sends if send.event}
    for event in unique.values():
        expected.events += 1
        expected.calls += event["operation"] in ("chat", "embeddings")
        if "usage" not in event:
            expected.priced += 1  # a step or a refused call: nothing to pay
            continue
        cost = cost_of(event, book)
        charge = cost * Decimal("1.2") if event["org_id"] == "initech" else cost
        if event["request_model"] == UNPRICED_MODEL[1]:
            expected.pending += 1
            expected.pending_tokens += sum(event["usage"].values())
            expected.late_cost += cost
            expected.late_charge += charge
        else:
            expected.priced += 1
            expected.cost[event["org_id"], event["request_model"]] += cost
            expected.charge += charge
    return expected
