"""A trace as a tree: own cost, cost of everything below, orphans shown. Pure.

The answer is a flat list in depth-first order, because a chain may be deeper than JSON may nest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.money import EXACT, ZERO, plain


@dataclass(frozen=True)
class Step:
    """One telling. `is_counted` is False for a second telling of a call already counted."""

    event_id: str
    span_id: str
    parent_span_id: str
    occurred_ms: int
    is_counted: bool
    is_pending: bool
    currency: str
    cost: Decimal
    charge: Decimal
    shown: Mapping[str, Any]


@dataclass
class Subtree:
    """What a step and everything below it cost, by currency."""

    cost: dict[str, Decimal] = field(default_factory=dict)
    charge: dict[str, Decimal] = field(default_factory=dict)
    pending: int = 0

    def add_step(self, step: Step) -> None:
        """Add a step's own part."""
        if step.is_counted and step.is_pending:
            self.pending += 1
        elif step.is_counted and step.currency:
            _add(self.cost, step.currency, step.cost)
            _add(self.charge, step.currency, step.charge)

    def add(self, below: "Subtree") -> None:
        """Add a child's part."""
        for currency, amount in below.cost.items():
            _add(self.cost, currency, amount)
        for currency, amount in below.charge.items():
            _add(self.charge, currency, amount)
        self.pending += below.pending

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cost": {c: plain(v) for c, v in sorted(self.cost.items())},
            "charge": {c: plain(v) for c, v in sorted(self.charge.items())},
            "pending_calls": self.pending,
        }


def _add(sums: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums[currency] = EXACT.add(sums.get(currency, ZERO), amount)


@dataclass(frozen=True)
class Laid:
    """A trace laid out: (step, depth, parent's step or None) depth-first, and the sums."""

    ordered: Sequence[Step]
    order: Sequence[tuple[int, int]]
    parents: Sequence[int | None]
    sums: Sequence[Subtree]
    total: Subtree


def lay(steps: Sequence[Step]) -> Laid:
    """Find the parents, walk, and add up from the leaves. Linear in the number of steps."""
    ordered = sorted(steps, key=lambda s: (s.occurred_ms, s.event_id))
    spans = {step.span_id: number for number, step in reversed(list(enumerate(ordered)))}
    parents = [spans.get(step.parent_span_id) if step.parent_span_id else None for step in ordered]
    children: dict[int | None, list[int]] = {}
    for number, parent in enumerate(parents):
        children.setdefault(None if parent == number else parent, []).append(number)
    order = _walk(children, len(ordered))
    sums = [Subtree() for _ in ordered]
    total = Subtree()
    for number, depth in reversed(order):
        sums[number].add_step(ordered[number])
        parent = parents[number]
        (total if not depth or parent is None else sums[parent]).add(sums[number])
    return Laid(ordered, order, parents, sums, total)


def tree(steps: Sequence[Step]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The steps in order, and the sums over all of them."""
    laid = lay(steps)
    told = []
    for number, depth in laid.order:
        step, parent = laid.ordered[number], laid.parents[number]
        told.append(
            {
                "event_id": step.event_id,
                "parent_event_id": laid.ordered[parent].event_id
                if depth and parent is not None
                else None,
                "depth": depth,
                "is_orphan": bool(step.parent_span_id) and not depth,
                "is_counted": step.is_counted,
                **step.shown,
                "subtree": laid.sums[number].told(),
            }
        )
    return told, laid.total.told()


COLUMNS = (
    "name", "operation", "status", "error_type", "emitter", "provider", "model", "duration_ms",
    "ttft_ms", "pending", "currency", "cost", "charge",
)  # fmt: skip


def columns(
    steps: Sequence[Step], calls: Mapping[str, Mapping[str, Any]], offset: int, limit: int
) -> dict[str, Any]:
    """Rows `[offset, offset + limit)` of the tree by column, and the sums of the whole."""
    laid = lay(steps)
    row_of = {number: row for row, (number, _) in enumerate(laid.order)}
    shown = laid.order[offset : offset + limit]
    first_ms = min(_start(step) for step in laid.ordered)
    parents = [
        -1 if not depth or (up := laid.parents[number]) is None else row_of[up]
        for number, depth in shown
    ]
    told: dict[str, list[Any]] = {
        "event_id": [laid.ordered[n].event_id for n, _ in shown],
        "parent": parents,
        "depth": [depth for _, depth in shown],
        "start_ms": [_start(laid.ordered[n]) - first_ms for n, _ in shown],
        "is_counted": [laid.ordered[n].is_counted for n, _ in shown],
        "is_orphan": [bool(laid.ordered[n].parent_span_id) and not depth for n, depth in shown],
        "told": [
            len(calls.get(laid.ordered[n].event_id, {}).get("tellings", "1")) for n, _ in shown
        ],
        "tokens": [sum(laid.ordered[n].shown["tokens"].values()) for n, _ in shown],
    }
    told |= {name: [laid.ordered[n].shown[name] for n, _ in shown] for name in COLUMNS}
    sums = [laid.sums[n].told() for n, _ in shown]
    told |= {f"subtree_{name}": [s[name] for s in sums] for name in laid.total.told()}
    return {"started_ms": first_ms, "total": laid.total.told(), "columns": told}


def _start(step: Step) -> int:
    return step.occurred_ms - int(step.shown["duration_ms"] or 0)


def _walk(children: Mapping[int | None, Sequence[int]], count: int) -> list[tuple[int, int]]:
    """(step, depth), parents before children. Steps that only a cycle reaches start anew."""
    order: list[tuple[int, int]] = []
    seen: set[int] = set()
    for root in [*children.get(None, ()), *range(count)]:
        stack = [(root, 0)]
        while stack:
            number, depth = stack.pop()
            if number in seen:
                continue
            seen.add(number)
            order.append((number, depth))
            stack.extend((child, depth + 1) for child in reversed(children.get(number, ())))
    return order
