"""Content out of spans and log records, by the conventions' own lists of attributes. Pure.

Taken only for keys that keep content, redacted and cut before it goes anywhere.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from services.ingest.otlp.conventions import CONTENTS, EVENT_ROLES, PREFIXES
from services.ingest.otlp.events import Reading, instant
from services.ingest.otlp.values import Attributes
from services.ingest.otlp.wire import Log, Span
from services.ingest.redact import Kept

Keep = Callable[[Any], Kept]
KINDS = {"retrieval": "retrieved", "guardrail": "post_processed", "post_process": "post_processed"}
"""What a step returned, by what the step is."""
PIECES_MAX = 64
"""Of one span: an agent's whole state told in hundreds of attributes is no content."""
_IDENTITY = ("org_id", "conversation_id", "user_id")


def of_spans(told: Iterable[tuple[Span, Reading]], keep: Keep) -> Iterator[dict[str, Any]]:
    """Every piece of content of the spans that are steps. Equal texts of a span are one piece."""
    for span, step in told:
        seen: set[Any] = set()
        shared = step.fields.get("from_resource", ())
        own = {name: step.fields[name] for name in _IDENTITY
               if step.fields.get(name) and name not in shared}  # fmt: skip
        operation = step.fields["operation"]
        for name, kind, role, said in [*_pieces(span.attributes), *_events(span)][:PIECES_MAX]:
            piece = _piece(said, keep, KINDS.get(operation, kind) if kind == "returned" else kind)
            if piece is None or piece["content"] in seen:
                continue
            seen.add(piece["content"])
            yield (
                piece
                | own
                | {
                    "content_id": f"{span.trace_id}:{span.span_id}:{name}"[:256],
                    "occurred_at": step.fields["occurred_at"],
                    "trace_id": span.trace_id,
                    "span_id": span.span_id,
                    "event_id": step.fields["event_id"],
                    "name": name[:256],
                    "role": role,
                }
            )


def of_logs(records: Iterable[Log], keep: Keep) -> Iterator[dict[str, Any]]:
    """Content of log records: the convention's events, of today and older."""
    for record in records:
        if not record.trace_id:
            continue
        for name, kind, role, said in _told_by_log(record):
            piece = _piece(said, keep, kind)
            if piece is None:
                continue
            identity = repr((record.span_id, record.time, name, piece["content"]))
            digest = hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()
            yield piece | {
                "content_id": f"{record.trace_id}:{digest}",
                "occurred_at": instant(record.time),
                "trace_id": record.trace_id,
                "span_id": record.span_id,
                "event_id": f"{record.trace_id}:{record.span_id}" if record.span_id else "",
                "name": name[:256],
                "role": role,
            }


def _told_by_log(record: Log) -> Iterator[tuple[str, str, str, Any]]:
    yield from _pieces(record.attributes)
    if record.name in EVENT_ROLES and record.body is not None:
        yield (record.name, *EVENT_ROLES[record.name], record.body)


def _pieces(attributes: Attributes) -> Iterator[tuple[str, str, str, Any]]:
    """(name, kind, role, what is said); attributes numbered one by one are gathered."""
    gathered: dict[str, dict[str, Any]] = {}
    for key in attributes:
        if key in CONTENTS:
            yield (key, *CONTENTS[key], attributes.get(key))
            continue
        for prefix in PREFIXES:
            if key.startswith(prefix):
                gathered.setdefault(prefix, {})[key[len(prefix) :]] = attributes.get(key)
    for prefix, parts in gathered.items():
        yield (prefix, *PREFIXES[prefix], parts)


def _events(span: Span) -> Iterator[tuple[str, str, str, Any]]:
    for number, (name, _, attributes) in enumerate(span.events[:PIECES_MAX]):
        for key, kind, role, said in _pieces(attributes):
            yield f"{name}.{number}.{key}", kind, role, said
        if name in EVENT_ROLES and "content" in attributes:
            yield (f"{name}.{number}", *EVENT_ROLES[name], attributes.get("content"))


def _piece(said: Any, keep: Keep, kind: str) -> dict[str, Any] | None:
    if said in (None, "", [], {}):
        return None
    kept = keep(said)
    return {"kind": kind, "content": kept.content, "mime_type": kept.mime_type,
            "cut_chars": kept.cut_chars}  # fmt: skip
