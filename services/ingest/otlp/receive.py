"""From the body of an OTLP request to what is published, refused and warned about. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from schemas.call import OCCURRED_FUTURE_MAX, OCCURRED_PAST_MAX
from schemas.dead import Refusal
from services.ingest.core import ALL_ORGS, Caller, Refused, Taken
from services.ingest.otlp import advice, contents, wire
from services.ingest.otlp.events import Reading, read_spans
from services.ingest.otlp.table import Table

REQUEST_FIELD = "occurred_at"


class Received(NamedTuple):
    """What becomes of a request. `rejected` counts spans, `warnings` is for a person to read."""

    taken: list[Taken]
    refused: list[Refused]
    rejected: int
    warnings: list[str]
    contents: list[Taken]


def traces(body: bytes, caller: Caller, table: Table, *, is_json: bool) -> Received:
    """The steps of a trace request; `MalformedError` where it is none."""
    spans = wire.spans(body, is_json=is_json)
    usable = [span for span in spans if span.trace_id and span.span_id]
    read = read_spans(usable, table)
    steps = [step for _, step in read]
    taken: list[Taken] = []
    refused: list[Refused] = []
    for index, step in enumerate(steps):
        line = orjson.dumps(fields_of(step, caller))
        wrong = _wrong_time(step.fields[REQUEST_FIELD], caller.now)
        if wrong:
            refused.append(Refused(index, wrong, line))
        else:
            taken.append(Taken(step.fields["trace_id"], line))
    unusable = len(spans) - len(usable)
    pieces = contents.of_spans(read, caller.keep) if caller.keep is not None else ()
    return Received(
        taken, refused, unusable + len(refused), list(_said(steps, refused, unusable)),
        said(pieces, caller),
    )  # fmt: skip


def said(pieces: Iterable[Mapping[str, Any]], caller: Caller) -> list[Taken]:
    """Pieces of content to publish, of the times that steps may have."""
    forced = {"project": caller.project}
    if caller.org_id != ALL_ORGS:
        forced["org_id"] = caller.org_id
    kept = [piece for piece in pieces if not _wrong_time(piece[REQUEST_FIELD], caller.now)]
    return [Taken(piece["trace_id"], orjson.dumps({**piece, **forced})) for piece in kept]


def fields_of(step: Reading, caller: Caller) -> Mapping[str, Any]:
    """The `CallEvent` of a step. A key of one org tells for that org, whatever the span says."""
    fields = {"project": caller.project} | step.fields
    if caller.org_id == ALL_ORGS:
        return fields
    shared = [name for name in fields.get("from_resource", ()) if name != "org_id"]
    return fields | {"org_id": caller.org_id, "from_resource": shared}


def _wrong_time(told: str, now: datetime) -> Refusal | None:
    at = datetime.fromisoformat(told)
    if now - OCCURRED_PAST_MAX <= at <= now + OCCURRED_FUTURE_MAX:
        return None
    detail = f"{told} is not within {OCCURRED_PAST_MAX.days} days: is the client's clock right?"
    return Refusal(reason="time_out_of_bounds", field=REQUEST_FIELD, detail=detail)


def _said(steps: list[Reading], refused: list[Refused], unusable: int) -> Iterator[str]:
    if refused:
        yield f"{len(refused)} spans were refused: {refused[0].refusal.detail}"
    yield from advice.warnings(steps, unusable)
