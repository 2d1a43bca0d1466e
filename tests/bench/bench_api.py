"""Latency of dashboard questions: 200 orgs, 30 days, 40 dimension sets in each org and hour.

    python -m tests.bench.bench_api [--url http://127.0.0.1:8123] [--rounds 40]

Without `--url` an engine of its own is started. The hour rows are generated in the engine; days
and narrow tables come from them by the rollup's own statements.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from services.api.writer import KafkaWriter
from services.rollup.columns import DIMENSIONS, NARROW
from services.rollup.statements import recompute_coarser
from services.runtime.clickhouse import Store
from services.runtime.migrate import migrate
from tests.conftest import run_sql
from tests.engines import clickhouse_engine

ORGS, DAYS, SETS = 200, 30, 40
DATABASE = "bench_api"
START = datetime(2026, 10, 23, tzinfo=UTC)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOURS = f"""
INSERT INTO rollup_hour SELECT concat('org-', toString(number % {ORGS})) AS org_id,
  toDateTime({int(START.timestamp())} + 3600 * intDiv(number, {ORGS}), 'UTC') AS bucket,
  1, {SETS}, 1, 1, arrayMap(i -> (concat('a', toString(i % 5)), 'v1', concat('f', toString(i % 7)),
    'production', 'chat', if(i % 2, 'openai', 'anthropic'), concat('model-', toString(i)), 'ok',
    if(i = 39, 'model_unknown', ''), if(i = 39, '', 'USD'), 9 + (number + i) % 50, 1000 + i, 10, 0,
    100, 0, 5000, 9, CAST(i * 1.25 AS Decimal(76, 18)), CAST(i * 1.5 AS Decimal(76, 18)),
    CAST(i AS Decimal(38, 18)), CAST(0 AS Decimal(38, 18)), CAST(0 AS Decimal(38, 18)),
    CAST(i AS Decimal(38, 18)), CAST(0 AS Decimal(38, 18))), range({SETS}))
FROM numbers({ORGS * DAYS * 24})"""
QUESTIONS = {
    "one org, 30 d by day and model": "org=org-7&interval=day&by=model&top=10",
    "one org, 3 d by hour and model": "org=org-7&interval=hour&by=model&top=10&days=3",
    "one org, 30 d by feature and assistant": "org=org-7&by=feature,assistant",
    "one org, Berlin days by model": "org=org-7&interval=day&by=model&top=10&tz=Europe/Berlin",
    "all orgs, 30 d total": "interval=none",
    "all orgs, by day, top 10 models": "interval=day&by=model&top=10",
    "all orgs, by org, top 10": "by=org&top=10",
    "all orgs, Berlin days by model": "interval=day&by=model&top=10&tz=Europe/Berlin",
}


@contextlib.contextmanager
def engine(url: str) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as home, clickhouse_engine(Path(home)) as own:
        yield own.url


async def fill(settings: Settings) -> None:
    store = await Store.connect(settings)
    await migrate(store, "schemas.clickhouse")
    await store.command(HOURS)
    every = "SELECT org_id, bucket FROM rollup_hour"
    days = "SELECT org_id, bucket FROM rollup_day"
    day = "toStartOfDay(bucket)"
    await store.command(recompute_coarser("rollup_hour", "narrow_hour", NARROW, every, "bucket"))
    await store.command(recompute_coarser("rollup_hour", "rollup_day", DIMENSIONS, every, day))
    await store.command(recompute_coarser("rollup_day", "narrow_day", NARROW, days, "bucket"))
    await store.close()


async def measure(settings: Settings, rounds: int) -> None:
    reader = Reader(settings)
    app = build(settings, reader, KafkaWriter(settings), lambda: NOW)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api"
    ) as client:
        for name, query in QUESTIONS.items():
            rest, _, days = query.partition("&days=")
            since = f"2026-11-{22 - int(days):02}" if days else "2026-10-23"
            times = []
            for _ in range(rounds):
                begun = time.perf_counter()
                answer = await client.get(
                    f"/v1/usage?{rest}&from={since}T00:00&to=2026-11-22T00:00"
                )
                times.append(time.perf_counter() - begun)
                assert answer.status_code == 200, answer.text
            times.sort()
            p50, p95 = times[len(times) // 2] * 1e3, times[int(len(times) * 0.95)] * 1e3
            size = len(answer.content) / 1e3
            sys.stdout.write(f"{name:45} p50 {p50:6.1f} ms  p95 {p95:6.1f} ms  {size:6.1f} kB\n")
    await reader.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with engine(options.url) as url:
        settings = Settings(auth="off", clickhouse_url=url, clickhouse_database=DATABASE)
        run_sql(url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")
        run_sql(url, f"CREATE DATABASE {DATABASE}")
        begun = time.perf_counter()
        asyncio.run(fill(settings))
        elements = ORGS * DAYS * 24 * SETS
        sys.stdout.write(f"{elements:,} hour elements in {time.perf_counter() - begun:.0f} s\n")
        asyncio.run(measure(settings, options.rounds))
        run_sql(url, f"DROP DATABASE IF EXISTS {DATABASE} SYNC")


if __name__ == "__main__":
    main()
