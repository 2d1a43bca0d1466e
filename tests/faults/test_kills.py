"""kill -9 of anything at random instants under load: nothing lost, nothing doubled, to the digit.

FAULT_ROUNDS and FAULT_SEED in the environment make it longer, or repeat a round.
"""

import asyncio
import os
import random
import sys
import time
from datetime import UTC, datetime

import pytest

from tests.faults.victims import VICTIMS, World
from tests.load import Load, groups
from tests.oracle import BOOK, Event, check, cost, draw, totals

pytestmark = [pytest.mark.engines, pytest.mark.faults]
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "12"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
EVENTS = 1_500
LOAD_SECONDS = 3.0
KILLED_AFTER_MAX = 4.0
AWAY_MAX = 1.0
PAIR_SHARE = 0.3


async def send(load: Load, rng: random.Random, events: list[Event]) -> None:
    """Three clients send until all is acknowledged; a tenth of the batches are sent twice."""
    batches = groups(rng, events, 40)
    batches += rng.sample(batches, len(batches) // 10)
    clients = [load.http, load.http, load.calls]

    async def client(number: int) -> None:
        mine = batches[number :: len(clients)]
        for batch in mine:
            await clients[number](batch)
            await asyncio.sleep(LOAD_SECONDS / len(mine))

    await asyncio.gather(*(client(number) for number in range(len(clients))))


def plan(number: int) -> list[tuple[str, float, float]]:
    """Who is killed, after how many seconds, and for how long; now and then two of them.

    Each has its turn before any has the next one.
    """
    turns = random.Random(f"{SEED}-{number // len(VICTIMS)}").sample(VICTIMS, len(VICTIMS))
    rng = random.Random(f"{SEED}-{number}")
    victims = [turns[number % len(VICTIMS)]]
    if rng.random() < PAIR_SHARE:
        victims.append(rng.choice([name for name in VICTIMS if name not in victims]))
    return [(name, rng.uniform(0, KILLED_AFTER_MAX), rng.uniform(0, AWAY_MAX)) for name in victims]


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_nothing_is_lost_and_nothing_doubled(world: World, number: int) -> None:
    run, now = f"r{SEED}x{number}", datetime.now(UTC)
    rng = random.Random(run)
    crashes = plan(number)
    events = [draw(rng, n, now, run) for n in range(EVENTS)]
    world.up()
    if number == 0:
        async with Load(world.system) as load:
            await load.prices(BOOK)
    started = time.monotonic()
    try:
        async with Load(world.system) as load:
            await asyncio.gather(send(load, rng, events), *(world.crash(*c) for c in crashes))
        await world.system.wait_settled()
        check(world.system, totals((event, cost(event, BOOK)) for event in events), run)
        world.system.verify()
    except BaseException:
        sys.stderr.write(f"\nFAULT_SEED={SEED} round {number}: {crashes}\n")
        raise
    names = "+".join(f"{name}@{after:.2f}" for name, after, _ in crashes)
    sys.stdout.write(f"round {number}: {names}, exact after {time.monotonic() - started:.1f} s\n")
