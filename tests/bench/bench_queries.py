"""Questions of dashboards through the API over 10 million calls: p50 and p95 of each.

    python -m tests.bench.bench_queries [--calls 10000000] [--browser] [--viewers 20 --rate 2000]

The ledger is filled by the engine itself (30 days, 200 orgs, 40 models; the calls of an hour in its
first minute, which spares the rebuild 8 million minute rows that these questions do not read; five
calls make a conversation),
aggregates by `tracetally-rollup rebuild`, the product's own code. The peer is the same total
straight from the ledger with FINAL: what the aggregates save. Every round is a question of its own
(its range ends an hour later), so nothing is answered from memory but where it says so. With
`--viewers` that many ask for the overview every few seconds while `--rate` calls/s come in: all for
the same one, then each for one of its own. `--browser` opens the overview as built by
`make dashboard`.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import httpx

from tests.bench import page, viewers
from tests.bench.engines import system
from tests.system import System

STATEMENTS = "tracetally_statement_seconds_count"
UNLIMITED = {"API_QUERY_UNITS_PER_MINUTE": "1000000000"}

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
  concat('org-', toString(floor(200 * pow((cityHash64(intDiv(number, 5)) % 100000) / 100000, 2))))
    AS org,
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


def questions(start: datetime) -> dict[str, dict[str, Any]]:
    """What dashboards ask: a chart shows the seven largest and the rest as one."""
    end = start + timedelta(days=30)
    whole: dict[str, Any] = {"from": start.isoformat(), "to": end.isoformat(), "measures": ["cost"]}
    week = whole | {"from": (end - timedelta(days=7)).isoformat()}
    big = {"where": [{"dim": "org", "in": ["org-0"]}]}
    median = {"where": [{"dim": "org", "in": ["org-100"]}]}
    day, kolkata = {"interval": "day"}, {"interval": "day", "tz": "Asia/Kolkata"}

    def by(dim: str, top: int = 7, order: str = "cost") -> dict[str, Any]:
        return {"by": [{"dim": dim, "top": top, "order": order}]}

    every = ["cost", "charge", "calls", "steps", "errors", "tokens", "cost_input", "cost_output"]
    running = {"from": "now-29d/d", "to": "now", "measures": ["cost", "calls"]}
    return {
        "biggest org, 30 d by day and model": whole | big | day | by("model"),
        "biggest org, 7 d by hour and model": week | big | by("model") | {"interval": "hour"},
        "all orgs, 30 d, top 10 orgs": whole | by("org", 10),
        "all orgs, 30 d by day and model": whole | day | by("model"),
        "median org, 30 d by day and feature": whole | day | median | by("feature"),
        "all orgs, 30 d by day, calls and tokens": whole | day | {"measures": ["calls", "tokens"]},
        "all orgs, 30 d by day in Kolkata": whole | kolkata,
        "biggest org, 30 d, eight measures": whole | big | {"measures": every},
        "biggest org, 30 d by day in Kolkata": whole | big | kolkata,
        "all orgs until now against before": running | day | {"compare": "previous"},
        "all orgs until now, orgs that changed most": running | {"compare": "previous"}
        | by("org", order="change"),
        "all orgs, 30 d by day, percentiles": whole | day
        | {"measures": ["latency_ms.p50", "latency_ms.p95", "latency_ms.p99"]},
    }  # fmt: skip


def later(query: dict[str, Any], hours: int) -> dict[str, Any]:
    """Nearly the same question, which has not been answered yet."""
    if query["to"] == "now":
        return query | {"from": since(hours)}
    end = datetime.fromisoformat(query["to"]) + timedelta(hours=hours)
    return query | {"to": end.isoformat()}


def since(hours: int) -> str:
    """The start of an hour some 29 days ago."""
    return f"now-{29 * 24 - hours}h/h"


def ask(running: System, query: dict[str, Any], rounds: int) -> tuple[list[float], float]:
    """Milliseconds of each round after a warm-up, and statements of a round."""
    headers = {"authorization": f"Bearer {running.key}"}
    took, before = [], 0.0
    with httpx.Client(base_url=running.url("api"), headers=headers, timeout=60) as http:
        for number in range(rounds + 2):
            if number == 2:
                before = running.metric("api", STATEMENTS)
            started = time.perf_counter()
            answer = http.post("/v1/query", json=later(query, number))
            took.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
    return took[2:], (running.metric("api", STATEMENTS) - before) / rounds


def tell(name: str, times: list[float], statements: float) -> None:
    """One line of figures."""
    cuts = quantiles(times, n=20, method="inclusive")
    sys.stdout.write(
        f"  {name}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, {statements:.1f} statements\n"
    )


def overview(running: System, rounds: int) -> None:
    """The overview's batch: computed, and asked for again while nothing has changed."""
    headers = {"authorization": f"Bearer {running.key}"}
    new, old = [], []
    with httpx.Client(base_url=running.url("api"), headers=headers, timeout=60) as http:
        before = running.metric("api", STATEMENTS)
        for number in range(rounds):
            body = {"queries": viewers.overview(since(number), "UTC", "model")}
            for times in (new, old):
                started = time.perf_counter()
                answer = http.post("/v1/query/batch", json=body)
                times.append((time.perf_counter() - started) * 1000)
                assert all("detail" not in told for told in answer.json()["answers"]), answer.text
        statements = (running.metric("api", STATEMENTS) - before) / rounds
    tell("overview, 15 questions", new, statements)
    tell("overview again, from memory", old, 0)


def measure(arguments: argparse.Namespace) -> None:
    """Fill, rebuild, ask, print."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, calls = today - timedelta(days=30), arguments.calls
    with system(**UNLIMITED) as running:
        started = time.perf_counter()
        fill(running, calls, start)
        filled = time.perf_counter() - started
        running.stop("rollup")
        done = running.command("rollup", "rebuild", "--from", start.isoformat(), seconds=7200)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        took = time.perf_counter() - started - filled
        sys.stdout.write(f"{calls:,} calls filled in {filled:.0f} s, rebuilt in {took:.0f} s\n")
        for name, query in questions(start).items():
            tell(name, *ask(running, query, arguments.rounds))
        overview(running, max(2, arguments.rounds // 3))
        started = time.perf_counter()
        running.sql("SELECT model, sum(cost) FROM calls FINAL WHERE is_void = 0 GROUP BY model")
        scan = (time.perf_counter() - started) * 1000
        sys.stdout.write(f"  peer: the same by model from the ledger with FINAL {scan:.0f} ms\n")
        if arguments.browser:
            sys.stdout.write(f"  {page.overview(running)}\n")
        if arguments.viewers:
            running.restart("rollup")
            for views in (1, arguments.viewers):
                told = (arguments.viewers, views, arguments.rate, arguments.seconds)
                sys.stdout.write(f"  {viewers.watch(running, *told)}\n")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--browser", action="store_true", help="also open the overview in one")
    parser.add_argument("--viewers", type=int, default=0)
    parser.add_argument("--rate", type=int, default=2_000, help="calls/s that come in meanwhile")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long viewers watch")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
