"""The same OTLP bodies into Tracetally, Arize Phoenix and MLflow: spans a second until kept.

    python -m tests.bench.bench_otlp --bootstrap HOST:PORT [--seconds 10] [--spans 512]

Each is a server of its own on the loopback with two clients; the rate is what is kept, by the time
it is kept. Kept means: Tracetally answers once Kafka has written the decoded steps; MLflow answers
once SQLite has the spans; Phoenix answers at once and inserts behind, so its table is counted. The
peers are installed into .venv/rivals, a throwaway environment; they are no dependency.
"""

import argparse
import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.local.process import free_port
from schemas.topics import TOPICS
from services.ingest.settings import Settings
from services.runtime.kafka import ensure_topics
from tests.bench.bench_ingest import cpu_seconds, serve, spans

RIVALS = Path(__file__).parents[2] / ".venv" / "rivals"
PACKAGES = ("arize-phoenix==20.26.1", "mlflow==3.17.2")
CLIENTS = 2
SETTLE_SECONDS = 90.0


class Target(NamedTuple):
    """A running server: where it takes bodies, and how many spans it has kept, if it says so."""

    name: str
    url: str
    headers: dict[str, str]
    pid: int
    kept: Callable[[], int] | None


def bodies(size: int) -> Iterator[bytes]:
    """Ever new traces and spans: the first bytes of every id are the number of the body.

    Phoenix drops a span whose id it knows, in whatever trace.
    """
    request = ExportTraceServiceRequest.FromString(spans(size).content)
    told = request.resource_spans[0].scope_spans[0].spans
    number = int(time.time())
    while True:
        number += 1
        first = number.to_bytes(4, "big")
        for span in told:
            span.trace_id = first + span.trace_id[4:]
            span.span_id = first + span.span_id[4:]
            if span.parent_span_id:
                span.parent_span_id = first + span.parent_span_id[4:]
        yield request.SerializeToString()


@contextmanager
def tracetally(bootstrap: str) -> Iterator[Target]:
    context, port = get_context("spawn"), free_port()
    server = context.Process(target=serve, args=(port, bootstrap))
    server.start()
    url = f"http://127.0.0.1:{port}"
    try:
        wait(f"{url}/livez")
        yield Target("Tracetally", f"{url}/v1/traces", {}, server.pid or 0, None)
    finally:
        server.terminate()
        server.join()


@contextmanager
def started(argv: list[str], home: str, env: dict[str, str]) -> Iterator[int]:
    with open(f"{home}/log", "wb") as log:
        server = subprocess.Popen(
            argv, cwd=home, env=os.environ | env, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield server.pid
        finally:
            os.killpg(server.pid, 15)
            server.wait(30)


@contextmanager
def phoenix(_: str) -> Iterator[Target]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="phoenix-") as home:
        env = {"PHOENIX_WORKING_DIR": home, "PHOENIX_PORT": str(port),
               "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_TELEMETRY_ENABLED": "false",
               "PHOENIX_HOST": "127.0.0.1"}  # fmt: skip
        argv = [str(RIVALS / "bin" / "python"), "-m", "phoenix.server.main", "serve"]
        with started(argv, home, env) as pid:
            url = f"http://127.0.0.1:{port}"
            wait(f"{url}/healthz")
            kept = counting(Path(home) / "phoenix.db")
            yield Target("Arize Phoenix", f"{url}/v1/traces", {}, pid, kept)


@contextmanager
def mlflow(_: str) -> Iterator[Target]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="mlflow-") as home:
        argv = [str(RIVALS / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port",
                str(port), "--workers", "1", "--backend-store-uri", f"sqlite:///{home}/mlflow.db",
                "--default-artifact-root", f"{home}/artifacts"]  # fmt: skip
        env = {"PATH": f"{RIVALS / 'bin'}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with started(argv, home, env) as pid:
            url = f"http://127.0.0.1:{port}"
            wait(f"{url}/health")
            experiment = {"x-mlflow-experiment-id": "0"}
            yield Target("MLflow", f"{url}/v1/traces", experiment, pid, None)


def counting(database: Path) -> Callable[[], int]:
    def kept() -> int:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30) as opened:
            return int(opened.execute("SELECT count(*) FROM spans").fetchone()[0])

    return kept


def wait(url: str, seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"nothing answers at {url}")


def measure(target: Target, ready: list[bytes], size: int, seconds: float) -> str:
    """Send for so long, then wait until what was taken is kept."""
    lock, taken, refused = threading.Lock(), [0], [0]
    queue = iter(ready)
    before, used, begun = target.kept() if target.kept else 0, cpu(target.pid), time.monotonic()

    def client() -> None:
        with httpx.Client(timeout=120) as http:
            while time.monotonic() - begun < seconds:
                with lock:
                    body = next(queue, None)
                if body is None:
                    return
                headers = {"content-type": "application/x-protobuf", **target.headers}
                answer = http.post(target.url, content=body, headers=headers)
                with lock:
                    (taken if answer.status_code == 200 else refused)[0] += 1

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered = time.monotonic() - begun
    kept, done = settle(target, before, taken[0] * size, begun, answered)
    return (
        f"{target.name:14}: {kept / done:10,.0f} spans/s kept ({kept:,} in {done:.1f} s, "
        f"{kept / max(0.01, cpu(target.pid) - used):,.0f} a core-second), answered "
        f"{taken[0] * size / answered:,.0f}/s, {refused[0]} requests refused"
    )


def cpu(leader: int) -> float:
    """CPU seconds of a server and its children."""
    total = cpu_seconds(leader)
    children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    return total + sum(cpu(int(child)) for child in children)


def settle(
    target: Target, before: int, wanted: int, begun: float, answered: float
) -> tuple[int, float]:
    """How many are kept, and when the last of them was."""
    if target.kept is None:
        return wanted, answered
    kept, at, deadline = 0, answered, time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and kept < wanted:
        now = target.kept() - before
        if now > kept:
            kept, at = now, time.monotonic() - begun
        time.sleep(0.25)
    return kept, max(at, answered)


def install() -> None:
    if not (RIVALS / "bin" / "mlflow").exists():
        sys.stdout.write(f"installing {', '.join(PACKAGES)} into {RIVALS} ...\n")
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([sys.executable, "-m", "venv", str(RIVALS)], check=True)
        python = str(RIVALS / "bin" / "python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *PACKAGES], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--spans", type=int, default=512)
    options = parser.parse_args()
    install()
    settings = Settings(auth="off", kafka_bootstrap=options.bootstrap)
    asyncio.run(ensure_topics(settings, TOPICS, 1))
    made = bodies(options.spans)
    for target in (tracetally, phoenix, mlflow):
        # A Kafka that has just started still compiles itself, on the cores that are measured.
        warm, count = (200, 900) if target is tracetally else (2, 14)
        ready = [next(made) for _ in range(count)]
        with target(options.bootstrap) as running:
            measure(running, ready[:warm], options.spans, 30.0)
            sys.stdout.write(measure(running, ready[warm:], options.spans, options.seconds) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
