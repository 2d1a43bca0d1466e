"""Sums of what calls cost and of what they would cost. Pure."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.dead import Refusal
from schemas.money import EXACT, ZERO, plain
from services.pricing.core import Priced
from services.pricing.matching import Pending
from services.pricing.recall import Stored


@dataclass(frozen=True)
class Sums:
    """Of calls with one currency. Pending calls are counted, they have no amount."""

    calls: int = 0
    cost: Decimal = ZERO
    cost_then: Decimal = ZERO
    charge: Decimal = ZERO
    charge_then: Decimal = ZERO
    pending: int = 0
    pending_then: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Both together."""
        return Sums(
            self.calls + other.calls,
            EXACT.add(self.cost, other.cost),
            EXACT.add(self.cost_then, other.cost_then),
            EXACT.add(self.charge, other.charge),
            EXACT.add(self.charge_then, other.charge_then),
            self.pending + other.pending,
            self.pending_then + other.pending_then,
        )

    def told(self) -> dict[str, Any]:
        """As JSON: what is, what would be, and the difference."""
        return {
            "calls": self.calls, "cost": plain(self.cost), "cost_then": plain(self.cost_then),
            "difference": plain(EXACT.subtract(self.cost_then, self.cost)),
            "charge": plain(self.charge), "charge_then": plain(self.charge_then),
            "pending": self.pending, "pending_then": self.pending_then,
        }  # fmt: skip


def add(
    sums: MutableMapping[tuple[str, str, str], Sums],
    place: tuple[str, str],
    call: Stored,
    then: Priced | Pending | Refusal,
) -> None:
    """Count a call at its place, each amount under its own currency."""
    is_priced = isinstance(then, Priced)
    currency_then = then.currency if isinstance(then, Priced) else ""
    before = Sums(1, cost=call.cost, charge=call.charge, pending=int(bool(call.pending)))
    after = Sums(pending_then=int(not is_priced))
    if isinstance(then, Priced):
        after = Sums(cost_then=then.cost, charge_then=then.charge)
    for currency, part in (
        (call.currency or currency_then, before),
        (currency_then or call.currency, after),
    ):
        key = (*place, currency)
        sums[key] = sums[key].plus(part)
