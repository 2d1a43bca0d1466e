"""From the bytes of a body to what is accepted, refused and published. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.base import Record
from schemas.call import OCCURRED_FUTURE_MAX, OCCURRED_PAST_MAX
from schemas.dead import Refusal
from schemas.ndjson import LINE_BYTES_MAX
from schemas.refusal import refusal_of
from services.ingest import wire
from services.ingest.kinds import Kind
from services.ingest.payload import flaw
from services.ingest.redact import Kept

ALL_ORGS = "*"
VALUES_MAX = 4_000_000
"""Commas in a body: a bound on the memory that parsing takes, far above any honest body."""


@dataclass(frozen=True)
class Caller:
    """What the key of a request fixes, and when it came."""

    project: str
    org_id: str
    now: datetime
    keep: Callable[[Any], Kept] | None = None
    """How content is kept; None where the key keeps none."""


@dataclass(frozen=True)
class Refused:
    """An item that was not taken: its place in the body, why, and its bytes."""

    index: int
    refusal: Refusal
    original: bytes


@dataclass(frozen=True)
class Taken:
    """An item to publish: what must stay together, and its line."""

    thread: str
    line: bytes


@dataclass(frozen=True)
class Decision:
    """What becomes of a body. `broken` means that no part of it is JSON."""

    taken: tuple[Taken, ...] = ()
    refused: tuple[Refused, ...] = ()
    broken: Refusal | None = None


class TooManyError(Exception):
    """More items, or more values, than a body may have."""


Outcome = Taken | Refusal


def decide(kind: Kind, body: bytes, caller: Caller, items_max: int) -> Decision:
    """Accept or refuse every item of the body."""
    if body.count(b",") > VALUES_MAX:
        raise TooManyError(f"the body has more than {VALUES_MAX} values")
    take = taker(kind, caller)
    form = wire.shape(body)
    try:
        if form != "array":
            originals = wire.slices(body, form, items_max)
            outcomes = [_one(kind, take, item) for item in originals]
        elif (records := _many(kind, body)) is not None and len(records) <= items_max:
            outcomes = [take(record) for record in records]
            whole = all(isinstance(outcome, Taken) for outcome in outcomes)
            originals = [] if whole else wire.slices(body, form, items_max)
        else:
            originals = wire.slices(body, form, items_max)
            outcomes = [_one(kind, take, item) for item in originals]
    except wire.TooManyError:
        raise TooManyError(f"the body has more than {items_max} items: send several") from None
    except wire.NotJsonError as wrong:
        return Decision(broken=Refusal(reason="not_json", detail=str(wrong)))
    return _sorted(outcomes, originals)


def _sorted(outcomes: list[Outcome], originals: list[bytes]) -> Decision:
    taken = tuple(outcome for outcome in outcomes if isinstance(outcome, Taken))
    if len(taken) == len(outcomes):
        return Decision(taken=taken)
    refused = tuple(
        Refused(index, outcome, originals[index])
        for index, outcome in enumerate(outcomes)
        if isinstance(outcome, Refusal)
    )
    if not taken and all(r.refusal.reason in ("not_json", "not_utf8") for r in refused):
        return Decision(broken=refused[0].refusal)
    return Decision(taken=taken, refused=refused)


def _many(kind: Kind, body: bytes) -> list[Record] | None:
    """All items of an array at once, the fast way; None when any of them is wrong."""
    try:
        records: list[Record] = kind.many.validate_json(body)
    except ValidationError:
        return None
    return records


def _one(kind: Kind, take: Callable[[Any], Outcome], item: bytes) -> Outcome:
    if len(item) > LINE_BYTES_MAX:
        return _too_large(len(item))
    try:
        record = kind.one.validate_json(item)
    except ValidationError as wrong:
        return refusal_of(wrong, item)
    return take(record)


def _too_large(size: int) -> Refusal:
    detail = f"{size} bytes; an event may have at most {LINE_BYTES_MAX}"
    return Refusal(reason="too_large", detail=detail)


def taker(kind: Kind, caller: Caller) -> Callable[[Any], Outcome]:
    """A function that checks one valid record against the caller and encodes it.

    Project and org are written in front of the rest, so that no record has to be copied.
    """
    forced: dict[str, str] = {"project": caller.project}
    bound = caller.org_id != ALL_ORGS
    if bound:
        forced["org_id"] = caller.org_id
    prefix = orjson.dumps(forced)[:-1] + b","
    exclude = set(forced)
    encode = kind.record.__pydantic_serializer__.to_json
    earliest, latest = caller.now - OCCURRED_PAST_MAX, caller.now + OCCURRED_FUTURE_MAX
    has_payload = "usage_payload" in kind.record.model_fields
    prepared = _preparation(kind, caller)

    def take(record: Any) -> Outcome:
        if record.project != caller.project and "project" in record.model_fields_set:
            return _foreign("project", caller.project)
        if bound and record.org_id not in ("", caller.org_id):
            return _foreign("org_id", caller.org_id)
        if not earliest <= record.occurred_at <= latest:
            return _out_of_bounds(record.occurred_at, earliest, latest)
        if has_payload and record.usage_payload is not None and (why := flaw(record.usage_payload)):
            return why
        line = prefix + encode(prepared(record), exclude=exclude, exclude_unset=True)[1:]
        if len(line) > LINE_BYTES_MAX:
            return _too_large(len(line))
        return Taken(kind.thread(record), line)

    return take


def _preparation(kind: Kind, caller: Caller) -> Callable[[Any], Any]:
    """What is done to a record before it is published: content is redacted and cut."""
    keep = caller.keep
    if keep is None or "content" not in kind.record.model_fields:
        return lambda record: record
    return lambda record: record.model_copy(update=_kept(keep(record.content), record))


def _kept(kept: Kept, record: Any) -> dict[str, Any]:
    """What changes in a `Content`. The client's own media type stands while the text is whole."""
    changed: dict[str, Any] = {"content": kept.content}
    if kept.cut_chars:
        changed |= {"cut_chars": record.cut_chars + kept.cut_chars, "mime_type": kept.mime_type}
    return changed


def _foreign(field: str, allowed: str) -> Refusal:
    return Refusal(
        reason="invalid_field",
        field=field,
        detail=f"this key writes to {field} {allowed!r} only; leave the field out or name that",
    )


def _out_of_bounds(value: datetime, earliest: datetime, latest: datetime) -> Refusal:
    return Refusal(
        reason="time_out_of_bounds",
        field="occurred_at",
        detail=f"{value.isoformat()} is not between {earliest.isoformat()} and "
        f"{latest.isoformat()}",
    )
