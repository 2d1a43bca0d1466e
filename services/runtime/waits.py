"""Where a process waits: what `kill -USR1` writes to its log, for one that makes no progress."""

import asyncio
from collections.abc import Iterator
from typing import Any

from services.runtime import logs

log = logs.get("waits")


def frames(awaited: Any) -> Iterator[str]:
    """`file:line function` of a suspended coroutine and of all that it awaits, outermost first.

    `Task.get_stack` tells the outermost alone.
    """
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            code = frame.f_code
            yield f"{code.co_filename}:{frame.f_lineno} {code.co_qualname}"
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)


def tell() -> None:
    """One line of log for every task of the running loop."""
    for task in asyncio.all_tasks():
        log.warning("waits", task=task.get_name(), at=list(frames(task.get_coro())))
