"""A price that comes late: pending calls are priced within seconds, through restarts too."""

import random
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from deploy.local.kafka import console_producer_argv
from schemas import topics
from tests.load import Load, groups
from tests.oracle import BOOK, LONG_AGO, Event, Price, Sum, check, cost, draw, totals
from tests.system import System

pytestmark = pytest.mark.engines
CALLS = 400
PATIENCE = 60.0
"""Ten seconds are promised, and shown by the demo; how busy a test's machine is, nobody knows."""


def by_console(system: System, price: Price) -> None:
    """Kafka's own tool, as the owner of a price would."""
    argv = console_producer_argv(system.bootstrap, system.prefix + topics.PRICES.name)
    line = price.key + b"\t" + price.record() + b"\n"
    subprocess.run(argv, input=line, check=True, capture_output=True, timeout=60)


def by_api(system: System, price: Price) -> None:
    """`PUT /v1/prices`."""
    headers = {"authorization": f"Bearer {system.key}"}
    url = f"{system.url('api')}/v1/prices"
    told = httpx.put(url, content=price.record(), headers=headers, timeout=30)
    assert told.status_code == 202, told.text
    assert told.json()["keys"] == [price.key.decode()]


WAYS = {"console": by_console, "api": by_api}


def calls_of(price: Price, run: str) -> list[Event]:
    """Calls that only this price can price."""
    rng, now = random.Random(run), datetime.now(UTC)
    drawn = [draw(rng, number, now, run) for number in range(CALLS)]
    told = {"operation": "chat", "provider": price.provider, "request_model": price.model}
    return [{**event, **told, "usage": {"input": n, "output": 3}} for n, event in enumerate(drawn)]


@pytest.mark.parametrize(
    ("way", "restart"), [("console", "no"), ("console", "kill"), ("api", "no"), ("api", "stop")]
)
async def test_pending_calls_are_priced_within_seconds(
    system: System, way: str, restart: str
) -> None:
    run = f"late-{way}-{restart}"
    price = Price("openai", f"m-{run}", LONG_AGO, {"input": "0.123456", "output": "7.89"})
    events = calls_of(price, run)
    async with Load(system) as load:
        await load.prices(BOOK)
        for batch in groups(random.Random(1), events, 90):
            await load.calls(batch)
        await system.wait_settled()
        check(system, totals((event, None) for event in events), run)
        if restart != "no":
            (system.kill if restart == "kill" else system.stop)("pricer")
            system.restart("pricer")
        WAYS[way](system, price)
        took = await system.wait_for("the price's effect", none_pending(system, run), PATIENCE)
        print(f"{CALLS} calls priced {took:.1f} s after their price, by {way}")  # noqa: T201
        await system.wait_settled()
    right = totals((event, cost(event, [*BOOK, price])) for event in events)
    assert sum(right.values(), Sum()).calls == CALLS
    check(system, right, run)
    system.verify()


def none_pending(system: System, run: str) -> Callable[[], bool]:
    """Whether the ledger holds no pending call of the run."""
    query = f"SELECT countIf(pending != '') FROM ledger WHERE startsWith(org_id, '{run}-')"
    return lambda: system.sql(query) == [["0"]]
