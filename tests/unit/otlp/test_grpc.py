"""OTLP/gRPC with OpenTelemetry's own exporter and with bare calls: codes, retries, limits."""

import asyncio
import gzip
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from grpc import aio
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace.export import SpanExportResult

from deploy.local.process import free_port
from services.ingest import otlp_grpc
from services.ingest.app import shell_of
from services.ingest.settings import Settings
from services.runtime.fakes import FakePublisher
from tests.faults.test_exporters import SPANS, spans
from tests.unit.otlp.bodies import protobuf, span
from tests.unit.otlp.test_receiver import API_KEY, events, keys_json

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
GOOD = (("authorization", f"Bearer {API_KEY}"),)


def shell(publisher: FakePublisher, **more: Any) -> Any:
    made = Settings(
        host="127.0.0.1", api_keys=keys_json(), publish_seconds_max=0.2, grpc_port=free_port(),
        drain_seconds=0.1, **more,
    )  # fmt: skip
    return shell_of(made, publisher)


async def call(
    made: Any, body: bytes, path: str = TRACES, metadata: Any = GOOD, **more: Any
) -> bytes:
    async with aio.insecure_channel(f"127.0.0.1:{made.settings.grpc_port}") as channel:
        told: bytes = await channel.unary_unary(path)(body, metadata=metadata, timeout=10, **more)
        return told


async def refused(made: Any, body: bytes, **more: Any) -> tuple[str, str, int | None]:
    """Code, sentence, and the seconds of RetryInfo."""
    with pytest.raises(aio.AioRpcError) as error:
        await call(made, body, **more)
    held = dict(error.value.trailing_metadata() or ()).get("grpc-status-details-bin")
    wait = None
    for detail in Status.FromString(held).details if held else ():
        info = RetryInfo()
        assert detail.Unpack(info)
        wait = info.retry_delay.seconds
    return error.value.code().name, error.value.details() or "", wait


@pytest.mark.parametrize("zipped", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_the_official_exporter_is_served(zipped: Any) -> None:
    publisher = FakePublisher()
    made = shell(publisher)
    async with otlp_grpc.serving(made):
        exporter = OTLPSpanExporter(
            endpoint=f"http://127.0.0.1:{made.settings.grpc_port}", insecure=True,
            headers={"x-api-key": API_KEY}, compression=zipped,
        )  # fmt: skip
        told = await asyncio.to_thread(exporter.export, spans("acme"))
        await asyncio.to_thread(exporter.shutdown)
    assert told == SpanExportResult.SUCCESS
    calls = [event for event in events(publisher) if event.operation == "chat"]
    assert (len(calls), {call.org_id for call in calls}) == (SPANS, {"acme"})


async def test_the_exporter_comes_back_while_kafka_is_away() -> None:
    publisher = FakePublisher()
    publisher.state = "down"
    made = shell(publisher)
    async with otlp_grpc.serving(made):
        exporter = OTLPSpanExporter(
            endpoint=f"http://127.0.0.1:{made.settings.grpc_port}", insecure=True,
            headers={"x-api-key": API_KEY},
        )  # fmt: skip
        sending = asyncio.create_task(asyncio.to_thread(exporter.export, spans("acme")))
        await asyncio.sleep(0.3)
        publisher.state = "up"
        assert await sending == SpanExportResult.SUCCESS
        await asyncio.to_thread(exporter.shutdown)
    assert len(events(publisher)) == SPANS + 1


async def test_codes_say_whether_to_come_back() -> None:
    publisher = FakePublisher()
    made = shell(publisher, events_per_second_max=1.0)
    body = protobuf(span(1), span(2))
    async with otlp_grpc.serving(made):
        assert (await refused(made, body, metadata=()))[0] == "UNAUTHENTICATED"
        wrong = (("x-api-key", "reader"),)
        assert (await refused(made, body, metadata=wrong))[::2] == ("PERMISSION_DENIED", None)
        code, detail, wait = await refused(made, b"\xff\xff\xff")
        assert (code, wait) == ("INVALID_ARGUMENT", None)
        assert "not an OTLP protobuf message" in detail
        assert await call(made, body) == b""
        assert (await refused(made, body))[::2] == ("RESOURCE_EXHAUSTED", 1)
        publisher.state = "down"
        made.buckets.clear()
        code, detail, wait = await refused(made, body)
        assert (code, wait) == ("UNAVAILABLE", 1)
        assert "resend" in detail


async def test_partial_success_and_other_signals() -> None:
    publisher = FakePublisher()
    made = shell(publisher)
    nobody = protobuf(span(1) | {"spanId": "0" * 16}, span(2))
    async with otlp_grpc.serving(made):
        told = ExportTraceServiceResponse.FromString(await call(made, nobody))
        for signal in ("logs.v1.LogsService", "metrics.v1.MetricsService"):
            path = f"/opentelemetry.proto.collector.{signal}/Export"
            assert await call(made, b"", path=path) == b""
        assert (await refused(made, b"", path=TRACES.replace("Export", "Import")))[0] == (
            "UNIMPLEMENTED"
        )
    assert told.partial_success.rejected_spans == 1
    assert "without usable trace and span ids" in told.partial_success.error_message


async def test_a_message_is_bounded_also_once_inflated() -> None:
    made = shell(FakePublisher(), body_bytes_max=100_000)
    bomb = b"\x00" * 50_000_000
    async with otlp_grpc.serving(made):
        assert (await refused(made, b"x" * 100_001))[0] == "RESOURCE_EXHAUSTED"
        code, _, wait = await refused(made, bomb, compression=grpc.Compression.Gzip)
        assert (code, wait) == ("RESOURCE_EXHAUSTED", None)
        assert len(gzip.compress(bomb)) < 100_000, "on the wire it is within the limit"


async def test_without_a_port_or_the_extra() -> None:
    made = shell_of(Settings(api_keys=keys_json()), FakePublisher())
    async with otlp_grpc.serving(made):
        pass
    taken = shell(FakePublisher())
    async with otlp_grpc.serving(taken):
        with pytest.raises(RuntimeError, match="is the port in use"):
            async with otlp_grpc.serving(taken):
                pass


async def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"tracetally\[grpc\]"):
        async with otlp_grpc.serving(shell(FakePublisher())):
            pass
