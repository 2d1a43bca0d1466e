"""`tracetally-ingest decode FILE...`: what OTLP bodies tell, offline: no Kafka, no settings."""

import argparse
import codecs
import gzip
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from services.counting.graph import Group, components
from services.counting.resolve import resolve, told_by
from services.counting.telling import CallRow, Place, Telling
from services.counting.telling import Identity as Who
from services.ingest.otlp import advice, wire
from services.ingest.otlp.events import IDENTITY, Reading, readings
from services.ingest.otlp.usage import NO_OUTPUT, Counts

EPILOG = """\
Each FILE is the body of one OTLP/HTTP trace request, protobuf or JSON, gzipped or not, in the order
of arrival, or JSON requests one after the other; '-' is stdin. Prints one JSON document: the model
calls that count, each once, whichever spans tell it; totals; and warnings about what an SDK sends.
null means that the payload does not say. It is the service's own code.

Exit status: 0 every file was read, 1 some were no OTLP traces, 2 wrong arguments.
"""
NO_ORG = "(none)"
PROTOBUF_START = b"\n"
"""The tag of `resource_spans`, which is white space in a text."""
_SUMMED = ("input_tokens_total", "cache_read_tokens", "cache_write_tokens", "output_tokens")


def bodies(data: bytes) -> list[wire.Span]:
    """The spans of one body, whatever its form; of JSON also of several, one after the other."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    text = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if text[:1] not in (b"{", b"["):
        return wire.spans(data, is_json=False)
    try:
        return [span for body in _requests(text) for span in wire.spans(body, is_json=True)]
    except wire.MalformedError:
        if data[:1] != PROTOBUF_START:
            raise
    return wire.spans(data, is_json=False)


def _requests(text: bytes) -> Iterable[bytes]:
    """One request, a list, or one after the other as the Collector's file exporter writes."""
    try:
        told = orjson.loads(text)
    except ValueError:
        told = list(_one_by_one(text))
    return map(orjson.dumps, told) if isinstance(told, list) else [text]


_SPACE = re.compile(r"\s*")


def _one_by_one(text: bytes) -> Iterable[Any]:
    read, at = json.JSONDecoder().raw_decode, 0
    try:
        left = text.decode().rstrip()
        while at < len(left):
            told, at = read(left, at)
            yield told
            at = _SPACE.match(left, at).end()  # type: ignore[union-attr]
    except ValueError as wrong:
        raise wire.MalformedError(f"not JSON: {wrong}") from None


def decode(told: Sequence[wire.Span]) -> dict[str, Any]:
    """The document."""
    usable = [span for span in told if span.trace_id and span.span_id]
    steps = readings(usable)
    by_place = {place: step for step in steps for place in [_place(step)]}
    listed = sorted(_calls(by_place), key=lambda call: (call["time"], call["span_id"]))
    for call in listed:
        del call["time"]
    hints = advice.warnings(list(by_place.values()), len(told) - len(usable))
    if homeless := sum(call["org_id"] is None for call in listed):
        hints.append(advice.without_org(homeless))
    return {"calls": listed, "totals": _totals(listed), "warnings": hints}


def _calls(by_place: dict[Place, Reading]) -> Iterable[dict[str, Any]]:
    tellings = [_telling(place, step) for place, step in by_place.items()]
    live = {row.call_key: row for row in resolve(tellings) if not row.is_void}
    for told in components(tellings):
        group = Group(told)
        for key in group.by_key:
            row = live.get(key)
            if row is not None and by_place[row.winner].is_call:
                speakers = told_by(group, key)
                yield _call(row, [by_place[telling.place] for telling in speakers], by_place)


