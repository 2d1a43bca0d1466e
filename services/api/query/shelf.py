"""Answers in memory by tag: the least recently used are forgotten, and each is made once at a time.

A tag is a hash of a question and of all that its answer depends on, so what is kept stays true.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.runtime.problems import ProblemError


@dataclass(frozen=True)
class Kept:
    """An answer as it is sent, and when it was true."""

    body: bytes
    as_of: datetime | None


Making = Coroutine[Any, Any, Mapping[str, Kept]]


class Shelf:
    """What is kept, in `bytes_max` at most, and what is being made."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max, self._bytes = bytes_max, 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._coming: dict[str, asyncio.Task[Mapping[str, Kept]]] = {}

    def get(self, tag: str) -> Kept | None:
        """The kept answer, used just now."""
        kept = self._kept.get(tag)
        if kept is not None:
            self._kept.move_to_end(tag)
        return kept

    def is_coming(self, tag: str) -> bool:
        """True while somebody has it made."""
        return tag in self._coming

    def make(self, tags: Collection[str], making: Making) -> None:
        """Have these answers made and kept; it goes on when whoever asked has left."""
        task = asyncio.create_task(self._made(tags, making))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # if nobody waits
        self._coming |= dict.fromkeys(tags, task)

    async def wait(self, tags: Collection[str]) -> dict[str, Kept | ProblemError]:
        """Those that are being made, or why they cannot be."""
        comings = {tag: self._coming[tag] for tag in tags}
        if comings:
            await asyncio.wait(comings.values())
        found: dict[str, Kept | ProblemError] = {}
        for tag, coming in comings.items():
            error = coming.exception()
            if error is not None and not isinstance(error, ProblemError):
                raise error
            found[tag] = error or coming.result()[tag]
        return found

    async def _made(self, tags: Collection[str], making: Making) -> Mapping[str, Kept]:
        try:
            made = await making
        finally:
            for tag in tags:
                del self._coming[tag]
        for tag, kept in made.items():
            self._keep(tag, kept)
        return made

    def _keep(self, tag: str, kept: Kept) -> None:
        self._kept[tag] = kept
        self._bytes += len(kept.body)
        while self._bytes > self._bytes_max:
            _, old = self._kept.popitem(last=False)
            self._bytes -= len(old.body)
