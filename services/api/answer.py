"""From rows to the JSON of a usage answer. Pure: exact sums, money as text per currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from schemas.money import EXACT, ZERO, plain
from services.api.plan import Bucket
from services.api.sql import COUNTS, MONEY, TOKENS, Slice

TOKEN_NAMES = dict(
    zip(TOKENS, ("input", "cache_read", "cache_write", "output", "reasoning"), strict=True)
)


@dataclass
class Sums:
    """Counts, and money by currency: amounts of two currencies never meet."""

    counts: list[int] = field(default_factory=lambda: [0] * len(COUNTS))
    money: dict[str, list[Decimal]] = field(default_factory=dict)

    def add(self, currency: str, counts: Sequence[int], money: Sequence[Decimal]) -> None:
        """Add one row."""
        self.counts = [a + int(b) for a, b in zip(self.counts, counts, strict=True)]
        if not currency:
            return
        old = self.money.setdefault(currency, [ZERO] * len(MONEY))
        self.money[currency] = [EXACT.add(a, b) for a, b in zip(old, money, strict=True)]

    def values(self) -> dict[str, Any]:
        """The measures by name."""
        counts = dict(zip(COUNTS, self.counts, strict=True))
        told: dict[str, Any] = {name: counts[name] for name in COUNTS if name not in TOKENS}
        told["tokens"] = {TOKEN_NAMES[name]: counts[name] for name in TOKENS}
        for index, name in enumerate(MONEY):
            told[name] = {c: plain(m[index]) for c, m in sorted(self.money.items())}
        return told


@dataclass
class Group:
    """One member: its sums over the range and in each bucket."""

    whole: Sums = field(default_factory=Sums)
    buckets: dict[int, Sums] = field(default_factory=dict)

    def add(self, bucket: int, row: tuple[str, Sequence[int], Sequence[Decimal]]) -> None:
        """Add one row to the range and to its bucket."""
        self.whole.add(*row)
        self.buckets.setdefault(bucket, Sums()).add(*row)

    def told(self, buckets: Sequence[Bucket]) -> dict[str, Any]:
        """`total` and, where there are several buckets, `series`: a list for each measure."""
        answer: dict[str, Any] = {"total": self.whole.values()}
        if len(buckets) > 1:
            empty = Sums()
            answer["series"] = _series(
                self.whole, [self.buckets.get(b.start, empty) for b in buckets]
            )
        return answer


def _series(whole: Sums, parts: Sequence[Sums]) -> dict[str, Any]:
    """Each measure's value in each bucket; money of a currency is "0" where there is none."""
    counts = {name: [part.counts[n] for part in parts] for n, name in enumerate(COUNTS)}
    told: dict[str, Any] = {name: counts[name] for name in COUNTS if name not in TOKENS}
    told["tokens"] = {TOKEN_NAMES[name]: counts[name] for name in TOKENS}
    none = [ZERO] * len(MONEY)
    for index, name in enumerate(MONEY):
        told[name] = {
            currency: [plain(part.money.get(currency, none)[index]) for part in parts]
            for currency in sorted(whole.money)
        }
    return told


def usage(asked: Slice, rows: Iterable[Sequence[Any]], zone: ZoneInfo) -> dict[str, Any]:
    """`buckets`, `groups`, `other`, `total`, `currencies`. The total adds every row there is."""
    width = len(asked.by)
    total, other, groups = Group(), Group(), dict[tuple[str, ...], Group]()
    for bucket, is_top, *rest in rows:
        key = tuple(rest[:width])
        currency, *numbers = rest[width:]
        row = (currency, numbers[: len(COUNTS)], numbers[len(COUNTS) :])
        total.add(bucket, row)
        if width:
            (groups.setdefault(key, Group()) if is_top else other).add(bucket, row)
    buckets = asked.plan.buckets
    members = sorted(groups.items(), key=lambda item: (_rank(asked, item[1].whole), item[0]))
    return {
        "currencies": sorted(total.whole.money),
        "buckets": [bucket_told(bucket, zone) for bucket in buckets],
        "groups": [
            {"key": dict(zip(asked.by, key, strict=True))} | group.told(buckets)
            for key, group in members
        ],
        "other": other.told(buckets) if other.buckets else None,
        "total": total.told(buckets),
    }


def _rank(asked: Slice, sums: Sums) -> Decimal:
    """Smaller comes first."""
    if asked.order in ("cost", "charge"):
        money = sums.money.get(asked.rank_currency)
        return -money[MONEY.index(asked.order)] if money else ZERO
    counts = dict(zip(COUNTS, sums.counts, strict=True))
    if asked.order == "calls":
        return Decimal(-counts["steps"])
    return Decimal(-sum(counts[name] for name in TOKENS))


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
