"""OTLP/HTTP as the protocol and its exporters want it, row by row of the receiver's checklist."""

import base64
import gzip
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)

from schemas.call import CallEvent
from services.ingest.app import Readiness, application, shell_of
from services.ingest.settings import Settings
from services.runtime.fakes import FakePublisher
from services.runtime.keys import digest
from tests.unit.otlp.bodies import body, protobuf, span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
API_KEY = "sk-lf-key"
KEYS = [
    {"key_id": "app", "sha256": digest(API_KEY), "scopes": ["ingest"], "project": "app",
     "lookups": {"org_id": ["acme.tenant", "acme.json|who.org"]}},
    {"key_id": "acme", "sha256": digest("acme"), "scopes": ["ingest"], "org_id": "acme"},
    {"key_id": "reader", "sha256": digest("reader"), "scopes": ["read"]},
]  # fmt: skip


def keys_json() -> str:
    return orjson.dumps(KEYS).decode()


def client_of(publisher: Any, **settings: Any) -> httpx.AsyncClient:
    made = Settings(api_keys=keys_json(), publish_seconds_max=0.2, **settings)
    app = application(shell_of(made, publisher), Readiness())
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://ingest", headers={"x-api-key": API_KEY}
    )


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
async def client(publisher: FakePublisher) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(publisher) as made:
        yield made


def events(publisher: FakePublisher) -> list[CallEvent]:
    return [
        CallEvent.model_validate_json(line)
        for message in publisher.written
        if message.topic == "calls.v1"
        for line in (message.value or b"").splitlines()
    ]


async def post(client: httpx.AsyncClient, content: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(
        "/v1/traces", content=content, headers={"content-type": PROTOBUF} | named
    )


@pytest.mark.parametrize("path", [
    "/v1/traces", "/v1/traces/", "/otel/v1/traces", "/api/public/otel/v1/traces", "/",
])  # fmt: skip
async def test_01_paths(client: httpx.AsyncClient, publisher: FakePublisher, path: str) -> None:
    told = await client.post(path, json=body(span()))
    assert (told.status_code, told.json(), len(events(publisher))) == (200, {}, 1)


@pytest.mark.parametrize("signal", ["logs", "metrics"])
async def test_01_other_signals_are_taken(client: httpx.AsyncClient, signal: str) -> None:
    told = await client.post(f"/v1/{signal}", content=b"", headers={"content-type": PROTOBUF})
    assert (told.status_code, told.content) == (200, b"")


async def test_02_other_content_types_are_415_and_errors_keep_the_type(
    client: httpx.AsyncClient,
) -> None:
    assert (await post(client, b"", content_type="text/plain")).status_code == 415
    told = await post(client, b"\xff", content_type=f"{PROTOBUF}; charset=x")
    assert (told.status_code, told.headers["content-type"]) == (400, PROTOBUF)
    assert Status.FromString(told.content).code == 3
    told = await post(client, b"{", content_type=f"{JSON};charset=utf-8")
    assert (told.status_code, told.headers["content-type"]) == (400, JSON)
    assert set(told.json()) == {"code", "message"}


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("", lambda b: b), ("identity", bytes)],
)
async def test_03_encodings(
    client: httpx.AsyncClient, publisher: FakePublisher, encoding: str, pack: Any
) -> None:
    told = await post(client, pack(protobuf(span())), content_encoding=encoding)
    assert (told.status_code, len(events(publisher))) == (200, 1)


async def test_03_limit_applies_while_inflating(publisher: FakePublisher) -> None:
    async with client_of(publisher, body_bytes_max=1000) as client:
        bomb = gzip.compress(b"\0" * 50_000_000)
        assert (await post(client, bomb, content_encoding="gzip")).status_code == 413
        assert (await post(client, b"x" * 1001)).status_code == 413
        assert (await post(client, b"no", content_encoding="gzip")).status_code == 400


async def test_04_success_is_empty(client: httpx.AsyncClient) -> None:
    told = await post(client, protobuf(span()))
    assert (told.status_code, told.content, told.headers["content-type"]) == (200, b"", PROTOBUF)
    assert (await post(client, b"")).status_code == 200


