"""Runs the demo. `python -m deploy.demo [--exit] [--down]`, or `make demo`."""

import argparse
import asyncio
import json
import shlex
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo import figures, processes, report
from deploy.demo.customers import registry
from deploy.demo.oracle import MISSING_KEY, MISSING_PRICE, Expected, expect
from deploy.demo.replay import Replay, Replayed
from deploy.demo.traffic import DATA, Generator, Traffic
from deploy.local.engines import EngineError
from deploy.local.kafka import console_producer_argv
from schemas.money import plain
from schemas.price import BOOK_RECORD, book_key
from schemas.topics import CONTENTS, ORGS, OUTCOMES, PRICES, Topic
from services.runtime.kafka import KafkaPublisher, Message
from services.runtime.settings import KafkaMixin

say = report.console.print
ENDS = {signal.SIGINT, signal.SIGTERM}


def book() -> list[Message]:
    """The small price book."""
    lines = (DATA / "prices.ndjson").read_bytes().splitlines()
    keys = [book_key(BOOK_RECORD.validate_json(line)).encode() for line in lines]
    return [Message(PRICES.name, line, key) for line, key in zip(lines, keys, strict=True)]


def told(topic: Topic, records: list[dict[str, Any]], key: str) -> list[Message]:
    """Records as any producer writes them."""
    return [Message(topic.name, json.dumps(r).encode(), str(r[key]).encode()) for r in records]


async def publish(demo: processes.Demo, messages: list[Message]) -> None:
    """Straight to Kafka."""
    publisher = KafkaPublisher(KafkaMixin(kafka_bootstrap=demo.bootstrap))
    await publisher.publish(messages)
    await publisher.stop()


def replay(demo: processes.Demo, traffic: Traffic) -> Replayed:
    """Send everything, with a bar."""
    columns = (
        TextColumn("Replaying production traffic"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=report.console) as bar:
        task = bar.add_task("", total=len(traffic.sends))
        return asyncio.run(Replay(demo, traffic, lambda n: bar.advance(task, n)).run())


def first_part(demo: processes.Demo, reader: figures.Reader) -> tuple[Expected, list[str]]:
    """Replay, summary, and what differs from the oracle."""
    now = datetime.now(UTC)
    prices, orgs = book(), told(ORGS, registry(now), "org_id")
    asyncio.run(publish(demo, prices + orgs))
    say(f"Published {len(prices)} price book records and {len(orgs)} orgs.")
    traffic = Generator(now).draw()
    expected = expect(traffic)
    replayed = replay(demo, traffic)
    kept = told(CONTENTS, traffic.contents, "trace_id")
    asyncio.run(publish(demo, told(OUTCOMES, traffic.outcomes, "outcome_id") + kept))
    wanted = expected.events + sum(expected.dead.values())
    found = reader.until(
        lambda f: (
            f.accounted >= wanted and (f.pending, f.judged) == (expected.pending, expected.judged)
        )
    )
    say(report.costs(found), report.account(found, expected), report.delay(replayed), sep="\n\n")
    return expected, figures.differences(found, expected, late=False)


def late_price(demo: processes.Demo, reader: figures.Reader, expected: Expected) -> list[str]:
    """Publish the missing price with Kafka's console producer; pending falls to zero."""
    before = reader.read().total
    argv = console_producer_argv(demo.bootstrap, PRICES.name)
    line = f"{MISSING_KEY}\t{json.dumps(MISSING_PRICE)}\n"
    say(f"\nPublishing the missing price of {MISSING_PRICE['model']} with Kafka's own producer:")
    say(f"  {shlex.join(argv[-8:])[:160]} ...", style="dim")
    started = time.monotonic()
    subprocess.run(argv, input=line.encode(), check=True, capture_output=True)
    found = reader.until(
        lambda f: f.pending == 0 and f.total == expected.total + expected.late_cost
    )
    say(
        f"Pending calls: {expected.pending} -> {found.pending} after "
        f"{time.monotonic() - started:.1f} s, without a restart. Cost rose by "
        f"{plain(found.total - before)} USD; expected {plain(expected.late_cost)} USD."
    )
    return figures.differences(found, expected, late=True)


def run(*, stay: bool) -> int:
    """The whole demo; 0 when every figure equals the oracle's. Ended by a signal, it cleans up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    demo = processes.fresh()
    started = time.monotonic()
    try:
        processes.start(demo)
        say(f"Everything is up after {time.monotonic() - started:.0f} s.\n")
        reader = figures.Reader(demo)
        expected, wrong = first_part(demo, reader)
        wrong += late_price(demo, reader, expected)
        if wrong:
            say("\nNOT what the oracle says:", *wrong, sep="\n  ", style="bold red")
        else:
            say("\nEvery figure equals the oracle's, to the last digit.", style="bold green")
        if stay:
            what = f"\n{report.addresses(demo)}\n\nUp until Ctrl-C (or: make down)."
            signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
            say(what, soft_wrap=True)  # commands are to be pasted
            signal.sigwait(ENDS)
        return 1 if wrong else 0
    except KeyboardInterrupt:
        return 130
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # a second one does not leave a half behind
        say("Stopping ...")
        processes.stop(demo.state)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end by itself; 0 if all is exact")
    parser.add_argument("--down", action="store_true", help="stop what an earlier demo started")
    arguments = parser.parse_args()
    try:
        if arguments.down:
            processes.stop(processes.state_dir())
            return
        sys.exit(run(stay=not arguments.exit))
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
