"""Fill an installation with a made-up world, or show one.

    python -m tests.seed --orgs 50 --days 90 --models 40 --clickhouse http://127.0.0.1:8123
    python -m tests.seed --serve            # an engine, the world and the API; prints address, keys

With `--serve` the data stay in `--state` (default .local/seed) and are filled only once; while it
runs, a new conversation comes every few seconds. Ctrl-C ends it.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import time
from datetime import UTC, datetime

import httpx

from deploy.local.engines import start_clickhouse, state_dir
from deploy.local.process import Process, free_port
from services.runtime.clickhouse import Store
from services.runtime.keys import digest
from services.runtime.settings import ClickHouseMixin
from tests.seed import world
from tests.seed.fill import Filler
from tests.seed.world import Size

DATABASE = "tracetally"
LIVE_SECONDS = 5.0
KEYS = {
    "tt_admin_seed": {"key_id": "admin", "scopes": ["admin"]},
    "tt_team_seed": {"key_id": "team", "scopes": ["read"]},
    "tt_acme_seed": {"key_id": "acme", "scopes": ["read"], "org_id": "acme"},
}
"""For made-up data on the loopback only."""


async def fill(url: str, database: str, size: Size) -> None:
    """Create the database and its world."""
    default = await _store(url, "default")
    await default.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    await default.close()
    store = await _store(url, database)
    started, filler = time.monotonic(), Filler(store, size, datetime.now(UTC))
    steps = await filler.run()
    await filler.ledger.close()
    await store.close()
    sys.stdout.write(f"{steps} steps in {time.monotonic() - started:.0f} s\n")


async def _store(url: str, database: str) -> Store:
    return await Store.connect(ClickHouseMixin(clickhouse_url=url, clickhouse_database=database))


def is_filled(url: str, database: str) -> bool:
    """True when the world is there."""
    told = httpx.get(url, params={"query": f"SELECT count() FROM {database}.progress"})
    return told.status_code == 200 and int(told.text) > 0


async def live(url: str, size: Size) -> None:
    """New conversations until the process ends."""
    store = await _store(url, DATABASE)
    filler = Filler(store, size, datetime.now(UTC))
    await filler.ledger.prepare()
    await filler.publish(filler.records())
    filler.mirrored = {}
    rng, known, number = random.Random(), world.models(size), 0
    while True:
        await asyncio.sleep(LIVE_SECONDS)
        now, number = datetime.now(UTC), number + 1
        talk = world.Talk(rng, size, known, 0)
        steps = list(talk.steps(f"live-{now:%H%M%S}-{number}", now, now.max.replace(tzinfo=UTC)))
        for step in steps:
            step["occurred_at"] = now.isoformat()
        await filler.add(steps, rng)
        await filler.flush(0)
        await filler.cascade.refresh()
        await filler.progress(now)


def serve(arguments: argparse.Namespace, size: Size) -> None:
    """Engine, world, API; until Ctrl-C."""
    state = state_dir(arguments.state) / "seed"
    front = start_clickhouse(arguments.clickhouse_port or free_port(), state / "clickhouse")
    port = arguments.port or free_port()
    environment = {
        "API_HOST": "127.0.0.1", "API_PORT": str(port), "API_CLICKHOUSE_URL": front.url,
        "API_CLICKHOUSE_DATABASE": DATABASE,
        "API_KEYS": json.dumps([key | {"sha256": digest(s)} for s, key in KEYS.items()]),
    }  # fmt: skip
    api = Process(
        "seed-api", (sys.executable, "-m", "services.api.app"), state,
        is_ready=lambda: _is_ready(port), env=environment,
    )  # fmt: skip
    for name in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores SIGINT
        signal.signal(name, signal.default_int_handler)
    try:
        if not is_filled(front.url, DATABASE):
            asyncio.run(fill(front.url, DATABASE, size))
        api.start()
        sys.stdout.write(f"http://127.0.0.1:{port} (ClickHouse {front.url}, {DATABASE})\n")
        for secret, key in KEYS.items():
            sys.stdout.write(f"  {secret}  {json.dumps(key)}\n")
        sys.stdout.flush()
        asyncio.run(live(front.url, size))
    except KeyboardInterrupt:
        pass
    finally:
        api.stop()
        front.stop()


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.seed", description=__doc__)
    for name, default in (("orgs", 50), ("days", 90), ("models", 40), ("calls", 150_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--clickhouse", default="http://127.0.0.1:8123")
    parser.add_argument("--database", default=DATABASE)
    parser.add_argument("--port", type=int, default=0, help="of the API with --serve")
    parser.add_argument("--clickhouse-port", type=int, default=0, help="with --serve")
    parser.add_argument("--state", help="folder of the data with --serve")
    told = parser.parse_args()
    size = Size(told.orgs, told.days, told.models, told.calls, told.seed)
    if told.serve:
        serve(told, size)
    else:
        asyncio.run(fill(told.clickhouse, told.database, size))


if __name__ == "__main__":
    main()
