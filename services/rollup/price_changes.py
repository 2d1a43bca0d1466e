"""What a repricing finds in a page of the ledger, what it writes down and what it sends. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.money import plain
from schemas.priced import ParkedCall
from services.pricing.book import PriceBook
from services.pricing.recall import Change, Reach, Stored, change, stored


class Names(NamedTuple):
    """The models that calls of a job name."""

    response: str
    request: str


@dataclass(frozen=True)
class Job:
    """One record that asks for it, and how far it is."""

    position: int
    reached: Reach
    is_replay: bool
    published_at: datetime
    names: frozenset[Names] = frozenset()
    state: str = "running"
    number: int = 1
    """Which pass."""
    slot: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    slots_done: int = 0
    slots: int = 0
    seen: int = 0
    changed: int = 0

    @property
    def epoch(self) -> int:
        """The book position from which on the correction counts."""
        return self.position + 1


class Adjusted(NamedTuple):
    """What earlier corrections made of a call of a closed month; the ledger keeps its old price."""

    currency: str
    cost: Decimal
    charge: Decimal
    pending: str


@dataclass(frozen=True)
class Closed:
    """The closed months, and what was already written down for calls of the hour at hand."""

    months: frozenset[date]
    adjusted: Mapping[tuple[str, str], Adjusted]
    noted: frozenset[tuple[str, str]] = frozenset()
    """Calls that this very job has adjusted, or a later one: that knew this record, too."""

    def holds(self, call: Stored) -> bool:
        """True for a call whose ledger row stays: also one that was adjusted before its month was
        opened again, because its difference stands already."""
        key = (call.event.project, call.event.event_id)
        is_adjusted = key in self.adjusted or key in self.noted
        return is_adjusted or month_of(call.event.occurred_at) in self.months


@dataclass(frozen=True)
class Found:
    """A call whose price differs, the org it counts for, and whether its month is closed."""

    change: Change
    org_id: str
    """Empty for a telling that is not counted: it is priced again, but moves no money."""
    is_closed: bool


def differences(
    rows: Iterable[Sequence[Any]], job: Job, book: PriceBook, closed: Closed
) -> Iterable[Found]:
    """What the book says differently of the calls of a page."""
    for row in rows:
        call = stored(row[:-1])
        if not job.reached.holds(call.event.occurred_at):
            continue
        is_closed = closed.holds(call)
        found = _closed_change(call, job, book, closed) if is_closed else None
        if not is_closed:
            found = change(call, book, replay=job.is_replay)
        if found is not None:
            yield Found(found, str(row[-1]), is_closed)


def _closed_change(call: Stored, job: Job, book: PriceBook, closed: Closed) -> Change | None:
    """Against what earlier adjustments left; a difference without money is none.

    One that an adjustment left without a price waits for no record: it is not parked.
    """
    key = (call.event.project, call.event.event_id)
    if key in closed.noted:
        return None
    if (earlier := closed.adjusted.get(key)) is not None:
        call = call._replace(**earlier._asdict())
    found = change(call, book, replay=job.is_replay or earlier is not None)
    if found is None:
        return None
    now = (found.currency, found.cost, found.charge, found.pending)
    return None if now == (call.currency, call.cost, call.charge, call.pending) else found


def parked(job: Job, found: Change) -> bytes:
    """The line of retry.v1 that has the call priced again."""
    line = ParkedCall(
        event=found.call.event, reason="no_version_at_time", detail="priced again",
        epoch=job.epoch, payload_hash=found.call.payload_hash,
        billed_org=found.call.billed_org, billed=found.call.billed,
    )  # fmt: skip
    return line.model_dump_json(exclude_defaults=True).encode()


def noted(job: Job, entry: Found, closed: Closed) -> dict[str, Any]:
    """The row of `price_changes`."""
    found, call = entry.change, entry.change.call
    at = call.event.occurred_at
    return {
        "position": job.position, "slot": at.replace(minute=0, second=0, microsecond=0).isoformat(),
        "org_id": entry.org_id, "project": call.event.project, "event_id": call.event.event_id,
        "occurred_at": at.isoformat(), "provider": call.event.provider,
        "model": call.event.answering_model, "currency_before": call.currency,
        "currency_after": found.currency, "cost_before": plain(call.cost),
        "cost_after": plain(found.cost), "charge_before": plain(call.charge),
        "charge_after": plain(found.charge), "pending_after": found.pending,
        "is_adjustment": int(entry.is_closed),
        "in_month": open_month(month_of(at), closed.months).isoformat(),
    }  # fmt: skip


def month_of(at: datetime) -> date:
    """The first day of its month in UTC."""
    return at.astimezone(UTC).date().replace(day=1)


def open_month(month: date, closed: frozenset[date]) -> date:
    """The month itself, or the first one after it that is open."""
    while month in closed:
        month = (month + timedelta(days=32)).replace(day=1)
    return month


def utc(value: Any) -> datetime:
    """ClickHouse's times are UTC, whether the driver says so or not."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