async def test_05_partial_success_counts_what_was_refused_and_says_why(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    old = span(2) | {"endTimeUnixNano": 10**18}
    nameless = span(3) | {"spanId": "0" * 16}
    told = await client.post("/v1/traces", json=body(span(), old, nameless))
    partial = told.json()["partialSuccess"]
    assert (told.status_code, partial["rejectedSpans"]) == (200, "2")
    assert "days" in partial["errorMessage"]
    assert len(events(publisher)) == 1
    [letter] = [m for m in publisher.written if m.topic == "dead.v1"]
    assert orjson.loads(letter.value or b"")["reason"] == "time_out_of_bounds"
    response = ExportTraceServiceResponse.FromString(
        (await post(client, protobuf(span(), nameless))).content
    )
    assert response.partial_success.rejected_spans == 1


async def test_05_a_warning_rejects_nothing(client: httpx.AsyncClient) -> None:
    silent = span()
    silent["attributes"] = [a for a in silent["attributes"] if "usage" not in a["key"]]
    partial = (await client.post("/v1/traces", json=body(silent))).json()["partialSuccess"]
    assert set(partial) == {"errorMessage"}
    assert "include_usage" in partial["errorMessage"]


@pytest.mark.parametrize(("headers", "status"), [
    ({"x-api-key": "wrong"}, 401), ({"x-api-key": ""}, 401), ({"x-api-key": "reader"}, 403),
])  # fmt: skip
async def test_06_keys(client: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    told = await post(client, protobuf(span()), **headers)
    assert told.status_code == status
    assert Status.FromString(told.content).message


async def test_06_quota_is_429_with_a_short_wait(publisher: FakePublisher) -> None:
    async with client_of(publisher, events_per_second_max=1) as client:
        await post(client, protobuf(*(span(n) for n in range(1, 40))))
        told = await post(client, protobuf(span()))
        assert (told.status_code, told.headers["retry-after"]) == (429, "2")


async def test_07_08_kafka_away_is_503_with_retry_after_1() -> None:
    class Away(FakePublisher):
        async def publish(self, messages: Any) -> None:
            raise TimeoutError

    class Broken(FakePublisher):
        async def publish(self, messages: Any) -> None:
            raise RuntimeError("unexpected")

    for publisher in (Away(), Broken()):
        async with client_of(publisher) as client:
            told = await post(client, protobuf(span()))
            assert (told.status_code, told.headers["retry-after"]) == (503, "1")


async def test_10_a_resend_is_the_same_event(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    for _ in range(2):
        await post(client, protobuf(span()))
    one, other = events(publisher)
    assert one == other


async def test_12_json_ids_are_hex_of_any_case_and_numbers_may_be_text(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    upper = span(0xABC) | {"spanId": "00F067AA0BA902B7"}
    await client.post("/v1/traces", json=body(upper))
    [event] = events(publisher)
    assert (event.trace_id, event.span_id) == (f"{0xABC:032x}", "00f067aa0ba902b7")
    assert event.usage_payload is not None
    assert event.usage_payload["gen_ai.usage.input_tokens"] == 10


async def test_13_a_log_export_sent_here_is_refused_span_by_span(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(severity_text="INFO")
    told = await post(client, logs.SerializeToString())
    assert ExportTraceServiceResponse.FromString(told.content).partial_success.rejected_spans == 1
    assert events(publisher) == []


async def test_14_of_a_repeated_attribute_the_last_counts(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    twice = span()
    twice["attributes"].append({"key": "org.id", "value": {"stringValue": "last"}})
    await client.post("/v1/traces", json=body(twice))
    await post(client, protobuf(twice))
    assert [event.org_id for event in events(publisher)] == ["last", "last"]


@pytest.mark.parametrize("headers", [
    {"authorization": f"Bearer {API_KEY}"}, {"authorization": f"Bearer%20{API_KEY}"},
    {"authorization": "Basic " + base64.b64encode(f"pk-lf-x:{API_KEY}".encode()).decode()},
    {"x-api-key": API_KEY},
])  # fmt: skip
async def test_15_ways_to_tell_the_key(publisher: FakePublisher, headers: dict[str, str]) -> None:
    async with client_of(publisher) as client:
        del client.headers["x-api-key"]
        assert (await post(client, protobuf(span()), **headers)).status_code == 200


async def test_16_a_key_of_one_org_tells_for_that_org(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    await post(client, protobuf(span(**{"org.id": "other"})), x_api_key="acme")
    assert [event.org_id for event in events(publisher)] == ["acme"]


@pytest.mark.parametrize(
    ("key", "shared"), [(API_KEY, ("org_id", "user_id")), ("acme", ("user_id",))]
)
async def test_16_what_a_process_says_of_all_its_steps_is_told_so(
    client: httpx.AsyncClient, publisher: FakePublisher, key: str, shared: tuple[str, ...]
) -> None:
    said = body(span(**{"org.id": "", "gen_ai.conversation.id": "c"}))
    told = {"org.id": "acme", "user.id": "u", "gen_ai.conversation.id": "of all"}
    said["resourceSpans"][0]["resource"]["attributes"] = [
        {"key": name, "value": {"stringValue": value}} for name, value in told.items()
    ]
    await post(client, orjson.dumps(said), content_type=JSON, x_api_key=key)
    (event,) = events(publisher)
    assert (event.org_id, event.user_id, event.conversation_id) == ("acme", "u", "c")
    assert event.from_resource == shared


async def test_16_lookups_of_a_key_come_first(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    await post(client, protobuf(span(**{"acme.json": '{"who": {"org": "inner"}}'})))
    await post(client, protobuf(span(2, **{"acme.tenant": "t", "acme.json": '{"who": {}}'})))
    assert [event.org_id for event in events(publisher)] == ["inner", "t"]


async def test_19_content_is_not_published(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    said = "my password is hunter2"
    told = span(**{"gen_ai.input.messages": said, "input.value": said, "ai.prompt": said,
                   "langfuse.observation.input": said})  # fmt: skip
    await client.post("/v1/traces", json=body(told))
    assert all(b"hunter2" not in (message.value or b"") for message in publisher.written)


async def test_20_unfinished_spans_are_no_steps_and_others_keep_their_place(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    pending = span(2, **{"logfire.span_type": "pending_span"})
    http = span(3) | {"attributes": [], "name": "GET /"}
    await client.post("/v1/traces", json=body(span(), pending, http))
    assert [event.operation for event in events(publisher)] == ["chat", "other"]
