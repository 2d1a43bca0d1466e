"""Rows to cells, cells to the JSON of an answer. Pure: exact sums, money as text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.money import plain
from services.api.plan import Plan
from services.api.query.ask import Asked
from services.api.query.dims import CATEGORY
from services.api.query.measures import MEASURES
from services.api.query.parts import add, nothing
from services.api.query.revenue import Org, of
from services.api.query.statements import Key, Members

TOTAL = None
OTHER: Key = ()
Slots = Mapping[str, int]


@dataclass
class Cells:
    """Parts of every member (`OTHER`, `TOTAL`), over the range (None) and in each bucket."""

    parts: tuple[str, ...]
    held: dict[tuple[Key | None, int | None], dict[str, Any]] = field(default_factory=dict)

    def at(self, key: Key | None, bucket: int | None) -> dict[str, Any]:
        """The parts of a cell."""
        found = self.held.get((key, bucket))
        return found or {part: nothing(part) for part in self.parts}

    def has(self, key: Key) -> bool:
        """True when a row belongs to this member."""
        return (key, None) in self.held

    def sum(self, rows: Iterable[Sequence[Any]], parts: Sequence[str], width: int) -> None:
        """Add rows of (bucket, how much of the key is shown, key, parts)."""
        for bucket, depth, *rest in rows:
            key = tuple(rest[: min(depth, width)])
            for place in ((key, None), (key, bucket), (TOTAL, None), (TOTAL, bucket)):
                cell = self.held.setdefault(place, self.at(*place))
                for part, value in zip(parts, rest[width:], strict=True):
                    cell[part] = add(cell[part], value)

    def put(self, rows: Iterable[Sequence[Any]], parts: Sequence[str], width: int) -> None:
        """Take rows of `statements.sketches`: every cell is merged already."""
        for all_buckets, all_members, bucket, depth, *rest in rows:
            key = TOTAL if all_members else tuple(rest[: min(depth, width)])
            place = (key, None if all_buckets else bucket)
            self.held[place] = self.at(*place) | dict(zip(parts, rest[width:], strict=True))


def told(asked: Asked, plan: Plan, cells: Cells, shown: Members, slots: Slots) -> dict[str, Any]:
    """`buckets`, `groups`, `other`, `total`."""
    groups = []
    for key in _order(asked, shown, cells):
        group: dict[str, Any] = {
            "key": {dim: value or None for dim, value in zip(asked.by, key, strict=False)},
            "slot": slots.get(key[0]),
        }
        if len(key) < len(asked.by):
            group["is_other"] = True
        groups.append(group | values(asked, plan, cells, key))
    other = None
    if asked.by and cells.has(OTHER):
        first = len(shown.levels[0]) if shown.levels else 0
        other = {"members": max(shown.count - first, 1)} | values(asked, plan, cells, OTHER)
    return {
        "buckets": [b.told(asked.zone) for b in plan.buckets],
        "groups": groups,
        "other": other,
        "total": values(asked, plan, cells, TOTAL),
    }


def _order(asked: Asked, shown: Members, cells: Cells) -> list[Key]:
    """Shown members depth first; after those inside one member, the rest of it."""
    if not shown.levels:
        return []
    found = []
    for key in shown.levels[0]:
        found += _below(asked, shown, cells, (key, 0))
    return found


def _below(asked: Asked, shown: Members, cells: Cells, at: tuple[Key, int]) -> list[Key]:
    key, number = at
    if number + 1 == len(asked.levels):
        return [key]
    found = []
    for longer in shown.levels[number + 1]:
        if longer[: len(key)] == key:
            found += _below(asked, shown, cells, (longer, number + 1))
    return [*found, key] if cells.has(key) else found


def values(asked: Asked, plan: Plan, cells: Cells, key: Key | None) -> dict[str, Any]:
    """`total`, with several buckets `series`, and `pending_calls` in each bucket."""
    starts = [b.start for b in plan.buckets] if len(plan.buckets) > 1 else [None]
    parts = [cells.at(key, start) for start in starts]
    whole = cells.at(key, None)
    answer: dict[str, Any] = {"total": {name: value(name, whole) for name in asked.measures}}
    if asked.interval != "none":
        answer["series"] = {name: [value(name, p) for p in parts] for name in asked.measures}
    if CATEGORY not in asked.names:  # a pending call is in several categories
        answer["pending_calls"] = [p["pending_calls"] for p in parts]
    return answer


def value(name: str, parts: Mapping[str, Any]) -> Any:
    """A measure of a cell as JSON."""
    found = MEASURES[name].value(parts)
    return plain(found) if isinstance(found, Decimal) else found


def columns(asked: Asked) -> list[dict[str, Any]]:
    """What each measure of the answer is."""
    listed = []
    for name in asked.measures:
        measure = MEASURES[name]
        column = {
            "name": name, "kind": measure.kind,
            "unit": asked.currency if measure.kind == "money" else measure.unit,
            "additive": measure.is_additive, "exact": not measure.error,
        }  # fmt: skip
        listed.append(column | ({"relative_error": measure.error} if measure.error else {}))
    return listed


def revenue(
    asked: Asked, plan: Plan, shown: Members, orgs: Sequence[Org]
) -> Iterator[tuple[Any, ...]]:
    """What orgs pay in each bucket, as rows for `Cells.sum`."""
    first = set(shown.levels[0]) if shown.levels else set()
    for org in orgs:
        if org.currency != asked.currency or not org.revenue or not _is_asked(asked, org.org_id):
            continue
        depth = int((org.org_id,) in first)
        for bucket in plan.buckets:
            if paid := of(org, bucket.start, bucket.end):
                at = bucket.start if len(plan.buckets) > 1 else 0
                key = (org.org_id if depth else "",) if asked.by else ()
                yield (at, depth, *key, paid, 1)


def _is_asked(asked: Asked, org_id: str) -> bool:
    return all((org_id in c.values) != c.is_not for c in asked.where if c.dim == "org")
