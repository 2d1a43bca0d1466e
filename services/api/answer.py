"""From rows to the JSON of a usage answer. Pure: exact sums, money as text per currency."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from schemas.money import EXACT, ZERO, plain
from services.api.plan import Bucket
from services.api.sql import MONEY, TOKENS, Slice

TOKEN_NAMES = dict(
    zip(TOKENS, ("input", "cache_read", "cache_write", "output", "reasoning"), strict=True)
)


@dataclass
class Sums:
    """Counts, and money by currency: amounts of two currencies never meet."""

    asked: Slice
    counts: dict[str, int] = field(default_factory=dict)
    money: dict[str, list[Decimal]] = field(default_factory=dict)

    def add(self, currency: str, counts: Sequence[int], money: Sequence[Decimal]) -> None:
        """Add one row."""
        for name, count in zip(self.asked.counts, counts, strict=True):
            self.counts[name] = self.counts.get(name, 0) + int(count)
        if currency:
            old = self.money.get(currency)
            added = list(money) if old is None else list(map(EXACT.add, old, money))
            self.money[currency] = added

    def count(self, name: str) -> int:
        """A count; zero where no row was."""
        return self.counts.get(name, 0)

    def amount(self, currency: str, name: str) -> Decimal:
        """An amount; zero where no row was."""
        known = self.money.get(currency)
        return known[self.asked.money.index(name)] if known else ZERO


@dataclass
class Group:
    """One member: its sums over the range and in each bucket."""

    asked: Slice
    whole: Sums
    buckets: dict[int, Sums] = field(default_factory=dict)

    @staticmethod
    def of(asked: Slice) -> "Group":
        """Without a row yet."""
        return Group(asked, Sums(asked))

    def add(self, bucket: int, row: tuple[str, Sequence[int], Sequence[Decimal]]) -> None:
        """Add one row to the range and to its bucket."""
        self.whole.add(*row)
        if bucket not in self.buckets:
            self.buckets[bucket] = Sums(self.asked)
        self.buckets[bucket].add(*row)

    def told(self) -> dict[str, Any]:
        """`total` and, where there are several buckets, `series`: a list for each measure."""
        whole, buckets = self.whole, self.asked.plan.buckets
        currencies = sorted(whole.money)
        answer: dict[str, Any] = {
            "total": _told(
                self.asked, whole.count,
                lambda name: {c: plain(whole.amount(c, name)) for c in currencies},
            )
        }  # fmt: skip
        if len(buckets) > 1:
            empty = Sums(self.asked)
            parts = [self.buckets.get(bucket.start, empty) for bucket in buckets]
            answer["series"] = _told(
                self.asked,
                lambda name: [part.count(name) for part in parts],
                lambda name: {c: [plain(p.amount(c, name)) for p in parts] for c in currencies},
            )
        return answer


def _told(asked: Slice, count: Callable[[str], Any], money: Callable[[str], Any]) -> dict[str, Any]:
    """The measures that were asked for, by name."""
    told: dict[str, Any] = {}
    for name in asked.measures:
        if name == "tokens":
            told[name] = {TOKEN_NAMES[token]: count(token) for token in TOKENS}
        else:
            told[name] = money(name) if name in MONEY else count(name)
    return told


def usage(asked: Slice, rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> dict[str, Any]:
    """`buckets`, `groups`, `other`, `total`, `currencies`. The total adds every row there is."""
    width = len(asked.by)
    total, other = Group.of(asked), Group.of(asked)
    groups: dict[tuple[str, ...], Group] = {}
    width_of_counts = len(asked.counts)
    for bucket, is_top, *rest in rows:
        key = tuple(rest[:width])
        currency, *numbers = rest[width:]
        row = (currency, numbers[:width_of_counts], numbers[width_of_counts:])
        total.add(bucket, row)
        if width:
            if is_top and key not in groups:
                groups[key] = Group.of(asked)
            (groups[key] if is_top else other).add(bucket, row)
    buckets = asked.plan.buckets
    members = sorted(groups.items(), key=lambda item: (_rank(asked, item[1].whole), item[0]))
    return {
        "currencies": sorted(total.whole.money),
        "buckets": [bucket_told(bucket, zone) for bucket in buckets],
        "groups": [
            {"key": dict(zip(asked.by, key, strict=True))} | group.told() for key, group in members
        ],
        "other": other.told() if other.buckets else None,
        "total": total.told(),
    }


def _rank(asked: Slice, sums: Sums) -> Decimal:
    """Smaller comes first."""
    if asked.order in ("cost", "charge"):
        return -sums.amount(asked.rank_currency, asked.order)
    names = ("steps",) if asked.order == "calls" else TOKENS
    return Decimal(-sum(map(sums.count, names)))


def bucket_told(bucket: Bucket, zone: ZoneInfo) -> dict[str, Any]:
    """With the zone's offset, so that a chart needs no time-zone library."""
    return {
        "start": local(bucket.start, zone),
        "end": local(bucket.end, zone),
        "partial": bucket.is_partial,
    }


def local(instant: int, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset."""
    return datetime.fromtimestamp(instant, zone).isoformat()
