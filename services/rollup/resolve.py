"""Which tellings are one call, which of them speaks, and every place the call could be counted.

Pure and blind to order. A call that several tellings report gets one live row and a void row at
every other place (org, minute) where any of them could ever have been counted; all carry the sum
of the tellings' versions, so the worker that saw most wins whenever it writes.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Identity of a telling: its row in `tellings`."""

    slot: int
    trace_key: int
    span_key: int
    shape: int


@dataclass(frozen=True, slots=True)
class Telling:
    """What resolution needs of one row of `tellings`."""

    place: Place
    call_key: int
    ver: int
    is_void: bool
    org_id: str
    minute: int
    usage_rank: int
    wire_rank: int


@dataclass(frozen=True, slots=True)
class CallRow:
    """One row of `calls`; its other columns come from the winner's telling."""

    org_id: str
    minute: int
    call_key: int
    ver: int
    is_void: bool
    tellings: int
    winner: Place


def resolve(tellings: Iterable[Telling]) -> list[CallRow]:
    """All rows of all calls told by `tellings`, which must be closed under shared keys."""
    newest: dict[Place, Telling] = {}
    for telling in tellings:
        known = newest.get(telling.place)
        if known is None or telling.ver > known.ver:
            newest[telling.place] = telling
    return [row for group in _components(newest.values()) for row in _rows(group)]


def _components(tellings: Iterable[Telling]) -> list[list[Telling]]:
    """Tellings joined by a shared call key, or by one span that told several keys."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while (up := parent.setdefault(node, node)) != node:
            parent[node] = parent[up]
            node = up
        return node

    listed = list(tellings)
    for telling in listed:
        parent[root(("call", telling.call_key))] = root(("span", telling.place.span_key))
    groups: dict[tuple[str, int], list[Telling]] = defaultdict(list)
    for telling in listed:
        groups[root(("call", telling.call_key))].append(telling)
    return list(groups.values())


def _rows(group: list[Telling]) -> Iterable[CallRow]:
    speakers: dict[int, Telling] = {}
    for telling in group:
        known = speakers.get(telling.place.span_key)
        if known is None or (telling.ver, telling.place) > (known.ver, known.place):
            speakers[telling.place.span_key] = telling
    winner = max(
        speakers.values(), key=lambda t: (not t.is_void, t.usage_rank, t.wire_rank, t.ver, t.place)
    )
    voided = any(telling.is_void for telling in speakers.values())
    total = sum(telling.ver for telling in group)
    live = (winner.call_key, winner.org_id, winner.minute)
    for key in sorted({telling.call_key for telling in group}):
        for org in sorted({telling.org_id for telling in group}):
            for minute in sorted({telling.minute for telling in group}):
                is_void = voided or (key, org, minute) != live
                yield CallRow(org, minute, key, total, is_void, len(speakers), winner.place)
