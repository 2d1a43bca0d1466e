"""Which tellings are one call, which of them speaks, and every place the call could be counted.

Pure and blind to order. Of calls told inside each other the innermost counts, with the usage that
one around it tells where it tells none itself. A call that several
tellings report gets one live row and a void row at every other place (org, minute) where any of
them could ever have been counted; all carry the sum of the versions of every telling the outcome
depends on, so the worker that saw most wins whenever it writes.
"""

from collections.abc import Iterable, Iterator

from schemas.call import UNATTRIBUTED
from services.counting.graph import Group, components, reachable, reverse
from services.counting.telling import CallRow, Identity, Place, Telling

EXACT = 2
"""The highest `usage_rank`; 1 is partial or estimated, 0 missing."""


def resolve(tellings: Iterable[Telling]) -> list[CallRow]:
    """All rows of all calls told by `tellings`, which must be closed under keys and ancestors."""
    newest: dict[Place, Telling] = {}
    for telling in tellings:
        known = newest.get(telling.place)
        if known is None or telling.ver > known.ver:
            newest[telling.place] = telling
    return [row for told in components(newest.values()) for row in _rows(Group(told))]


def _rows(group: Group) -> Iterator[CallRow]:
    inside, related = group.inside, group.related
    outside, unrelated = reverse(inside), reverse(related)
    for key in sorted(group.by_key):
        below, above = reachable(key, inside), reachable(key, outside)
        same = below & above
        speakers = [t for t in group.speakers if t.call_key in same]
        counts = below == same and bool(speakers) and not any(t.is_void for t in speakers)
        winner = max(speakers or group.by_key[key], key=lambda t: nearness(t, group))
        who = _identity(speakers, above - same, group)
        source = winner if above == same else _with_usage(winner, key, group)
        home = (winner.call_key, who.org_id or UNATTRIBUTED, winner.minute)
        depends = group.behind(reachable(key, related) | reachable(key, unrelated))
        total = sum(telling.ver for telling in depends)
        for org, minute in _places(group.by_key[key], depends):
            is_home = (key, org, minute) == home
            is_void = not (counts and is_home)
            bill = None if is_void else _bill(source, who)
            yield CallRow(who, org, minute, key, total, is_void, is_home, len(speakers),
                          source.place, bill)  # fmt: skip


def _with_usage(winner: Telling, key: int, group: Group) -> Telling:
    """Who tells what the call used, where the innermost does not fully: a call around it alone."""
    known = winner.usage_rank
    if known == EXACT or not winner.is_call:
        return winner
    around = (
        t for t in told_by(group, key) if t.is_call and t.usage_rank > known and not t.is_void
    )
    return max(around, key=lambda telling: nearness(telling, group), default=winner)


def _bill(winner: Telling, who: Identity) -> str | None:
    """The org that pays, where the price that stands is another one's."""
    priced_for = winner.billed_org if winner.billed_org is not None else winner.identity.org_id
    needs_price = winner.is_call and winner.usage_rank > 0
    return who.org_id if needs_price and who.org_id != priced_for else None


def nearness(telling: Telling, group: Group) -> tuple[object, ...]:
    """Exact usage before missing, then nearest the wire, then deepest in its trace, then newest."""
    depth = len(group.ancestors.get(telling.place, ()))
    return (
        not telling.is_void, telling.usage_rank, telling.wire_rank, depth, telling.ver,
        telling.place,
    )  # fmt: skip


def _identity(speakers: list[Telling], above: set[int], group: Group) -> Identity:
    """Per field the first that is told: tellings from the outside in, then what is above them.

    What a process says of all its steps (OTel resource) stands behind what any of them says.
    """
    told = sorted(speakers, key=lambda telling: outwardness(telling, group))
    told += [up for telling in list(told) for up in group.ancestors.get(telling.place, ())]
    over = [telling for telling in group.speakers if telling.call_key in above]
    for telling in sorted(over, key=lambda telling: outwardness(telling, group), reverse=True):
        told += [telling, *group.ancestors[telling.place]]
    said = [telling.own for telling in told] + [t.identity for t in told if t.from_resource]
    fields = zip(*said, strict=True)
    return Identity(*(next(filter(None, values), "") for values in fields))


def told_by(group: Group, key: int) -> list[Telling]:
    """Who tells the call that counts at `key`, from the application's side to the provider's.

    Spans around it tell it, too, where it is the only call inside them.
    """
    inside = group.inside
    below = reachable(key, inside)

    def tells(other: int) -> bool:
        innermost = (k for k in reachable(other, inside) if key not in reachable(k, inside))
        return key in reachable(other, inside) and not any(k not in below for k in innermost)

    keys = {other for other in group.by_key if tells(other)}
    told = (telling for telling in group.speakers if telling.call_key in keys)
    return sorted(told, key=lambda telling: outwardness(telling, group))


def outwardness(telling: Telling, group: Group) -> tuple[int, int, Place]:
    """Sorts tellings of one call from the application's side to the provider's.

    Depths say something within one trace only, so that the kind of library comes first.
    """
    return telling.wire_rank, len(group.ancestors.get(telling.place, ())), telling.place


def _places(told: list[Telling], depends: set[Telling]) -> list[tuple[str, int]]:
    """Every (org, minute) where the key could ever have been counted."""
    orgs = {t.identity.org_id for t in depends if t.identity.org_id}
    if any(not t.identity.org_id for t in told) or not orgs:
        orgs.add(UNATTRIBUTED)
    minutes = {telling.minute for telling in told}
    return [(org, minute) for org in sorted(orgs) for minute in sorted(minutes)]
