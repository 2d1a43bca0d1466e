"""Dashboard-type queries through the API over 10 million calls: p50 and p95 of each.

    python -m tests.bench.bench_queries [--calls 10000000]

The ledger is filled by the engine itself (30 days, 200 orgs, 40 models; the calls of an hour in its
first minute, which spares the rebuild 8 million minute rows that these questions do not read),
aggregates by `tracetally-rollup rebuild`, the product's own code. The peer is the same total
straight from the ledger with FINAL: what the aggregates save.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import quantiles

import httpx

from tests.bench.engines import system
from tests.system import System

FILL = """
INSERT INTO tellings (slot, trace_key, span_key, shape, call_key, ver, usage_rank, project, emitter,
  org_own, org_id, event_id, occurred_at, trace_id, conversation_id, user_id, operation,
  duration_ms, ttft_ms, status, assistant_id, assistant_version, feature, environment, provider,
  model, currency, cost, charge, cost_input, cost_output, tok_in, tok_out)
SELECT toStartOfHour(t), n, n, n, n,
  bitShiftLeft(toUInt128(16777216), 64) + cityHash64(n) AS ver, 2, 'default', 'native',
  org, org, toString(n), t, hex(n), concat('c', toString(intDiv(n, 5))),
  concat('u', toString(h % 5000)), 'chat', 100 + h % 9000, 50 + h % 400, 'ok',
  concat('a', toString(h % 3)), '1', concat('f', toString(h % 2)), 'prod', 'openai', model,
  'USD',
  CAST((1 + h % 1000) / 100000 AS Decimal(38, 18)) AS money, money,
  0, 0, h % 4000, h % 600
FROM (SELECT number AS n, cityHash64(number) AS h,
  toDateTime64('{start}', 3, 'UTC') + toIntervalHour(intDiv(number * 720, {calls})) AS t,
  concat('org-', toString(floor(200 * pow((h % 100000) / 100000, 2)))) AS org,
  concat('model-', toString(bitShiftRight(h, 20) % 40)) AS model
  FROM numbers({low}, {high} - {low}))
"""


def fill(running: System, calls: int, start: datetime) -> None:
    """Ten parts, so that no insert holds too many partitions."""
    step = calls // 30
    for low in range(0, calls, step):
        text = FILL.format(
            start=f"{start:%Y-%m-%d %H:%M:%S}", calls=calls, low=low, high=min(low + step, calls)
        )
        running.sql(text + " SETTINGS max_partitions_per_insert_block = 1000")


def questions(start: datetime) -> dict[str, dict[str, object]]:
    """What dashboards ask: a chart shows the eight largest and the rest as one."""
    end = start + timedelta(days=30)
    cost = {"measures": "cost"}
    whole: dict[str, object] = {"from": start.isoformat(), "to": end.isoformat(), **cost}
    week = whole | {"from": (end - timedelta(days=7)).isoformat()}
    day: dict[str, object] = {"interval": "day"}
    big: dict[str, object] = {"org": "org-0"}
    model: dict[str, object] = {"by": "model", "top": 8}
    return {
        "biggest org, 30 d by day and model": whole | big | day | model,
        "biggest org, 7 d by hour and model": week | big | model | {"interval": "hour"},
        "all orgs, 30 d, top 10 orgs": whole | {"by": "org", "top": 10},
        "all orgs, 30 d by day and model": whole | day | model,
        "median org, 30 d by day and feature": whole | day | {"org": "org-100", "by": "feature"},
        "all orgs, 30 d by day, calls and tokens": whole | day | {"measures": "calls,tokens"},
        "all orgs, 30 d by day in Kolkata": whole | day | {"tz": "Asia/Kolkata"},
        "biggest org, 30 d, every measure": whole | big | {"measures": ""},
        "biggest org, 30 d by day in Kolkata": whole | big | day | {"tz": "Asia/Kolkata"},
    }


def ask(running: System, parameters: dict[str, object], rounds: int) -> list[float]:
    """Milliseconds of each round, after a warm-up."""
    headers = {"authorization": f"Bearer {running.key}"}
    took = []
    with httpx.Client(base_url=running.url("api"), headers=headers, timeout=60) as http:
        for _ in range(rounds + 2):
            started = time.perf_counter()
            answer = http.get("/v1/usage", params=parameters)  # type: ignore[arg-type]
            took.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
    return took[2:]


def measure(calls: int, rounds: int) -> None:
    """Fill, rebuild, ask, print."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=30)
    with system() as running:
        started = time.perf_counter()
        fill(running, calls, start)
        filled = time.perf_counter() - started
        running.stop("rollup")
        done = running.command("rollup", "rebuild", "--from", start.isoformat(), seconds=1800)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        took = time.perf_counter() - started - filled
        sys.stdout.write(f"{calls:,} calls filled in {filled:.0f} s, rebuilt in {took:.0f} s\n")
        for name, parameters in questions(start).items():
            times = ask(running, parameters, rounds)
            cuts = quantiles(times, n=20, method="inclusive")
            sys.stdout.write(f"  {name}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms\n")
        started = time.perf_counter()
        running.sql("SELECT model, sum(cost) FROM calls FINAL WHERE is_void = 0 GROUP BY model")
        scan = (time.perf_counter() - started) * 1000
        sys.stdout.write(f"  peer: the same by model from the ledger with FINAL {scan:.0f} ms\n")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    measure(arguments.calls, arguments.rounds)


if __name__ == "__main__":
    main()
