"""What is odd about the spans of a request, said so that a person can mend it. Pure.

Nothing is dropped for any of it: two equal calls may be two calls.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from services.ingest.otlp.events import Reading

START_WITHIN_MS = 50


def warnings(readings: Sequence[Reading], unusable: int = 0) -> list[str]:
    """One sentence for each thing to mend, without content or ids of customers."""
    calls = [reading for reading in readings if reading.is_call]
    return [*_ids(unusable), *_usage(calls), *_dropped(calls), *_twice(calls)]


def _ids(unusable: int) -> Iterator[str]:
    if unusable:
        yield f"{unusable} spans without usable trace and span ids were refused"


def _usage(calls: Sequence[Reading]) -> Iterator[str]:
    silent = [
        call for call in calls if not call.counts.is_told and call.fields["status"] == "ok"
    ]  # fmt: skip
    if silent:
        named = ", ".join(sorted({_said(call, "emitter") for call in silent}))
        yield (
            f"{len(silent)} answered model calls tell no usage ({named}): their cost stays "
            "pending. Streams of OpenAI need stream_options.include_usage"
        )


def _dropped(calls: Sequence[Reading]) -> Iterator[str]:
    cut = [call for call in calls if call.dropped]
    if cut:
        yield (
            f"{len(cut)} model calls lost attributes to the client's limit: "
            "set OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096"
        )


def without_org(calls: int) -> str:
    """The warning for calls whose org nobody told."""
    return (
        f"{calls} model calls name no org: set org.id on the span, on a span above it or on the "
        "resource (OTEL_RESOURCE_ATTRIBUTES)"
    )


def _twice(calls: Sequence[Reading]) -> Iterator[str]:
    """Two libraries that seem to tell the same calls, and share no response id."""
    alike: dict[tuple[Any, ...], list[Reading]] = defaultdict(list)
    for call in calls:
        alike[_model(call), call.counts.input_total, call.counts.output_total].append(call)
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for group in alike.values():
        for one, other in _neighbours(group):
            pairs[tuple(sorted((_said(one, "emitter"), _said(other, "emitter"))))] += 1  # type: ignore[index]
    for (one_name, other_name), number in sorted(pairs.items()):
        yield (
            f"{number} model calls look told twice, by {one_name} and by {other_name}, and no "
            "response id ties the two: switch one of the instrumentations off"
        )


def _neighbours(group: list[Reading]) -> Iterable[tuple[Reading, Reading]]:
    ordered = sorted(group, key=_start)
    for one, other in pairwise(ordered):
        apart = _said(one, "emitter") != _said(other, "emitter")
        untied = not (_said(one, "response_id") and _said(other, "response_id"))
        separate = one.fields["trace_id"] != other.fields["trace_id"]
        if apart and untied and separate and _start(other) - _start(one) <= START_WITHIN_MS:
            yield one, other


def _start(call: Reading) -> float:
    ended = datetime.fromisoformat(call.fields["occurred_at"]).timestamp() * 1000
    return ended - float(call.fields.get("duration_ms", 0))


def _model(call: Reading) -> str:
    name = _said(call, "response_model") or _said(call, "request_model")
    return name if not call.counts.is_told else ""


def _said(call: Reading, name: str) -> str:
    return str(call.fields.get(name, ""))
