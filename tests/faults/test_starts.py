"""A store that goes away while a service starts: the service waits and needs no restart."""

import asyncio

import pytest

from tests.faults.victims import World

pytestmark = [pytest.mark.engines, pytest.mark.faults]


async def start_around(world: World, service: str, engine: str, after: float) -> None:
    """Start it while the engine is killed and comes back; fails when the service ends."""
    await asyncio.to_thread(world.kill, service)
    starting = asyncio.create_task(asyncio.to_thread(world.start, service))
    await world.crash(engine, after, 1.5)
    await starting


@pytest.mark.parametrize(
    ("service", "engine"),
    [("pricer", "kafka"), ("rollup", "kafka"), ("rollup", "clickhouse")],
)
async def test_a_service_waits_for_what_it_needs(world: World, service: str, engine: str) -> None:
    world.up()
    for after in (0.4, 1.0):
        await start_around(world, service, engine, after)
    await world.system.wait_settled()
