"""Which steps of a trace tell one call, which of them counts, and why. Pure.

What counts is the ledger's word; how the tellings hang together, and by what the counting one
stands out, follows from the same rules that the ledger was written by.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from services.counting.graph import Group, components
from services.counting.resolve import nearness, told_by
from services.counting.telling import Telling

ONCE = "told_once"
REASONS = ("not_withdrawn", "has_usage", "nearest_the_wire", "deepest", "newest")
"""By what the telling that counts stands out, in the order of the rules."""


class Counted(NamedTuple):
    """A call as the ledger counts it: the event that speaks, and its trace."""

    event_id: str
    trace_id: str


def calls_of(
    tellings: Sequence[Telling],
    events: Mapping[Telling, tuple[str, Any]],
    counted: Mapping[int, Counted],
) -> dict[str, dict[str, Any]]:
    """Of every event that tells a counted call: `counted`, `why`, all `tellings` from the outside
    in, whether they agree about the usage. `events` has the id and the usage of each telling.
    """
    found: dict[str, dict[str, Any]] = {}
    for told in components(tellings):
        group = Group(told)
        for key in sorted(group.by_key.keys() & counted.keys()):
            for event_id, call in _call(group, key, events, counted[key]):
                found.setdefault(event_id, call)
    return found


def _call(
    group: Group,
    key: int,
    events: Mapping[Telling, tuple[str, Any]],
    counted: Counted,
) -> Iterable[tuple[str, dict[str, Any]]]:
    told = [telling for telling in told_by(group, key) if telling.is_call]
    usages = {repr(events[telling][1]) for telling in told if telling.usage_rank}
    call = {
        "counted": counted.event_id,
        "counted_trace_id": counted.trace_id,
        "why": _why(told, events, counted, group, key),
        "tellings": [events[telling][0] for telling in told],
        "is_usage_equal": len(usages) <= 1,
    }
    return [(events[telling][0], call) for telling in told]


def _why(
    told: Sequence[Telling],
    events: Mapping[Telling, tuple[str, Any]],
    counted: Counted,
    group: Group,
    key: int,
) -> str:
    winner = next((t for t in told if events[t][0] == counted.event_id), None)
    if winner is None:
        return "told_elsewhere"
    others = [telling for telling in told if telling is not winner]
    if not others:
        return ONCE
    if winner.call_key != key:
        return "has_usage"
    same = [telling for telling in others if telling.call_key == winner.call_key]
    if not same:
        return "innermost"
    best = max(nearness(telling, group) for telling in same)
    pairs = zip(REASONS, nearness(winner, group), best, strict=False)
    return next((why for why, own, other in pairs if own != other), REASONS[-1])
