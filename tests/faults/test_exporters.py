"""OpenTelemetry's own exporters as clients while Kafka is away: what they were told is true.

A batch that one reports as sent is in the ledger once. One that it gave up on, after its ten
seconds or its last retry, may be there or not, never twice.
"""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deploy.dashboard import EXAMPLES, with_node
from tests.faults.victims import World

pytestmark = [pytest.mark.engines, pytest.mark.faults, pytest.mark.timeout(600)]
SECONDS = 20.0
SPANS = 5
SCRIPT = Path(__file__).with_name("exporter.mjs")


def spans(org: str) -> list[ReadableSpan]:
    """A conversation: an agent's span around model calls."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"org.id": org}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("opentelemetry.instrumentation.openai")
    with tracer.start_as_current_span("invoke_agent support") as agent:
        agent.set_attribute("gen_ai.operation.name", "invoke_agent")
        for _ in range(SPANS):
            with tracer.start_as_current_span("chat gpt-4o") as call:
                call.set_attributes({
                    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10,
                    "gen_ai.usage.output_tokens": 5,
                })  # fmt: skip
    provider.shutdown()
    return list(memory.get_finished_spans())


class Client(Protocol):
    """Sends batch after batch for some seconds; remembers what its exporter said of each."""

    said: dict[str, bool]
    slowest: float

    def run(self, seconds: float) -> None: ...


class PythonClient:
    """The exporter of opentelemetry-exporter-otlp-proto-http."""

    def __init__(self, world: World, name: str) -> None:
        self.exporter = OTLPSpanExporter(
            endpoint=f"{world.system.url('ingest')}/v1/traces",
            headers={"authorization": f"Bearer {world.system.key}"},
            compression=Compression.Gzip,
        )
        self.name = name
        self.said: dict[str, bool] = {}
        self.slowest = 0.0

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            org = f"exporter-{self.name}-{len(self.said)}"
            batch, started = spans(org), time.monotonic()
            self.said[org] = self.exporter.export(batch) is SpanExportResult.SUCCESS
            self.slowest = max(self.slowest, time.monotonic() - started)
        self.exporter.shutdown()


class NodeClient:
    """The exporter of @opentelemetry/exporter-trace-otlp-proto, as `make examples` installs it."""

    def __init__(self, world: World, name: str) -> None:
        self.environment = with_node(os.environ)
        node = shutil.which("node", path=self.environment["PATH"])
        if node is None or not (EXAMPLES / "node_modules").is_dir():
            pytest.skip("Node's packages are not installed: run `make examples`")
        url = f"{world.system.url('ingest')}/v1/traces"
        self.argv = [node, str(SCRIPT), str(EXAMPLES / "package.json"), url, world.system.key, name]
        self.said: dict[str, bool] = {}
        self.slowest = 0.0

    def run(self, seconds: float) -> None:
        done = subprocess.run(
            [*self.argv, str(seconds), str(SPANS)], env=self.environment, capture_output=True,
            text=True, check=False, timeout=seconds + 60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        for line in map(json.loads, done.stdout.splitlines()):
            self.said[line["org"]] = line["sent"]
            self.slowest = max(self.slowest, line["seconds"])


@pytest.mark.parametrize("kind", [PythonClient, NodeClient])
async def test_what_the_exporter_reports_as_sent_is_counted_once(
    world: World, kind: type[PythonClient] | type[NodeClient]
) -> None:
    world.up()
    clients: Sequence[Client] = [kind(world, f"{kind.__name__}-{number}") for number in range(3)]
    running = [asyncio.create_task(asyncio.to_thread(client.run, SECONDS)) for client in clients]
    await asyncio.sleep(3)
    await asyncio.to_thread(world.kill, "kafka")
    await asyncio.sleep(2)
    await asyncio.to_thread(world.start, "kafka")
    await asyncio.gather(*running)
    await world.system.wait_settled(90)
    counted = {
        org: int(calls)
        for org, calls in world.system.sql(
            "SELECT org_id, count() FROM calls FINAL WHERE is_void = 0 AND operation = 'chat' "
            f"AND startsWith(org_id, 'exporter-{kind.__name__}-') GROUP BY org_id"
        )
    }
    said = {org: sent for client in clients for org, sent in client.said.items()}
    assert max(client.slowest for client in clients) > 1, "no export had to wait"
    assert [org for org, sent in said.items() if sent and counted.get(org) != SPANS] == []
    assert [org for org, calls in counted.items() if calls > SPANS] == []
    assert sum(said.values()) > 10
    world.system.verify()
