"""Answers that take long are made seldom: meanwhile the one before is given, as old as it says.

They are kept by tag like all others. What is cheap is always as new as its counters.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from services.api.query.counters import DEAR_SECONDS
from services.api.query.shelf import Kept, Shelf
from services.runtime.problems import ProblemError

SHARE = 0.1
"""The part of the time that one question may take, be its answer ever so often out of date."""
GRACE_SECONDS = 45.0
"""Who asks so long after that is answered at once; who asks later waits for the newest."""
QUESTIONS_MAX = 1_000

Make = Callable[[], Awaitable[Kept]]


class Made(NamedTuple):
    """What a question was answered last, when, and how many seconds it took."""

    tag: str
    at: float
    cost: float


class Dear:
    """The answers of what reads the ledger itself. Without `is_paced` all are always the newest."""

    def __init__(self, shelf: Shelf, *, is_paced: bool) -> None:
        self._shelf, self._is_paced = shelf, is_paced
        self._last: OrderedDict[str, Made] = OrderedDict()

    async def get(
        self, question: str, tag: str, make: Make, charge: Callable[[], None]
    ) -> tuple[str, Kept]:
        """The answer of this tag, or the last one of the question, with the tag that it has.

        `charge` is called where one has to be made, and may refuse: then the last one is given.
        """
        if (kept := self._shelf.get(tag)) is not None:
            return tag, kept
        older, is_due = self._older(question)
        if is_due and not self._shelf.is_coming(tag) and _may(charge, older):
            self._shelf.make([tag], self._made(question, tag, make))
        if older is not None:
            return older
        found = (await self._shelf.wait([tag]))[tag]
        if isinstance(found, ProblemError):
            raise found
        return tag, found

    def _older(self, question: str) -> tuple[tuple[str, Kept] | None, bool]:
        """What may be given instead, and whether the new one is due."""
        last = self._last.get(question)
        if last is None or not self._is_paced or last.cost < DEAR_SECONDS:
            return None, True
        late = time.monotonic() - last.at - last.cost / SHARE
        kept = self._shelf.get(last.tag) if late < GRACE_SECONDS else None
        return ((last.tag, kept), late >= 0) if kept else (None, True)

    async def _made(self, question: str, tag: str, make: Make) -> dict[str, Kept]:
        started = time.monotonic()
        kept = await make()
        ended = time.monotonic()
        self._last[question] = Made(tag, ended, ended - started)
        self._last.move_to_end(question)
        if len(self._last) > QUESTIONS_MAX:
            self._last.popitem(last=False)
        return {tag: kept}


def _may(charge: Callable[[], None], older: object) -> bool:
    try:
        charge()
    except ProblemError:
        if older is None:
            raise
        return False
    return True
