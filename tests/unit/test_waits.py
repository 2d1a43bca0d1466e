"""What a process tells of where it waits."""

import asyncio

from services.runtime import waits


async def inner(gate: asyncio.Event) -> None:
    await gate.wait()


async def outer(gate: asyncio.Event) -> None:
    async with asyncio.timeout(60):
        await inner(gate)


async def test_every_await_of_a_task_is_told_outermost_first() -> None:
    gate = asyncio.Event()
    task = asyncio.create_task(outer(gate))
    await asyncio.sleep(0)
    told = list(waits.frames(task.get_coro()))
    gate.set()
    await task
    assert [line.split()[-1] for line in told] == ["outer", "inner", "Event.wait"]
    assert __file__ in told[0]
