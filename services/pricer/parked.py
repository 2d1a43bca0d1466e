"""Which offsets of retry.v1 hold calls that still wait, by what they wait for.

Only ranges are kept, never calls, and only for so many keys: what is beyond is one range that
every change looks through. The lowest range start is what may be committed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.pricing.book import Change, PriceBook
from services.pricing.matching import Key, Pending, Step, plan
from services.pricing.providers import canonical

KEYS_MAX = 10_000
"""Keys of one partition; a key is an org, a provider and the models named."""

OTHERS = Key("", "", "", "")
"""Stands for all keys beyond the limit."""


@dataclass(slots=True)
class Range:
    """First and last offset with a waiting call, how many wait, and the book position awaited."""

    first: int
    last: int
    count: int = 1
    epoch: int = 0


@dataclass(slots=True)
class ParkedIndex:
    """The waiting calls of one partition."""

    keys_max: int = KEYS_MAX
    ranges: dict[Key, Range] = field(default_factory=dict)

    def add(self, key: Key, offset: int, epoch: int = 0) -> None:
        """A call of the message at `offset` waits."""
        if key not in self.ranges and len(self.ranges) >= self.keys_max:
            key = OTHERS
        found = self.ranges.get(key)
        if found is None:
            self.ranges[key] = Range(offset, offset, 1, epoch)
            return
        found.first = min(found.first, offset)
        found.last = max(found.last, offset)
        found.count += 1
        found.epoch = max(found.epoch, epoch)

    @property
    def count(self) -> int:
        """Calls that wait."""
        return sum(found.count for found in self.ranges.values())

    def low_water(self, position: int) -> int:
        """The first offset that must be read again after a restart."""
        return min((found.first for found in self.ranges.values()), default=position)

    def first(self, keys: Iterable[Key]) -> int:
        """Where a search for these keys begins."""
        return min(self.ranges[key].first for key in keys)

    def holds(self, key: Key, offset: int, sought: frozenset[Key]) -> bool:
        """True when a call at that offset may be one that is sought; false for those done."""
        for name in (key, OTHERS):
            found = self.ranges.get(name)
            if name in sought and found is not None and found.first <= offset <= found.last:
                return True
        return False

    def replace(self, keys: Iterable[Key], found: "ParkedIndex") -> None:
        """After a search: what of the keys still waits."""
        for key in keys:
            self.ranges.pop(key, None)
        for key, rest in found.ranges.items():
            known = self.ranges.get(key)
            if known is not None:
                rest = Range(
                    min(known.first, rest.first), max(known.last, rest.last),
                    known.count + rest.count, max(known.epoch, rest.epoch),
                )  # fmt: skip
            self.ranges[key] = rest

    def affected(self, changes: Iterable[Change], book: PriceBook) -> frozenset[Key]:
        """The keys of calls that the changes may have made priceable."""
        listed = list(changes)
        return frozenset(
            key
            for key, found in self.ranges.items()
            if (found.epoch and book.position >= found.epoch)
            or any(touches(change, key, book) for change in listed)
        )


def touches(change: Change, key: Key, book: PriceBook) -> bool:
    """True when the change may matter to calls of the key; exact for new and corrected prices."""
    if key == OTHERS or change.kind == "calendar":
        return True
    if change.scope not in ("*", f"org:{key.org_id}"):
        return False
    if change.kind == "markup":
        return True
    if change.provider != canonical(key.provider):
        return False
    if change.series is None:
        return True
    steps = plan(book, key)
    versions = book.prices.get(change.series)
    return not isinstance(steps, Pending) and any(_reads(step, versions) for step in steps)


def _reads(step: Step, versions: object) -> bool:
    targets = (target for _, found in step.aliases for target in found)
    return step.versions is versions or any(target is versions for target in targets)
