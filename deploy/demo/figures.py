"""The demo's figures as the read API tells them, and their comparison with the oracle."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from deploy.demo.oracle import Expected
from deploy.demo.processes import Demo
from deploy.demo.traffic import PAST_DAYS

SETTLE_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Figures:
    """One reading of the API."""

    priced: int
    pending: int
    pending_tokens: int
    estimate: dict[str, Any] | None
    dead: dict[str, int]
    cost: dict[tuple[str, str], Decimal]
    total: Decimal
    charge: Decimal
    steps: int
    received: int
    duplicates: int
    judged: int

    @property
    def accounted(self) -> int:
        """Everything that became of what was accepted."""
        return self.priced + self.pending + sum(self.dead.values())


class Reader:
    """Asks the demo's API with the admin key."""

    def __init__(self, demo: Demo) -> None:
        self._client = httpx.Client(
            base_url=demo.url("api"),
            headers={"authorization": f"Bearer {demo.keys.admin}"},
            timeout=30,
        )

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of an answer, or an error with its text."""
        answer = self._client.get(path, params=parameters)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json()

    def read(self) -> Figures:
        """All figures at this instant."""
        now = datetime.now(UTC)
        span = {
            "from": (now - timedelta(days=PAST_DAYS + 5)).isoformat(),
            "to": (now + timedelta(hours=1)).isoformat(),
        }
        measures = ["cost", "charge", "steps", "pending_calls"]
        usage = self.get("/v1/usage", by=["org", "model"], top=100, measures=measures, **span)
        health = self.get("/v1/health/data")
        judged = self.get("/v1/usage", measures=["outcomes", "feedback"], **span)
        total = usage["total"]["total"]
        cost = {
            (group["key"]["org"], group["key"]["model"] or ""): Decimal(group["total"]["cost"] or 0)
            for group in usage["groups"]
        }
        complete = usage["completeness"]
        return Figures(
            priced=total["steps"] - total["pending_calls"],
            pending=total["pending_calls"],
            pending_tokens=complete["pending_tokens"],
            estimate=complete["estimate"],
            dead=self.dead(),
            cost={key: value for key, value in cost.items() if value},
            total=Decimal(total["cost"] or 0),
            charge=Decimal(total["charge"] or 0),
            steps=total["steps"],
            received=health.get("received") or 0,
            duplicates=health.get("duplicates") or 0,
            judged=sum(judged["total"]["total"].values()),
        )

    def dead(self) -> dict[str, int]:
        """Dead letters by reason."""
        letters = self.get("/v1/dead", limit=1000)["dead"]
        return dict(Counter(letter["reason"] for letter in letters))

    def until(self, enough: Callable[[Figures], bool]) -> Figures:
        """Read until it is enough, or time is up: then the last reading."""
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            figures = self.read()
            if enough(figures) or time.monotonic() > deadline:
                return figures
            time.sleep(0.2)


def differences(figures: Figures, expected: Expected, *, late: bool) -> list[str]:
    """Every figure that is not what the oracle says, one sentence each."""
    total = expected.total + (expected.late_cost if late else 0)
    charge = expected.charge + (expected.late_charge if late else 0)
    pairs: list[tuple[str, object, object]] = [
        ("priced", figures.priced, expected.priced + (expected.pending if late else 0)),
        ("pending calls", figures.pending, 0 if late else expected.pending),
        ("pending tokens", figures.pending_tokens, 0 if late else expected.pending_tokens),
        ("dead letters", figures.dead, expected.dead),
        ("cost", figures.total, total),
        ("charge", figures.charge, charge),
        ("outcomes and ratings", figures.judged, expected.judged),
        ("accounted", figures.accounted, expected.events + sum(expected.dead.values())),
    ]
    if not late:
        wanted = {key: value for key, value in expected.cost.items() if value}
        pairs.append(("cost by org and model", figures.cost, wanted))
    return [f"{name}: shown {got}, expected {want}" for name, got, want in pairs if got != want]
