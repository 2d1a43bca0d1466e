"""Usage read and priced, beside the two price libraries on the same calls in the same run.

    python -m tests.bench.bench_price

The calls are the golden cases: the provider's own usage object, priced at its own time by the
shipped book. Each library does what it does for one answer, in a process of its own, pinned to one
core as ours is. Also: loading a book of 100,000 records, and applying one change to it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from schemas.call import CallEvent
from services.pricer.quote import read_book
from services.pricing import seed
from services.pricing.book import PriceBook
from services.pricing.quote import quote_line
from services.pricing.told import decide
from services.runtime.run import tune_collector
from tests.unit.pricing.make import key_of, price_record, put, rates

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv" / "peers" / "bin" / "python"
TOLD = json.loads((ROOT / "tests" / "data" / "pricing_cases.json").read_text())
CASES: list[dict[str, Any]] = [c for c in TOLD["cases"] if c["expected_outcome"] == "priced"]
SECONDS = 2.0
RECORDS = 100_000


def peers(cases: list[dict[str, Any]]) -> dict[str, tuple[float, int]]:
    """Calls a second of each library, and how many of the cases it can price at all."""
    done = subprocess.run(
        [str(PEERS), str(ROOT / "tests" / "differential" / "speed.py")],
        input=json.dumps(cases).encode(), capture_output=True, check=True,
    )  # fmt: skip
    return {name: (rate, able) for name, (rate, able) in json.loads(done.stdout).items()}


def rate(work: Callable[[], int]) -> float:
    """Calls a second."""
    done, started = 0, time.perf_counter()
    while (took := time.perf_counter() - started) < SECONDS:
        done += work()
    return done / took


def attributes(case: dict[str, Any]) -> dict[str, str]:
    names = {"proc": "processing", "tier": "service_tier", "speed": "speed", "region": "region"}
    return {names[name]: value for name, value in case["context"].items()}


def line(case: dict[str, Any], number: int) -> bytes:
    return orjson.dumps({
        "id": number, "provider": case["provider"], "model": case["model"],
        "time": case["timestamp"], "usage_payload": case["provider_usage_payload"],
        "attributes": attributes(case),
    })  # fmt: skip


def event(case: dict[str, Any], number: int) -> CallEvent:
    told = {
        "event_id": str(number), "occurred_at": case["timestamp"], "provider": case["provider"],
        "request_model": case["model"], "usage_payload": case["provider_usage_payload"],
        **attributes(case),
    }  # fmt: skip
    return CallEvent.model_validate_json(orjson.dumps(told))


def pricing() -> None:
    """Ours and theirs."""
    cases = CASES
    book = read_book(seed.lines(), "seed")
    events = [event(case, n) for n, case in enumerate(cases)]
    lines = [line(case, n) for n, case in enumerate(cases)]

    def priced() -> int:
        for told in events:
            decide(told, book)
        return len(events)

    def quoted() -> int:
        for told in lines:
            orjson.dumps(quote_line(told, book)[0])
        return len(lines)

    before, whole = rate(priced), rate(quoted)
    theirs = peers(cases)
    own = (before + rate(priced)) / 2  # the machine's speed drifts while the others run
    fastest = max(theirs, key=lambda name: theirs[name][0])
    sys.stdout.write(f"read and priced: {own:,.0f} calls/s; JSON in and out {whole:,.0f} calls/s\n")
    for name, (calls, able) in theirs.items():
        sys.stdout.write(f"  {name}: {calls:,.0f} calls/s ({able} of {len(cases)} cases)\n")
    sys.stdout.write(f"  {own / theirs[fastest][0]:.1f} times {fastest}\n")


def book() -> None:
    """A large book, and one change of it."""
    records = [
        price_record(f"model-{n}", rates=rates(input="2.5", cache_read="1.25", output="10"))
        for n in range(RECORDS)
    ]
    pairs = [(key_of(record), orjson.dumps(record)) for record in records]
    started = time.perf_counter()
    made = PriceBook()
    for key, value in pairs:
        made.apply(key, value, made.position)
    took = time.perf_counter() - started
    changes = []
    for n in range(100):
        started = time.perf_counter()
        put(made, records[n * 7] | {"revision": 2})
        changes.append(time.perf_counter() - started)
    sys.stdout.write(
        f"book of {RECORDS:,} records: loaded in {took:.2f} s; one change "
        f"{median(changes) * 1e3:.2f} ms, at most {max(changes) * 1e3:.2f} ms\n"
    )


def main() -> None:
    """Print the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tune_collector()  # as the services do
    pricing()
    book()


if __name__ == "__main__":
    main()
