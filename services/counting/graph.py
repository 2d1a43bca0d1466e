"""How tellings hang together: shared keys, ancestors in a trace, calls inside calls."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from services.counting.telling import Place, Telling

Edges = dict[int, set[int]]
"""Of every call key the keys it points to."""


def components(tellings: Iterable[Telling]) -> list[list[Telling]]:
    """Tellings joined by a shared call key, by one event that told several keys, or by descent."""
    parent: dict[tuple[str, int, int], tuple[str, int, int]] = {}

    def root(node: tuple[str, int, int]) -> tuple[str, int, int]:
        while (up := parent.setdefault(node, node)) != node:
            parent[node] = parent[up]
            node = up
        return node

    def join(one: tuple[str, int, int], other: tuple[str, int, int]) -> None:
        parent[root(one)] = root(other)

    listed = list(tellings)
    for telling in listed:
        event = ("event", 0, telling.place.span_key)
        join(("call", 0, telling.call_key), event)
        if telling.own_key:
            join(event, ("span", telling.place.trace_key, telling.own_key))
            if telling.parent_key:
                join(event, ("span", telling.place.trace_key, telling.parent_key))
    groups: dict[tuple[str, int, int], list[Telling]] = defaultdict(list)
    for telling in listed:
        groups[root(("call", 0, telling.call_key))].append(telling)
    return list(groups.values())


class Group:
    """Tellings that hang together. Of one event's tellings the one with the highest `ver` speaks.

    What counts follows from those that speak. What the outcome rests on (`behind`) follows from
    all of them, so that it only ever grows: an older outcome can always be voided.
    """

    def __init__(self, tellings: list[Telling]) -> None:
        self.tellings = tellings
        self._by_event: dict[int, list[Telling]] = defaultdict(list)
        self._by_span: dict[tuple[int, int], list[Telling]] = defaultdict(list)
        self.by_key: dict[int, list[Telling]] = defaultdict(list)
        for telling in tellings:
            self._by_event[telling.place.span_key].append(telling)
            self.by_key[telling.call_key].append(telling)
            if telling.own_key:
                self._by_span[telling.place.trace_key, telling.own_key].append(telling)
        speaking = (max(told, key=_rank) for told in self._by_event.values())
        self.speakers = sorted(speaking, key=lambda telling: telling.place)

    @cached_property
    def ancestors(self) -> dict[Place, tuple[Telling, ...]]:
        """Of every speaker the speakers above it, nearest first."""
        return {telling.place: tuple(self._upwards(telling)) for telling in self.speakers}

    def _upwards(self, telling: Telling) -> Iterable[Telling]:
        seen = {telling.own_key}
        while telling.parent_key not in seen and (told := self._parents(telling)):
            telling = max(told, key=_rank)
            yield telling
            seen.add(telling.own_key)

    def _parents(self, telling: Telling) -> list[Telling]:
        if not telling.parent_key:
            return []
        return self._by_span.get((telling.place.trace_key, telling.parent_key), [])

    def behind(self, keys: Iterable[int]) -> set[Telling]:
        """All tellings of these keys, and all that were ever told of the spans above them."""
        todo = [telling for key in keys for telling in self.by_key[key]]
        seen = set(todo)
        while todo:
            fresh = set(self._parents(todo.pop())) - seen
            seen |= fresh
            todo += fresh
        return seen

    @cached_property
    def inside(self) -> Edges:
        """Of every call key those of the calls inside it, as told by the speakers."""
        return self._edges(
            {
                telling.place: {one for one in up if not is_another(one, telling)}
                for telling, up in self._spoken()
            }
        )

    def _spoken(self) -> Iterable[tuple[Telling, tuple[Telling, ...]]]:
        return ((telling, self.ancestors[telling.place]) for telling in self.speakers)

    @cached_property
    def related(self) -> Edges:
        """The same as told by any telling, whether it speaks or not, and whatever it tells."""
        told: dict[Place, set[Telling]] = {}
        for telling in self.tellings:
            told[telling.place] = self._all_above(telling)
        return self._edges(told)

    def _all_above(self, telling: Telling) -> set[Telling]:
        todo, seen = [telling], set[Telling]()
        while todo:
            fresh = set(self._parents(todo.pop())) - seen
            seen |= fresh
            todo += fresh
        return seen

    def _edges(self, above: Mapping[Place, set[Telling]]) -> Edges:
        """Between model calls from the outer to the inner; keys that one event told are one."""
        edges: Edges = {key: set() for key in self.by_key}
        for telling in self.tellings:
            for up in above.get(telling.place, ()) if telling.is_call else ():
                if up.is_call and up.call_key != telling.call_key:
                    edges[up.call_key].add(telling.call_key)
        for told in self._by_event.values():
            keys = {telling.call_key for telling in told}
            for key in keys:
                edges[key] |= keys - {key}
        return edges


def is_another(around: Telling, telling: Telling) -> bool:
    """Whether what is around an embedding or a ranking is a call of its own: it tells its usage."""
    return telling.is_reading and not around.is_reading and around.usage_rank > 0


def _rank(telling: Telling) -> tuple[int, Place]:
    return telling.ver, telling.place


def reverse(edges: Edges) -> Edges:
    """The same edges the other way round."""
    turned: Edges = {key: set() for key in edges}
    for key, others in edges.items():
        for other in others:
            turned[other].add(key)
    return turned


def reachable(start: int, edges: Edges) -> set[int]:
    """The start and everything behind it."""
    seen, todo = {start}, [start]
    while todo:
        fresh = edges[todo.pop()] - seen
        seen |= fresh
        todo += fresh
    return seen
