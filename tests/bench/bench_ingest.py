"""How many calls a second ingest takes on one core: the handler alone, and over HTTP.

    python -m tests.bench.bench_ingest [--seconds 5] [--bootstrap HOST:PORT] [--only OTLP]

In-process is the application with a publisher that only counts, called over ASGI without a
socket: the ceiling. Over HTTP is uvicorn in a process of its own on the loopback, its CPU time
counted, with the same publisher or with Kafka where `--bootstrap` names one.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any, NamedTuple

import httpx
import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.local.process import free_port
from schemas.topics import TOPICS
from services.ingest.app import Readiness, application, shell_of
from services.ingest.settings import Settings
from services.runtime import run
from services.runtime.kafka import KafkaPublisher, Message, Publisher, ensure_topics

CLIENTS = 4


class Counting:
    """Acknowledges at once and keeps nothing."""

    async def publish(self, messages: Sequence[Message]) -> None:
        await asyncio.sleep(0)


class Post(NamedTuple):
    """One request, repeated."""

    what: str
    events: int
    path: str
    content_type: str
    content: bytes


def calls(events: int) -> Post:
    return Post(f"calls, batch {events}", events, "/v1/calls", "application/json", body(events))


def spans(size: int) -> Post:
    """Spans of 2.8 KB with 21 attributes, a third of them model calls."""
    request = ExportTraceServiceRequest()
    scoped = request.resource_spans.add().scope_spans.add()
    scoped.scope.name = "opentelemetry.instrumentation.openai"
    now = time.time_ns()
    for n in range(size):
        made = scoped.spans.add(
            trace_id=(n // 3 + 1).to_bytes(16, "big"), span_id=(n + 1).to_bytes(8, "big"),
            parent_span_id=b"" if n % 3 == 0 else (n - n % 3 + 1).to_bytes(8, "big"),
            name="chat gpt-4o", start_time_unix_nano=now - 10**9, end_time_unix_nano=now,
        )  # fmt: skip
        told = {"gen_ai.operation.name": "chat" if n % 3 == 1 else "execute_tool", "org.id": "acme",
                "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
                "gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": f"chatcmpl-{n}",
                "gen_ai.input.messages": "m" * 2_000, "user.id": "u", "session.id": "s",
                }  # fmt: skip
        for key, value in told.items():
            made.attributes.add(key=key).value.string_value = value
        for key in ("input_tokens", "output_tokens", "cache_read.input_tokens"):
            made.attributes.add(key=f"gen_ai.usage.{key}").value.int_value = 100
        for more in range(21 - len(made.attributes)):
            made.attributes.add(key=f"app.attribute.{more}").value.string_value = "value"
    body_ = request.SerializeToString()
    return Post(f"OTLP, {size} spans", size, "/v1/traces", "application/x-protobuf", body_)


def body(events: int) -> bytes:
    now = datetime.now(UTC).isoformat()
    return orjson.dumps(
        [
            {
                "event_id": f"018f5c9e-8d2b-7c4e-9a51-{n:012}",
                "occurred_at": now,
                "org_id": f"org-{n % 12}",
                "trace_id": f"{n:032x}",
                "span_id": f"{n:016x}",
                "operation": "chat",
                "assistant_id": "support",
                "feature": "refunds",
                "environment": "production",
                "provider": "openai",
                "request_model": "gpt-4o",
                "response_model": "gpt-4o-2024-11-20",
                "duration_ms": 1840,
                "usage": {"input": 1000 + n, "cache_read": 128, "output": 90},
            }
            for n in range(events)
        ]
    )


async def inside(seconds: float, post: Post) -> float:
    """Requests a second of the application itself, without a socket."""
    app = application(shell_of(Settings(auth="off"), Counting()), Readiness())
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": post.path,
        "raw_path": post.path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", post.content_type.encode())],
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": post.content, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        await app(dict(scope), receive, send)
    assert set(statuses) == {200}
    return len(statuses) / (time.perf_counter() - begun)


def serve(port: int, bootstrap: str) -> None:
    async def main() -> None:
        settings = Settings(auth="off", port=port, kafka_bootstrap=bootstrap or "none:1")
        publisher: Publisher = KafkaPublisher(settings) if bootstrap else Counting()
        app = application(shell_of(settings, publisher), Readiness())
        await run.http_server(app, settings).serve()

    asyncio.run(main())


def load(port: int, seconds: float, post: Post, told: Any) -> None:
    async def client() -> list[float]:
        times = []
        async with httpx.AsyncClient() as http:
            begun = time.perf_counter()
            while time.perf_counter() - begun < seconds:
                sent = time.perf_counter()
                answer = await http.post(
                    f"http://127.0.0.1:{port}{post.path}", content=post.content,
                    headers={"content-type": post.content_type},
                )  # fmt: skip
                assert answer.status_code == 200, answer.text
                times.append(time.perf_counter() - sent)
        return times

    async def main() -> list[float]:
        parts = await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return sorted(t for part in parts for t in part)

    told.put(asyncio.run(main()))


def cpu_seconds(pid: int) -> float:
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()  # noqa: SIM115
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def outside(seconds: float, post: Post, bootstrap: str) -> tuple[float, float, list[float]]:
    """Requests a second, requests per second of the server's CPU, latencies."""
    context, port = get_context("spawn"), free_port()
    server = context.Process(target=serve, args=(port, bootstrap))
    server.start()
    try:
        for _ in range(100):
            try:
                httpx.get(f"http://127.0.0.1:{port}/livez")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        told = context.Queue()
        before, begun = cpu_seconds(server.pid or 0), time.perf_counter()
        sender = context.Process(target=load, args=(port, seconds, post, told))
        sender.start()
        times = told.get(timeout=seconds + 30)
        sender.join()
        used = cpu_seconds(server.pid or 0) - before
        return len(times) / (time.perf_counter() - begun), len(times) / used, times
    finally:
        server.terminate()
        server.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--only", default="", help="posts whose name holds this")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if options.bootstrap:
        settings = Settings(auth="off", kafka_bootstrap=options.bootstrap)
        asyncio.run(ensure_topics(settings, TOPICS, 1))
    posts = [calls(1), calls(100), calls(1_000), spans(30), spans(512)]
    posts = [post for post in posts if options.only in post.what]
    if options.profile:
        with cProfile.Profile() as profile:
            asyncio.run(inside(options.seconds, posts[-1]))
        pstats.Stats(profile).sort_stats("tottime").print_stats(22)
    for post in posts:
        rate = asyncio.run(inside(options.seconds, post))
        wall, core, times = outside(options.seconds, post, options.bootstrap)
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        sys.stdout.write(
            f"{post.what:18}: in-process {rate * post.events:9,.0f}/s; over HTTP "
            f"{wall * post.events:9,.0f}/s, {core * post.events:9,.0f} a server core-second, "
            f"p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms\n"
        )


if __name__ == "__main__":
    main()
