"""Removes content that is to be forgotten or has had its time; reports what was asked for as done.

Readers see none of it from the request on (view `contents_kept`); this takes it off the disk, and
again whatever arrives later for a forgotten trace, conversation or user.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from services.runtime.clickhouse import Store

_OPEN = (
    "SELECT deletion_id FROM deletions FINAL WHERE deletion_id NOT IN "
    "(SELECT deletion_id FROM deletions_done)"
)
_FORGOTTEN = (
    "(project, trace_id, content_id) IN "
    "(SELECT project, trace_id, content_id FROM contents_forgotten)"
)
_COUNT = "SELECT count() FROM contents_forgotten"
_TOO_OLD = "occurred_at < toStartOfDay(now('UTC')) - toIntervalDay({days:UInt32})"


class Purge:
    """For one of the workers: the one for which `is_mine` holds."""

    def __init__(self, store: Store, days: int, is_mine: Callable[[], bool]) -> None:
        self._store = store
        self._days = days
        self._is_mine = is_mine

    async def asked(self) -> None:
        """Do what was asked for and is not done yet."""
        if not self._is_mine():
            return
        waiting = [str(row[0]) for row in await self._store.rows(_OPEN)]
        if not waiting:
            return
        pieces = await self._forget()
        now = datetime.now(UTC).isoformat()
        rows = [{"deletion_id": name, "done_at": now, "pieces": pieces} for name in waiting]
        await self._store.insert_bytes("deletions_done", b"\n".join(map(orjson.dumps, rows)))

    async def late(self) -> None:
        """What came after a deletion that is done, and what is older than content may grow."""
        if not self._is_mine():
            return
        await self.asked()
        await self._forget()
        old = {"days": self._days}
        ((count,),) = await self._store.rows(f"SELECT count() FROM contents WHERE {_TOO_OLD}", old)
        if count:
            await self._store.command(
                f"ALTER TABLE contents DELETE WHERE {_TOO_OLD} SETTINGS mutations_sync = 2", old
            )

    async def _forget(self) -> int:
        """The pieces removed: the mutation has rewritten their parts when this returns."""
        ((count,),) = await self._store.rows(_COUNT)
        if count:
            await self._store.command(
                f"ALTER TABLE contents DELETE WHERE {_FORGOTTEN} SETTINGS mutations_sync = 2"
            )
        return int(count)
