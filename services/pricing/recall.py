"""Calls of the ledger, priced again: which a correction may touch, and what it changes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from schemas.call import CallEvent
from schemas.dead import Refusal
from schemas.money import ZERO
from schemas.price import PriceRecord, ReplayRecord
from services.pricing.book import PriceBook
from services.pricing.matching import Key, Pending, plan
from services.pricing.providers import canonical, plain_name, spellings
from services.pricing.told import as_read, decide, read

_COPIED = (
    "event_id", "project", "trace_id", "span_id", "parent_span_id", "conversation_id", "user_id",
    "operation", "name", "duration_ms", "status", "error_type", "assistant_id",
    "assistant_version", "feature", "environment", "provider", "request_model", "response_model",
    "response_id", "usage_source", "flavour", "processing", "service_tier", "speed", "region",
    "deployment", "search_context_size", "image_size", "quality", "emitter", "wire_rank",
    "revision",
)  # fmt: skip
_STORED = (
    "org_own", "occurred_at", "ttft_ms", "usage", "usage_payload", "normaliser", "metadata",
    "provider_reported_cost", "payload_hash", "currency", "cost", "charge", "price_key",
    "variant", "pending", "billed_org", "billed", "from_resource", "toString(trace_key)",
    "toString(span_key)", "toString(shape)",
)  # fmt: skip
COLUMNS = (*_COPIED, *_STORED)
"""What a row of `tellings` must bring, in this order."""


@dataclass(frozen=True)
class Reach:
    """The calls a record may touch: a window of instants, and what they have in common."""

    start: datetime
    end: datetime | None = None
    org_id: str = ""
    providers: tuple[str, ...] = ()
    model: str = ""
    normaliser: str = ""
    series: str = ""
    """Prefix of the price keys of the record's series; empty for a replay."""
    keys: frozenset[Key] = field(default_factory=frozenset)

    def conditions(self) -> tuple[str, dict[str, Any]]:
        """SQL conditions on `tellings`, and their parameters. A superset of what is touched."""
        sql = "slot >= {start:DateTime('UTC')}"
        parameters: dict[str, Any] = {"start": _hour(self.start)}
        if self.end is not None:
            sql += " AND slot <= {end:DateTime('UTC')}"
            parameters["end"] = _hour(self.end)
        for name, value, condition in (
            ("org", self.org_id, "if(billed > 0, billed_org, org_own) = {org:String}"),
            ("providers", list(self.providers), "lowerUTF8(provider) IN {providers:Array(String)}"),
            ("model", self.model, "lowerUTF8(model) = {model:String}"),
            ("normaliser", self.normaliser, "startsWith(normaliser, {normaliser:String})"),
        ):
            if value:
                sql += f" AND {condition}"
                parameters[name] = value
        return sql + " AND is_void = 0", parameters

    def holds(self, at: datetime) -> bool:
        """True for an instant of the window."""
        return self.start <= at and (self.end is None or at < self.end)


def reach(record: PriceRecord | ReplayRecord, key: str, book: PriceBook) -> Reach:
    """Which calls a record that asks for it prices again; the book already holds the record."""
    org_id = record.scope.removeprefix("org:") if record.scope != "*" else ""
    provider = canonical(record.provider)
    providers = spellings(provider) if provider else ()
    if isinstance(record, ReplayRecord):
        name = f"{record.normaliser}@" if record.normaliser else ""
        model = plain_name(record.model)
        return Reach(record.start, record.end, org_id, providers, model, name)
    versions = book.prices.get((record.scope, provider, plain_name(record.model)), ())
    later = [v.effective_from for v in versions if v.effective_from > record.effective_from]
    series = key[: key.rindex("|") + 1]
    end = min(later, default=None)
    return Reach(record.effective_from, end, org_id, providers, series=series)


class Named(NamedTuple):
    """What rows of the ledger have in common that decides their price record."""

    key: Key
    price_key: str


def is_touched(named: Named, reached: Reach, book: PriceBook) -> bool:
    """True when calls named so may be priced by the record's series, now or before."""
    if not reached.series:
        return True
    if named.price_key.startswith(reached.series):
        return True
    steps = plan(book, named.key)
    if isinstance(steps, Pending):
        return False
    listed = [versions for step in steps for versions in (step.versions, *_targets(step.aliases))]
    return any(v.key.startswith(reached.series) for versions in listed for v in versions)


def _targets(aliases: Sequence[Any]) -> list[Any]:
    return [versions for _, targets in aliases for versions in targets]


class Stored(NamedTuple):
    """A call of the ledger as it was told, and the price that stands."""

    event: CallEvent
    payload_hash: str
    currency: str
    cost: Decimal
    charge: Decimal
    price_key: str
    variant: str
    pending: str
    billed_org: str
    billed: int
    cursor: tuple[str, str, str]


def stored(row: Sequence[Any]) -> Stored:
    """From a row of `COLUMNS`."""
    told: dict[str, Any] = dict(zip(_COPIED, row, strict=False))
    (org, at, ttft, usage, payload, normaliser, metadata, reported, payload_hash, currency, cost,
     charge, price_key, variant, pending, billed_org, billed, shared,
     *cursor) = row[len(_COPIED) :]  # fmt: skip
    told |= {
        "org_id": org, "occurred_at": _utc(at), "time_to_first_token_ms": ttft,
        "usage": None if normaliser else _object(usage), "usage_payload": _object(payload),
        "metadata": _object(metadata), "provider_reported_cost": reported or None,
        "from_resource": tuple(shared),
    }  # fmt: skip
    return Stored(
        CallEvent.model_construct(**told), str(payload_hash), currency, Decimal(cost),
        Decimal(charge), price_key, variant, pending, billed_org, int(billed), tuple(cursor),
    )  # fmt: skip


def _utc(value: Any) -> datetime:
    """ClickHouse's times are UTC, whether the driver says so or not."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _object(text: str) -> Any:
    return orjson.loads(text) if text else None


class Change(NamedTuple):
    """What the book says now of a call of the ledger, where that differs from what stands."""

    call: Stored
    currency: str
    cost: Decimal
    charge: Decimal
    pending: str


def change(call: Stored, book: PriceBook, *, replay: bool) -> Change | None:
    """The difference, or None. A pending call is left to the record it waits for, unless replayed.

    A refused one stays as it is: its price stands until a person mends the record.
    """
    if call.pending and not replay:
        return None
    result = decide(call.event, book, call.billed_org).result
    if isinstance(result, Refusal):
        return None
    if isinstance(result, Pending):
        same = bool(call.pending)
        return None if same else Change(call, "", ZERO, ZERO, result.reason)
    now = (result.currency, result.cost, result.charge, result.price_key, result.variant, "")
    if now == _standing(call):
        return None
    return Change(call, result.currency, result.cost, result.charge, "")


def _standing(call: Stored) -> tuple[object, ...]:
    return (call.currency, call.cost, call.charge, call.price_key, call.variant, call.pending)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def instead(event: CallEvent, provider: str, model: str) -> CallEvent:
    """The call as if another model had answered it, with the same quantities."""
    read_event = as_read(event, read(event))
    return read_event.model_copy(
        update={
            "provider": provider, "response_model": model, "request_model": "",
            "service_tier": "", "processing": read_event.processing, "deployment": "",
        }
    )  # fmt: skip
