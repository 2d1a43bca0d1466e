"""Random worlds of model calls told by several spans, and what must be counted of them.

A world is built from the true calls outward, so that the truth needs no resolution: which spans a
library would make of a call, what they share, who is above them. No code is shared with the
product but the records it takes.
"""

import random
from dataclasses import dataclass, field, replace

from services.counting.telling import Identity, Place, Telling

MINUTE, HOUR = 60, 3600


@dataclass
class World:
    """Tellings by the true call they tell (None: a step around calls), and the calls' orgs."""

    tellings: list[tuple[int | None, Telling]] = field(default_factory=list)
    orgs: dict[int, str] = field(default_factory=dict)
    voided: set[int] = field(default_factory=set)


class Builder:
    """Draws one world."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = World()
        self.spans = 0

    def span(self, trace: int, parent: int, call: int | None, **told: object) -> Telling:
        """A new span; keys are its own unless told otherwise. Some run in a process of many orgs
        that names one for all it tells.
        """
        self.spans += 1
        number = self.spans
        minute = self.rng.choice([0, 0, MINUTE, HOUR])
        org = str(told.get("org", ""))
        shared = not org and self.rng.random() < 0.3
        made = Telling(
            place=Place(minute // HOUR * HOUR, trace, 1000 + number, self.rng.getrandbits(32)),
            call_key=int(str(told.get("key", 10_000 + number))),
            ver=self.rng.randrange(1, 1 << 40),
            is_void=False,
            identity=Identity("shared" if shared else org),
            minute=minute,
            usage_rank=int(str(told.get("usage", 2))),
            wire_rank=int(str(told.get("wire", 1))),
            is_call=call is not None,
            own_key=number,
            parent_key=parent,
            from_resource=("org_id",) if shared else (),
        )
        self.world.tellings.append((call, made))
        return made

    def around(self, trace: int, parent: int, org: str) -> int:
        """Zero to two steps around a call: agents, chains, http."""
        for _ in range(self.rng.randrange(3)):
            parent = self.span(trace, parent, None, org=org).own_key
        return parent

    def call(self, number: int, trace: int, parent: int, org: str) -> None:
        """One true call, told by one to three spans of libraries; the outer one tells its usage."""
        self.world.orgs[number] = org
        key = 100 + number
        inherits = parent != 0
        own_org = self.rng.choice(["", org]) if inherits else org
        how = self.rng.choice(
            ["once", "nested", "nested without id", "sibling", "elsewhere", "all"]
        )
        has_id = how != "nested without id" and (how != "once" or self.rng.random() < 0.5)
        ids = {"key": key} if has_id else {}
        outer = self.span(trace, parent, number, org=own_org, wire=1, **ids)
        if how == "once":
            return
        if how in ("nested", "nested without id", "all"):
            middle = outer.own_key
            if self.rng.random() < 0.3:
                middle = self.span(trace, middle, None).own_key
            self.span(trace, middle, number, wire=3, usage=self.rng.choice([0, 2]), **ids)
        if how in ("sibling", "all"):
            self.span(trace, parent, number, wire=2, usage=self.rng.choice([0, 2]), **ids)
        if how in ("elsewhere", "all"):
            other = self.rng.randrange(500, 600)
            self.span(other, 0, number, wire=2, org=self.rng.choice(["", org]), **ids)

    def gateway(self, number: int, trace: int, parent: int, org: str) -> None:
        """An outer span and an SDK's share an id; a gateway between them has an id of its own."""
        self.world.orgs[number] = org
        key = 100 + number
        outer = self.span(trace, parent, number, org=org, wire=1, key=key)
        between = self.span(trace, outer.own_key, number, wire=1, key=200 + number)
        self.span(trace, between.own_key, number, wire=3, key=key)

    def build(self) -> World:
        """The world, with resends, corrections and voids."""
        number = 0
        for trace in range(1, self.rng.randrange(2, 4)):
            org = self.rng.choice(["a", "b"])
            root = self.span(trace, 0, None, org=org).own_key if self.rng.random() < 0.6 else 0
            for _ in range(self.rng.randrange(1, 3)):
                parent = self.around(trace, root, "") if root else 0
                make = self.gateway if self.rng.random() < 0.15 else self.call
                make(number, trace, parent, org)
                number += 1
        self.again()
        return self.world

    def has_one_key(self, call: int) -> bool:
        """Who withdraws one of two spans that share nothing withdraws that span only."""
        return len({told.call_key for of, told in self.world.tellings if of == call}) == 1

    def again(self) -> None:
        """Some tellings come again, changed and newer: another time, or withdrawn."""
        for call, told in list(self.world.tellings):
            chance = self.rng.random()
            if chance < 0.1:
                minute = self.rng.choice([MINUTE * 7, HOUR * 2])
                place = told.place._replace(slot=minute // HOUR * HOUR, shape=told.place.shape + 1)
                newer = replace(told, place=place, minute=minute, ver=told.ver + (1 << 41))
                self.world.tellings.append((call, newer))
            elif chance < 0.13 and call is not None and self.has_one_key(call):
                self.world.tellings.append(
                    (call, replace(told, is_void=True, ver=told.ver + (1 << 42)))
                )
                self.world.voided.add(call)
