"""What orgs pay, spread evenly over each month in the org's own zone. Pure and exact."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.money import EXACT, ROUNDING, ZERO, to_scale
from services.api.plan import midnight


@dataclass(frozen=True)
class Org:
    """An org's record, as far as money goes."""

    org_id: str
    currency: str
    timezone: str
    revenue: dict[str, Decimal]
    """By month, e.g. 2026-11."""
    budget: Decimal | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Its zone; UTC where the record names none that is known."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo("UTC")


def orgs(rows: Iterable[Sequence[object]]) -> list[Org]:
    """From rows of (org, currency, zone, months, budget)."""
    return [
        Org(str(row[0]), str(row[1] or "USD"), str(row[2] or "UTC"),
            {str(m): Decimal(str(v)) for m, v in dict(row[3]).items()},  # type: ignore[call-overload]
            None if row[4] is None else Decimal(str(row[4])))
        for row in rows
    ]  # fmt: skip


def of(org: Org, start: int, end: int) -> Decimal:
    """The revenue of `[start, end)`. Parts of a range add up to the range, to the last digit."""
    total = ZERO
    for month, amount in org.revenue.items():
        first = date.fromisoformat(f"{month}-01")
        low = midnight(first, org.zone)
        high = midnight((first + timedelta(days=32)).replace(day=1), org.zone)
        share = (_until(amount, at, (low, high)) for at in (end, start))
        total = EXACT.add(total, EXACT.subtract(*share))
    return total


def _until(amount: Decimal, at: int, month: tuple[int, int]) -> Decimal:
    """The part of a month's revenue before an instant, rounded once."""
    low, high = month
    elapsed = Decimal(min(max(at, low), high) - low)
    part = ROUNDING.divide(ROUNDING.multiply(amount, elapsed), Decimal(high - low))
    return to_scale(part)[0]


def alike(orgs: Sequence[Org], size: int) -> Iterator[list[Org]]:
    """Groups of one zone and currency, each no larger than `size`: no org is left out."""
    ways: dict[tuple[str, str], list[Org]] = {}
    for org in orgs:
        ways.setdefault((org.zone.key, org.currency), []).append(org)
    for members in ways.values():
        for start in range(0, len(members), size):
            yield members[start : start + size]
