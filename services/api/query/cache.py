"""Answers by what they depend on: the same question over the same days is answered from memory.

No answer is kept for a time: it is found by a hash of the question and the counters of its days, so
a change of an old day is a new hash. A kept answer keeps its `as_of`, which stays true.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

from services.api.asked import RefusedError
from services.api.estimate import Freshness
from services.api.plan import SECONDS, Range
from services.api.query import form, limits
from services.api.query.ask import CHANGE, Asked
from services.api.query.ask import asked as again
from services.api.query.business import TALKS_BEFORE_SECONDS
from services.api.query.counters import Counters, Known
from services.api.query.dear import Dear
from services.api.query.engine import Engine, echoed
from services.api.query.measures import MEASURES
from services.api.query.parts import PARTS
from services.api.query.shelf import Kept, Shelf
from services.api.reader import text
from services.api.scope import Scope
from services.runtime.problems import ProblemError, encode

RECENT_MAX = 64
RECENT_SECONDS = 15.0
"""Questions that are asked every few seconds are somebody's open page."""
Charge = Callable[[int], None]


class Moment(NamedTuple):
    """How far the ledger was, and the counters: what all answers of one request are as of."""

    fresh: Freshness
    known: Known

    def meant(self, asked: Asked) -> Asked:
        """The question as it was when the counters were read: until now is until then.

        So all who ask until they are read again ask the same, also when a minute begins.
        """
        at = self.known.at
        is_same = self.known.is_of_the_minute(datetime.fromtimestamp(asked.now, UTC))
        if at is None or asked.query is None or is_same:
            return asked
        with suppress(RefusedError):  # what begins between the two is no range yet
            return replace(again(asked.query, asked.scope, at), around=asked.around)
        return asked


class Answers:
    """The answers of the engine and of what reads the ledger beside it, kept in `bytes_max`."""

    def __init__(self, engine: Engine, counters: Counters, bytes_max: int) -> None:
        self._engine, self._counters, self._shelf = engine, counters, Shelf(bytes_max)
        self._recent: OrderedDict[tuple[str | None, str], tuple[float, form.Query]] = OrderedDict()
        self.dear = Dear(self._shelf, is_paced=counters.is_paced)
        counters.prepare = self._prepare

    async def moment(self, asked: Sequence[Asked]) -> Moment:
        """Read before anything is answered, so that an answer is never older than its counters."""
        if not asked:
            return Moment(await self._engine.freshness(), Known())
        self._note(asked)
        ranges = [whole for one in asked for whole in ranges_of(one)]
        widest = Range(min(r.start for r in ranges), max(r.end for r in ranges))
        known = self._counters.known(asked[0].scope, widest)
        return Moment(*await asyncio.gather(self._engine.freshness(), known))

    def _note(self, asked: Sequence[Asked]) -> None:
        """Who asks may be watching: the last questions are asked again when something changes."""
        for one in asked:
            if one.query is not None and not one.around:
                key = (one.scope.org_id, one.query.model_dump_json())
                self._recent[key] = (time.monotonic(), one.query)
                self._recent.move_to_end(key)
        while len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)

    async def _prepare(self, scope: Scope, known: Known) -> None:
        """Answer what was asked a moment ago from new counters, before anyone is told of them."""
        since = time.monotonic() - RECENT_SECONDS
        recent = [
            again(query, scope, known.at or self._engine.now())
            for (org_id, _), (at, query) in self._recent.items()
            if at > since and org_id == scope.org_id
        ]
        if recent:
            await self.all(recent, Moment(await self._engine.freshness(), known))

    def tag(self, asked: Asked, moment: Moment, *more: object) -> str:
        """The hash of the question, its scope and all that its answer depends on."""
        asked = moment.meant(asked)
        families = {PARTS[part].family for name in asked.measures for part in MEASURES[name].parts}
        kinds = {"calls"} | ({"sketch"} & families)
        if asked.around:
            kinds |= {"sketch"}  # written after the conversations of the same hours
        if "outcome" in families:
            kinds |= {"sketch", "outcomes"}
        known = moment.known
        depends = [
            echoed(asked), asked.scope.org_id, known.prices,
            known.orgs if "revenue" in families else "", known.is_closed(asked.whole),
            self._engine.is_past(asked, moment.fresh),
            self._engine.is_settled(asked, moment.fresh),
            sum(bucket.end > asked.now for bucket in asked.plan.buckets),
            *(known.of(whole, frozenset(kinds)) for whole in ranges_of(asked)), *more,
        ]  # fmt: skip
        return blake2b(encode(depends), digest_size=16).hexdigest()

    async def get(self, asked: Asked, moment: Moment, charge: Charge | None = None) -> Kept:
        """The kept answer of one question, or a new one."""
        [found] = await self.all([asked], moment, charge)
        if isinstance(found, ProblemError):
            raise found
        return found

    async def all(
        self, asked: Sequence[Asked], moment: Moment, charge: Charge | None = None
    ) -> list[Kept | ProblemError]:
        """Kept answers, or new ones, which all who ask for them meanwhile share.

        Questions that differ in their measures alone are answered by one reading. `charge` is
        called with the units of what has to be computed, and may refuse.
        """
        asked = [moment.meant(one) for one in asked]
        tags = [self.tag(one, moment) for one in asked]
        found, missing = self._held(asked, tags)
        for alike in missing.values():
            refused = _charged(alike, charge)
            found |= refused
            if wanted := {tag: one for tag, one in alike.items() if tag not in refused}:
                self._shelf.make(wanted, self._answer(wanted, moment))
        found |= await self._wait([tag for tag in tags if tag not in found])
        return [found[tag] for tag in tags]

    async def _wait(self, tags: Collection[str]) -> dict[str, Kept | ProblemError]:
        started = time.monotonic()
        found = await self._shelf.wait(tags)
        if tags:
            self._counters.spent(time.monotonic() - started)
        return found

    def _held(
        self, asked: Sequence[Asked], tags: Sequence[str]
    ) -> tuple[dict[str, Kept | ProblemError], dict[bytes, dict[str, Asked]]]:
        """What is kept; and, those that are alike together, what nobody computes yet."""
        found: dict[str, Kept | ProblemError] = {}
        missing: dict[bytes, dict[str, Asked]] = {}
        for one, tag in zip(asked, tags, strict=True):
            if (kept := self._shelf.get(tag)) is not None:
                found[tag] = kept
            elif not self._shelf.is_coming(tag):
                missing.setdefault(_likeness(one), {})[tag] = one
        return found, missing

    async def _answer(self, wanted: Mapping[str, Asked], moment: Moment) -> dict[str, Kept]:
        as_of = moment.fresh.as_of
        answers = await self._engine.answer(list(wanted.values()), moment.fresh, moment.known)
        made = {}
        for (tag, one), answer in zip(wanted.items(), answers, strict=True):
            told = {"query": echoed(one), "as_of": text(as_of) if as_of else None, **answer}
            made[tag] = Kept(encode(told | {"units": limits.units(one)}), as_of)
        return made


