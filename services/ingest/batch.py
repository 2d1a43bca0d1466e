"""From accepted lines and refused items to Kafka messages: many lines each, traces whole. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from schemas.dead import DeadLetter, Refusal, original_fields
from schemas.ndjson import join
from services.ingest.core import Caller, Taken

MESSAGE_BYTES_WANTED = 500_000
MESSAGE_LINES_WANTED = 1_000


@dataclass(frozen=True)
class Envelope:
    """A message to be published, before anything knows of Kafka."""

    key: bytes
    value: bytes


def envelopes(project: str, taken: Sequence[Taken]) -> list[Envelope]:
    """As few messages as the limits allow; the lines of a trace go to the same one if they fit."""
    size = sum(len(item.line) + 1 for item in taken)
    count = max(-(-size // MESSAGE_BYTES_WANTED), -(-len(taken) // MESSAGE_LINES_WANTED))
    if count <= 1:
        return [_envelope(project, taken)] if taken else []
    groups: list[list[Taken]] = [[] for _ in range(count)]
    for item in taken:
        groups[crc32(item.thread.encode()) % count].append(item)
    return [_envelope(project, part) for group in groups for part in _parts(group)]


def _parts(group: Iterable[Taken]) -> Iterator[list[Taken]]:
    part: list[Taken] = []
    size = 0
    for item in group:
        size += len(item.line) + 1
        if part and (size > MESSAGE_BYTES_WANTED or len(part) == MESSAGE_LINES_WANTED):
            yield part
            part, size = [], len(item.line) + 1
        part.append(item)
    if part:
        yield part


def _envelope(project: str, part: Sequence[Taken]) -> Envelope:
    key = f"{project}|{part[0].thread}".encode()
    return Envelope(key, join(item.line for item in part))


def letters(refused: Iterable[tuple[Refusal, bytes]], caller: Caller) -> list[Envelope]:
    """The dead letters. Their ids come from project and bytes: a resend repeats them."""
    source = f"http/{caller.project}"
    lines = [
        Taken(source, _letter(refusal, original, caller).model_dump_json().encode())
        for refusal, original in refused
    ]
    return [Envelope(source.encode(), join(i.line for i in part)) for part in _parts(lines)]


def _letter(refusal: Refusal, original: bytes, caller: Caller) -> DeadLetter:
    identity = hashlib.blake2b(caller.project.encode() + b"\0" + original, digest_size=16)
    return DeadLetter(
        dead_id=identity.hexdigest(),
        reason=refusal.reason,
        detail=refusal.detail,
        field=refusal.field,
        service="ingest",
        source=f"http/{caller.project}"[:256],
        occurred_at=caller.now,
        project=caller.project,
        org_id="" if caller.org_id == "*" else caller.org_id,
        **original_fields(original),  # type: ignore[arg-type]
    )
