"""Each call once: workers, crashes, zombies and any order over random worlds, in memory.

`wrong designs` are the ones that were found wanting: the check must catch every one of them.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from unittest.mock import patch

import pytest

from schemas.call import UNATTRIBUTED
from services.counting import resolve as product
from services.counting.graph import Group, reachable
from services.counting.telling import CallRow, Place, Telling
from tests.laws.worlds import Builder, World

SCHEDULES = int(os.environ.get("COUNTING_SCHEDULES", "3000"))
CAUGHT_WITHIN = 3000
Resolve = Callable[[list[Telling]], list[CallRow]]
Ledger = dict[tuple[str, int, int], CallRow]


class Store:
    """What is durable: tellings by place and ledger rows by (org, minute, key), newest wins."""

    def __init__(self) -> None:
        self.tellings: dict[Place, Telling] = {}
        self.calls: Ledger = {}

    def tell(self, telling: Telling) -> None:
        known = self.tellings.get(telling.place)
        if known is None or telling.ver > known.ver:
            self.tellings[telling.place] = telling

    def write(self, row: CallRow) -> None:
        at = (row.org_id, row.minute, row.call_key)
        known = self.calls.get(at)
        if known is None or row.ver >= known.ver:
            self.calls[at] = row

    def together(self, batch: list[Telling]) -> list[Telling]:
        """Everything that hangs together with the batch, by keys, events and traces."""
        found = {telling.place: telling for telling in batch}
        while True:
            keys = {t.call_key for t in found.values()}
            events = {t.place.span_key for t in found.values()}
            traces = {t.place.trace_key for t in found.values()}
            more = {
                place: t
                for place, t in self.tellings.items()
                if t.call_key in keys or place.span_key in events or place.trace_key in traces
            }
            if more.keys() <= found.keys():
                return [self.tellings.get(p, t) for p, t in found.items()]
            found |= more


def worker(store: Store, batch: list[Telling], resolve: Resolve, *, alone: bool) -> Iterator[None]:
    """One flush, a step at a time: tell, look, decide, write row by row, voids first."""
    for telling in batch:
        store.tell(telling)
        yield
    seen = batch if alone else store.together(batch)
    yield
    for row in sorted(resolve(seen), key=lambda row: not row.is_void):
        store.write(row)
        yield


def run(seed: int, resolve: Resolve, *, alone: bool = False) -> tuple[World, Store]:
    """A random schedule: batches to workers, some killed and done again, zombies writing late."""
    rng = random.Random(seed)
    world = Builder(seed).build()
    told = [telling for _, telling in world.tellings]
    told += [telling for telling in told if rng.random() < 0.2]
    rng.shuffle(told)
    size = rng.randrange(1, 5)
    batches = [told[n : n + size] for n in range(0, len(told), size)]
    return world, _delivered(rng, batches, lambda store, b: worker(store, b, resolve, alone=alone))


def _delivered(
    rng: random.Random,
    batches: list[list[Telling]],
    start: Callable[[Store, list[Telling]], Iterator[None]],
) -> Store:
    store = Store()
    running: list[Iterator[None]] = []
    zombies: list[Iterator[None]] = []
    while batches or running:
        if batches and (not running or (len(running) < 3 and rng.random() < 0.4)):
            running.append(start(store, batches[0]))
            if rng.random() < 0.15:  # it dies somewhere, and its batch is delivered again
                zombies.append(running.pop())
                list(islice(zombies[-1], rng.randrange(12)))
            else:
                batches.pop(0)
        elif next(running[at := rng.randrange(len(running))], _DONE) is _DONE:
            running.pop(at)
    for zombie in zombies:
        list(zombie if rng.random() < 0.5 else ())
    return store


_DONE = object()


def is_right(world: World, store: Store) -> bool:
    """Every true call has exactly one live row, at its org and with its usage; nothing else of a
    call is live.
    """
    call_of = {telling.place.span_key: call for call, telling in world.tellings}
    usage = {telling.place: telling.usage_rank for _, telling in world.tellings}
    live = [row for row in store.calls.values() if not row.is_void]
    counted: dict[int, list[str]] = {}
    for row in live:
        call = call_of[row.winner.span_key]
        if call is not None:
            counted.setdefault(call, []).append(row.org_id if usage[row.winner] else "no usage")
    wanted = {
        call: [org or UNATTRIBUTED] for call, org in world.orgs.items() if call not in world.voided
    }
    return counted == wanted


@pytest.mark.faults
def test_the_chosen_design_counts_every_call_once() -> None:
    wrong = [seed for seed in range(SCHEDULES) if not is_right(*run(seed, product.resolve))]
    assert wrong == []


def outermost(tellings: list[Telling]) -> list[CallRow]:
    """Counts the outer call instead of the innermost."""
    turned = {t.own_key for t in tellings if t.is_call}
    tops = {t.call_key for t in tellings if t.is_call and t.parent_key not in turned}
    rows = product.resolve(tellings)
    return [replace(row, is_void=row.call_key not in tops) for row in rows]


def without_old_places(tellings: list[Telling]) -> list[CallRow]:
    return [row for row in product.resolve(tellings) if not row.is_void]


def highest_version(tellings: list[Telling]) -> list[CallRow]:
    top = max((t.ver for t in tellings), default=1)
    return [replace(row, ver=top) for row in product.resolve(tellings)]


def every_span(tellings: list[Telling]) -> list[CallRow]:
    """Adds up everything that has tokens."""
    return [
        replace(row, is_void=False)
        for telling in tellings
        for row in product.resolve([replace(telling, call_key=telling.place.span_key)])
    ]


def nearest_trace_only(tellings: list[Telling]) -> list[CallRow]:
    """Resolves each trace by itself: a twin in another trace is not seen."""
    traces = {telling.place.trace_key for telling in tellings}
    return [
        row
        for trace in sorted(traces)
        for row in product.resolve([t for t in tellings if t.place.trace_key == trace])
    ]


def any_call_below(tellings: list[Telling]) -> list[CallRow]:
    """Suppresses a key as soon as one of its tellings has another call below."""
    rows = product.resolve(tellings)
    group = Group(list(tellings))
    inside = group.inside
    has_below = {key for key in inside if reachable(key, inside) != {key}}
    return [replace(row, is_void=row.is_void or row.call_key in has_below) for row in rows]


def innermost_alone(tellings: list[Telling]) -> list[CallRow]:
    """Leaves a call pending whose usage only a span around it tells."""
    with patch.object(product, "_with_usage", lambda winner, _, __: winner):
        return product.resolve(tellings)


def the_process_first(tellings: list[Telling]) -> list[CallRow]:
    """Lets a step's process say whose it is before the steps above it do."""
    return product.resolve([replace(telling, from_resource=()) for telling in tellings])


@pytest.mark.parametrize(
    "design",
    [
        innermost_alone,
        the_process_first,
        outermost,
        without_old_places,
        highest_version,
        every_span,
        nearest_trace_only,
        any_call_below,
    ],
)
def test_wrong_designs_are_caught(design: Resolve) -> None:
    assert any(not is_right(*run(seed, design)) for seed in range(CAUGHT_WITHIN))


def test_resolution_inside_a_batch_is_caught() -> None:
    wrong = (is_right(*run(seed, product.resolve, alone=True)) for seed in range(CAUGHT_WITHIN))
    assert not all(wrong)
