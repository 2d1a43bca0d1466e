"""Scratch tables live in the engine's memory: a restart empties them without any error.

A statement that then reads an empty stage would write nothing and succeed, and the offsets would
be committed. So work that passes rows through scratch tables is bracketed by a token of its own:
while it is there, nothing was lost in between; once it is gone, the work is done again.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.rollup.stage import Scratch
from services.runtime.clickhouse import Store, StoreAwayError


@asynccontextmanager
async def unbroken(store: Store, scratch: Scratch) -> AsyncIterator[None]:
    """Raise `StoreAwayError` at the end when the engine restarted on the way."""
    token = secrets.randbits(63)
    await store.command(f"TRUNCATE TABLE {scratch.token}")
    await store.insert_bytes(scratch.token, b'{"value": %d}' % token)
    yield
    rows = await store.rows(f"SELECT value FROM {scratch.token}")
    if [int(row[0]) for row in rows] != [token]:
        raise StoreAwayError("ClickHouse restarted in between: its scratch tables were emptied")