def _likeness(asked: Asked) -> bytes:
    """The same for questions that one reading answers."""
    ranks = [asked.order, asked.measures[0] if asked.order == CHANGE else ""] if asked.by else []
    return encode([echoed(asked) | {"measures": []}, asked.scope.org_id, ranks])


def _charged(alike: Mapping[str, Asked], charge: Charge | None) -> dict[str, ProblemError]:
    """Those questions that the asker has no units left for."""
    refused = {}
    for tag, one in alike.items():
        try:
            if charge is not None:
                charge(limits.units(one))
        except ProblemError as problem:
            refused[tag] = problem
    return refused


def ranges_of(asked: Asked) -> list[Range]:
    """What a question reads: its range, that before, the talks in which outcomes came to be."""
    whole = Range(max(0, asked.whole.start - asked.around), asked.whole.end + asked.around)
    if {"assistant", "assistant_version"} & asked.names:
        start = asked.whole.start - TALKS_BEFORE_SECONDS
        whole = Range(max(0, start), whole.end)
    buckets = asked.compared.buckets if asked.compared else ()
    return [whole, *([Range(buckets[0].start, buckets[-1].end)] if buckets else [])]


def days_of(known: Known, other: Known, whole: Range) -> list[str]:
    """UTC days of a range, which both know, whose counters differ."""
    differing = set(known.days.items()) ^ set(other.days.items())
    changed = {day for (_, day), _ in differing if whole.start <= day < whole.end}
    return [datetime.fromtimestamp(day, UTC).date().isoformat() for day in sorted(changed)]


def recent(now: datetime, days: int) -> Range:
    """Whole UTC days around now."""
    today = int(now.timestamp()) // SECONDS["day"] * SECONDS["day"]
    return Range(max(0, today - days * SECONDS["day"]), today + 2 * SECONDS["day"])
