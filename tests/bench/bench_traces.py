"""How a trace, a conversation and searches answer as stored spans grow: p50 and p95 of each.

    python -m tests.bench.bench_traces [--spans 1000000 3000000 9000000]

Traces of ten spans over 30 days and 200 orgs, filled by the engine itself into `tellings` and
`calls`, so through the same materialized views as traffic. Each size adds to the one before.
"""

import argparse
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import httpx

from services.rollup.columns import CALL_COLUMNS
from tests.bench.engines import system
from tests.system import System

TRACE_SPANS = 10
FILL = """
INSERT INTO tellings (slot, trace_key, span_key, shape, call_key, ver, usage_rank, project, emitter,
  org_own, org_id, event_id, occurred_at, trace_id, span_id, parent_span_id, conversation_id,
  user_id, operation, name, duration_ms, status, assistant_id, provider, model, currency, cost,
  charge, tok_in, tok_out)
SELECT toStartOfHour(t), reinterpretAsUInt128(sipHash128('trace', 'default', trace)),
  n, n, n, bitShiftLeft(toUInt128(16777216), 64) + cityHash64(n), 2, 'default', 'native',
  org, org, toString(n), t, trace, hex(n), if(n % {size} = 0, '', hex(n - n % {size})),
  concat('c', toString(intDiv(n, 5 * {size}))), concat('u', toString(intDiv(h, 64) % 5000)),
  if(n % {size} = 0, 'invoke_agent', 'chat'), 'step', 100 + n % 900, 'ok', 'a', 'openai', 'gpt-4o',
  'USD', CAST((1 + n % 1000) / 100000 AS Decimal(38, 18)) AS money, money, n % 4000, n % 600
FROM (SELECT number AS n, cityHash64(intDiv(number, {size})) AS h,
  lower(hex(sipHash128(intDiv(number, {size})))) AS trace,
  toDateTime64('{start}', 3, 'UTC') + toIntervalSecond(h % 2592000)
    + toIntervalMillisecond(n % {size} * 100) AS t,
  concat('org-', toString(floor(200 * pow((h % 100000) / 100000, 2)))) AS org
  FROM numbers({low}, {high} - {low}))
SETTINGS max_partitions_per_insert_block = 1000
"""
COUNT = (
    f"INSERT INTO calls (org_id, bucket, call_key, ver, is_void, tellings, "
    f"{', '.join(CALL_COLUMNS)}) SELECT org_id, toStartOfMinute(toDateTime(occurred_at, 'UTC')), "
    f"call_key, ver, 0, 1, {', '.join(CALL_COLUMNS)} FROM tellings "
    "WHERE toUInt64(call_key) >= {low} AND toUInt64(call_key) < {high} "
    "SETTINGS max_partitions_per_insert_block = 1000"
)


def fill(running: System, low: int, high: int, start: datetime) -> None:
    """In parts, so that no insert holds too much."""
    for first in range(low, high, 500_000):
        last = min(first + 500_000, high)
        at = f"{start:%Y-%m-%d %H:%M:%S}"
        running.sql(FILL.format(size=TRACE_SPANS, start=at, low=first, high=last))
        running.sql(COUNT.format(low=first, high=last))


def settle(running: System) -> None:
    """Wait for the merges that a bulk leaves behind, five minutes at most."""
    until, quiet = time.monotonic() + 300, 0
    while quiet < 3 and time.monotonic() < until:
        time.sleep(1)
        merging = int(running.sql("SELECT count() FROM system.merges")[0][0])
        quiet = 0 if merging else quiet + 1


def questions(running: System, spans: int, start: datetime) -> dict[str, list[tuple[str, Any]]]:
    """Other ids in each round: nothing is warm but the engine."""
    rng = random.Random(spans)
    numbers = [rng.randrange(spans // TRACE_SPANS) for _ in range(30)]
    listed = ", ".join(map(str, numbers))
    traces = [row[0] for row in running.sql(
        f"SELECT lower(hex(sipHash128(toUInt64(n)))) FROM (SELECT arrayJoin([{listed}]) AS n)"
    )]  # fmt: skip
    week = {"from": (start + timedelta(days=23)).isoformat(),
            "to": (start + timedelta(days=30)).isoformat()}  # fmt: skip
    org = {"org": "org-100"}
    return {
        "a trace": [(f"/v1/traces/{trace}", {}) for trace in traces],
        "its steps as columns": [(f"/v1/traces/{trace}/steps", {}) for trace in traces],
        "a conversation": [(f"/v1/conversations/c{n // 5}", {}) for n in numbers],
        "newest 50 traces": [("/v1/traces", week)] * 10,
        "newest 50 traces of an org": [("/v1/traces", week | org)] * 10,
        "dearest 50 of an org, 7 d": [("/v1/traces", week | org | {"order": "cost"})] * 10,
        "traces of a user, 7 d": [("/v1/traces", week | {"user": f"u{n}"}) for n in range(10)],
    }


def ask(running: System, asked: list[tuple[str, Any]]) -> list[float]:
    headers = {"authorization": f"Bearer {running.key}"}
    took = []
    with httpx.Client(base_url=running.url("api"), headers=headers, timeout=60) as http:
        for path, parameters in asked:
            started = time.perf_counter()
            answer = http.get(path, params=parameters)
            took.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
    return took[1:]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, nargs="+", default=[1_000_000, 3_000_000, 9_000_000])
    sizes = parser.parse_args().spans
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start -= timedelta(days=30)
    low = 0
    with system() as running:
        for spans in sizes:
            begun = time.perf_counter()
            fill(running, low, spans, start)
            low = spans
            filled = time.perf_counter() - begun
            settle(running)
            merged = time.perf_counter() - begun - filled
            sys.stdout.write(f"{spans:,} spans filled in {filled:.0f} s, merged in {merged:.0f}\n")
            for name, asked in questions(running, spans, start).items():
                cuts = quantiles(ask(running, asked), n=20, method="inclusive")
                sys.stdout.write(f"  {name}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
