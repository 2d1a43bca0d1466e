"""The endpoints over a fake Kafka: statuses, keys, limits, and an answer whatever happens."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from services.ingest.app import Readiness, application, shell_of
from services.ingest.settings import Settings
from services.runtime.fakes import FakePublisher
from services.runtime.kafka import Message
from services.runtime.keys import digest

KEYS = [
    {"key_id": "app", "sha256": digest("app-secret"), "scopes": ["ingest"], "project": "app"},
    {
        "key_id": "acme",
        "sha256": digest("acme-secret"),
        "scopes": ["ingest"],
        "project": "app",
        "org_id": "acme",
    },
    {"key_id": "reader", "sha256": digest("reader-secret"), "scopes": ["read"]},
]
APP = {"authorization": "Bearer app-secret"}


def settings(**fields: Any) -> Settings:
    return Settings(api_keys=orjson.dumps(KEYS).decode(), publish_seconds_max=0.2, **fields)


def event(n: int = 1, **fields: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"event_id": f"e{n}", "occurred_at": now, "trace_id": f"t{n}"} | fields


def client_of(publisher: Any, **fields: Any) -> httpx.AsyncClient:
    app = application(shell_of(settings(**fields), publisher), Readiness())
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://ingest", headers=APP
    )


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
async def client(publisher: FakePublisher) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(publisher) as made:
        yield made


def topics(publisher: FakePublisher) -> list[str]:
    return [message.topic for message in publisher.written]


async def test_a_batch_becomes_one_message(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    told = await client.post("/v1/calls", json=[event(n) for n in range(100)])
    assert (told.status_code, told.json()) == (200, {"accepted": 100, "refused": []})
    [message] = publisher.written
    assert (message.topic, message.key) == ("calls.v1", b"app|t0")
    assert message.value
    assert message.value.count(b"\n") == 99
    empty = await client.post("/v1/calls", json=[])
    assert (empty.status_code, empty.json()["accepted"]) == (200, 0)


async def test_a_partial_batch_names_index_field_and_reason(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    told = await client.post("/v1/calls", json=[event(1), event(2, usage={"input": -1})])
    assert told.status_code == 200
    [refused] = told.json()["refused"]
    assert (refused["index"], refused["field"]) == (1, "usage.input")
    assert topics(publisher) == ["calls.v1", "dead.v1"]


async def test_all_refused_and_not_json_are_problems(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    told = await client.post("/v1/calls", json=[event(1, cost="3"), 7])
    assert told.status_code == 422
    assert told.headers["content-type"] == "application/problem+json"
    assert [r["reason"] for r in told.json()["refused"]] == ["unknown_field", "not_an_object"]
    broken = await client.post("/v1/calls", content=b"hello")
    assert broken.status_code == 400
    assert topics(publisher) == ["dead.v1", "dead.v1"]
    empty = await client.post("/v1/calls", content=b" ")
    assert empty.status_code == 400


async def test_keys(client: httpx.AsyncClient, publisher: FakePublisher) -> None:
    async def status(headers: dict[str, str], **fields: Any) -> int:
        answer = await client.post("/v1/calls", json=event(**fields), headers=headers)
        return answer.status_code

    assert await status({"authorization": ""}) == 401
    assert await status({"authorization": "Bearer wrong"}) == 401
    assert await status({"authorization": "Bearer reader-secret"}) == 403
    assert await status({"authorization": "", "x-api-key": "app-secret"}) == 200
    acme = {"authorization": "Bearer acme-secret"}
    assert await status(acme, org_id="globex") == 422
    assert await status(acme) == 200
    assert json.loads(publisher.written[-1].value or b"")["org_id"] == "acme"


@pytest.mark.parametrize("state", ["down", "hanging"])
async def test_without_kafka_the_client_is_told_to_resend(state: Any) -> None:
    publisher = FakePublisher()
    publisher.state = state
    async with client_of(publisher, in_flight_max=2) as client:
        answers = await asyncio.gather(*(client.post("/v1/calls", json=event(n)) for n in range(4)))
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["retry-after"] for answer in answers} == {"1"}
        publisher.state = "up"
        await asyncio.sleep(publisher.hang_seconds)
        assert (await client.post("/v1/calls", json=event())).status_code == 200


async def test_limits_of_body_items_encoding_and_rate(publisher: FakePublisher) -> None:
    async with client_of(
        publisher, body_bytes_max=10_000, items_max=10, events_per_second_max=5
    ) as client:

        async def status(content: bytes, encoding: str = "identity") -> int:
            answer = await client.post(
                "/v1/calls", content=content, headers={"content-encoding": encoding}
            )
            return answer.status_code

        ten = orjson.dumps([event(n) for n in range(10)])
        assert await status(b" " * 10_001) == 413
        assert await status(gzip.compress(b" " * 10_001), "gzip") == 413
        assert await status(orjson.dumps([event()] * 11)) == 413
        assert await status(ten, "br") == 415
        assert await status(ten, "gzip") == 400
        assert [await status(ten) for _ in range(3)] == [200, 429, 429]


class Broken:
    async def publish(self, _: list[Message]) -> None:
        raise ZeroDivisionError


async def test_an_unexpected_error_is_a_503_with_the_request_id() -> None:
    async with client_of(Broken()) as client:
        told = await client.post("/v1/calls", json=event(), headers={"x-request-id": "r-1"})
    assert (told.status_code, told.headers["retry-after"]) == (503, "1")
    assert told.headers["x-request-id"] == told.json()["request_id"] == "r-1"


async def test_health_openapi_and_unknown_paths(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).status_code == 200
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "kafka: not connected to Kafka yet\n")
    assert "tracetally_accepted_total" in (await client.get("/metrics")).text
    document = (await client.get("/openapi.json")).json()
    assert "bearer" in document["components"]["securitySchemes"]
    native = {"/v1/calls", "/v1/contents", "/v1/outcomes"}
    otlp = {"/v1/traces", "/v1/logs", "/v1/metrics", "/api/public/scores"}
    assert set(document["paths"]) == native | otlp
    for path in (document["paths"][name] for name in native):
        example = path["post"]["requestBody"]["content"]["application/json"]["examples"]["one"]
        told = await client.post("/v1/calls", json=example["value"])
        assert told.status_code in (200, 422)
    for method, path, status in (("GET", "/v1/nothing", 404), ("GET", "/v1/calls", 405)):
        answer = await client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_keys_that_cannot_be_used_stop_the_start() -> None:
    for keys in ("[{}]", "oops"):
        with pytest.raises(ValueError, match="API_KEYS"):
            Settings(api_keys=keys)
    assert Settings(auth="off").keys() == ()


async def test_without_any_key_nobody_is_let_in(publisher: FakePublisher) -> None:
    """The first keys are made over the API: ingest waits for them, closed."""
    app = application(shell_of(Settings(api_keys=""), publisher), Readiness())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        for headers in ({"x-none": ""}, APP):
            told = await client.post("/v1/calls", content=b"{}", headers=headers)
            assert told.status_code == 401
    assert publisher.written == []