def _number(*parts: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big") | 1


def _place(step: Reading) -> Place:
    fields = step.fields
    shape = (fields.get("parent_span_id"), fields.get("org_id"), fields["occurred_at"])
    return Place(
        0, _number("trace", fields["trace_id"]), _number("event", fields["event_id"]),
        _number(_call_key(step), shape),
    )  # fmt: skip


def _call_key(step: Reading) -> int:
    fields = step.fields
    if step.is_call and "response_id" in fields:
        return _number("response", fields.get("provider"), fields["response_id"])
    return _number("event", fields["event_id"])


_RANKS = {"partial": 1}


def _telling(place: Place, step: Reading) -> Telling:
    fields = step.fields
    return Telling(
        place=place,
        call_key=_call_key(step),
        ver=_number(orjson.dumps(fields)),
        is_void=False,
        identity=Who(*(str(fields.get(name, "")) for name in IDENTITY)),
        minute=int(datetime.fromisoformat(fields["occurred_at"]).timestamp()) // 60 * 60,
        usage_rank=_RANKS.get(fields.get("usage_source", ""), 2) if step.counts.is_told else 0,
        wire_rank=fields.get("wire_rank", 0),
        is_call=step.is_call,
        is_reading=fields["operation"] in NO_OUTPUT,
        own_key=_number(fields["trace_id"], fields["span_id"]),
        parent_key=_number(fields["trace_id"], up) if (up := fields.get("parent_span_id")) else 0,
        from_resource=tuple(fields.get("from_resource", ())),
    )


_FACTS = {
    "operation": "operation", "provider": "provider", "model_requested": "request_model",
    "model_answered": "response_model", "response_id": "response_id",
}  # fmt: skip
_COUNTS = {
    "input_tokens_total": "input_total", "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write", "output_tokens": "output_total",
    "reasoning_tokens": "reasoning",
}  # fmt: skip
_WHO = {
    "conversation_id": "conversation_id", "org_id": "org_id", "user_id": "user_id",
    "feature": "feature", "config_id": "assistant_id",
}  # fmt: skip
_SPAN = {"span_id": "span_id", "trace_id": "trace_id", "name": "name", "scope": "emitter"}


def _call(
    row: CallRow, outside_in: list[Reading], by_place: dict[Place, Reading]
) -> dict[str, Any]:
    """One counted call. What the telling that counts leaves open, another one may say."""
    winner, nearest = by_place[row.winner], [*reversed(outside_in)]
    counting = [winner, *(told for told in nearest if _fits(told.counts, winner.counts))]
    if _call_key(winner) == row.call_key:  # else it tells the usage, and the innermost the rest
        nearest = [winner, *nearest]

    def counted(name: str) -> int | None:
        told = (getattr(reading.counts, name) for reading in counting)
        return next((value for value in told if value is not None), None)

    first = outside_in[0].fields
    return {
        "time": nearest[0].fields["occurred_at"],
        **{key: _said(nearest, name) for key, name in _FACTS.items()},
        **{key: counted(name) for key, name in _COUNTS.items()},
        **{key: getattr(row.identity, name) or None for key, name in _WHO.items()},
        "status": nearest[0].fields["status"],
        "error_type": _said(outside_in, "error_type"),
        "trace_id": first["trace_id"],
        "span_id": first["span_id"],
        "told_by": [
            {key: reading.fields.get(name) for key, name in _SPAN.items()} for reading in outside_in
        ],
    }


def _fits(told: Counts, winner: Counts) -> bool:
    """Whether the counts may be those of the same call: what is around it may tell a sum."""
    return None in (told.input_total, winner.input_total) or told.input_total == winner.input_total


def _said(among: Iterable[Reading], name: str) -> Any:
    return next((r.fields[name] for r in among if name in r.fields), None)


def _totals(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    by_org: dict[str, list[dict[str, Any]]] = {}
    for call in calls:
        by_org.setdefault(call["org_id"] or NO_ORG, []).append(call)
    return {
        "calls": len(calls),
        "failed": sum(call["status"] == "error" for call in calls),
        **{name: _sum(calls, name) for name in _SUMMED},
        "by_org": {
            org: {
                "calls": len(own),
                "input_tokens_total": _sum(own, "input_tokens_total"),
                "output_tokens": _sum(own, "output_tokens"),
            }
            for org, own in sorted(by_org.items())
        },
    }


def _sum(calls: Iterable[dict[str, Any]], name: str) -> int:
    return sum(call[name] or 0 for call in calls)


def run(arguments: Sequence[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="tracetally-ingest decode", description=__doc__, epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("files", nargs="+", metavar="FILE", help="bodies of OTLP trace requests")
    spans: list[wire.Span] = []
    unread: list[str] = []
    for name in parser.parse_args(arguments).files:
        try:
            spans += bodies(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
        except (wire.MalformedError, OSError, EOFError, zlib.error) as wrong:
            unread.append(f"{name}: {wrong}")
    document = decode(spans)
    document["warnings"] += unread
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    return int(bool(unread))
