"""Signing in on the pages, keys made over the API, dead letters sent again: routes as served."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from services.runtime.clickhouse import Store
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
USAGE = "/v1/usage?from=2026-01-01T00:00Z&to=2026-12-01T00:00Z&by=org&measures=steps"


async def signed_in(client: httpx.AsyncClient, key: str = "admin") -> dict[str, Any]:
    answer = await client.post("/v1/session", json={"key": f"{key}-secret"})
    assert answer.status_code == 200, answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    told: dict[str, Any] = answer.json()
    return told


async def test_a_key_becomes_a_session(client_of: Clients) -> None:
    async with client_of("") as client:
        assert (await client.get("/v1/session")).status_code == 401
        client.base_url = httpx.URL("https://api")
        told = await signed_in(client)
        assert (told["role"], told["org"], told["is_admin"]) == ("team", None, True)
        assert (await client.get("/v1/session")).json() == told
        assert (await client.get(USAGE)).status_code == 200
        assert (await client.delete("/v1/session")).status_code == 204
        assert (await client.get(USAGE)).status_code == 401


async def test_cookies_are_plain_only_on_this_machine(client_of: Clients) -> None:
    for base, name in (
        ("http://localhost:8081", "tt_session="),
        ("http://127.0.0.1:8081", "tt_session="),
        ("https://localhost", "__Host-tt="),
        ("http://tally.example", "__Host-tt="),
    ):
        async with client_of("") as client:
            client.base_url = httpx.URL(base)
            answer = await client.post("/v1/session", json={"key": "reader-secret"})
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith(name)
            assert ("; secure" in cookie.lower()) == name.startswith("__Host")


async def test_an_orgs_session_reads_that_org(client_of: Clients) -> None:
    async with client_of("") as client:
        client.base_url = httpx.URL("https://api")
        told = await signed_in(client, "acme-admin")
        assert (told["role"], told["org"], told["is_admin"]) == ("org", "acme", False)
        groups = (await client.get(USAGE)).json()["groups"]
        assert {group["key"]["org"] for group in groups} == {"acme"}


@pytest.mark.parametrize(
    ("body", "status"),
    [({"key": "wrong"}, 401), ({"key": "writer-secret"}, 403), ({}, 400), ({"key": ""}, 400)],
)
async def test_who_may_not_sign_in(body: dict[str, str], status: int, client_of: Clients) -> None:
    async with client_of("") as client:
        answer = await client.post("/v1/session", json=body)
        assert answer.status_code == status
        assert "set-cookie" not in answer.headers


async def test_changes_by_cookie_need_the_token(client_of: Clients, writer: FakeWriter) -> None:
    async with client_of("") as client:
        client.base_url = httpx.URL("https://api")
        told = await signed_in(client)
        body = {"scopes": ["read"]}
        assert (await client.post("/v1/keys", json=body)).status_code == 403
        headers = {"x-csrf-token": told["csrf"]}
        assert (await client.post("/v1/keys", json=body, headers=headers)).status_code == 201
        foreign = headers | {"sec-fetch-site": "cross-site"}
        assert (await client.post("/v1/keys", json=body, headers=foreign)).status_code == 403
    assert len(writer.written) == 1


async def test_signing_out_everywhere(client_of: Clients, writer: FakeWriter) -> None:
    async with client_of("") as client, client_of("") as other:
        client.base_url = other.base_url = httpx.URL("https://api")
        await signed_in(client, "reader")
        told = await signed_in(other, "reader")
        headers = {"x-csrf-token": told["csrf"]}
        assert (
            await other.delete("/v1/sessions?everyone=true", headers=headers)
        ).status_code == 403
        assert (await other.delete("/v1/sessions", headers=headers)).status_code == 202
        for one in (client, other):
            assert (await one.get("/v1/session")).status_code == 401
    assert writer.audited[0]["action"] == "session.end"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"redact_patterns": ["ok", "("]}, "content.redact_patterns.1"),
        ({"redact_patterns": ["(?=x)"]}, "content.redact_patterns.0"),
        ({"redact_paths": ["email"]}, "content.redact_paths.0"),
    ],
)
async def test_a_key_with_rules_that_cannot_be_used_is_not_made(
    content: dict[str, Any], field: str, client_of: Clients, writer: FakeWriter
) -> None:
    """Else ingest would withhold all content sent with it, and nobody would be told."""
    async with client_of("admin") as client:
        body = {"scopes": ["ingest"], "content": content}
        answer = await client.post("/v1/keys", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert answer.json()["hint"]
        assert writer.written == []
        body["content"] = {"redact_patterns": [r"\d{16}"], "redact_paths": ["$..email"]}
        assert (await client.post("/v1/keys", json=body)).status_code == 201


async def test_a_look_up_without_a_name_is_refused(client_of: Clients, writer: FakeWriter) -> None:
    async with client_of("admin") as client:
        body = {"scopes": ["ingest"], "lookups": {"org_id": ["acme.tenant", ""]}}
        answer = await client.post("/v1/keys", json=body)
        assert (answer.status_code, answer.json()["field"]) == (400, "lookups.org_id.1")
        assert writer.written == []


async def test_a_key_lives_from_its_making_to_its_revoking(
    client_of: Clients, writer: FakeWriter
) -> None:
    async with client_of("admin") as client:
        wanted = {"label": "acme's view", "scopes": ["read"], "org_id": "acme", "key_id": "view"}
        made = (await client.post("/v1/keys", json=wanted)).json()
        secret = made["secret"]
        assert (await client.post("/v1/keys", json=wanted)).status_code == 409
        assert secret.encode() not in b"".join(m.value or b"" for m in writer.written)
        listed = (await client.get("/v1/keys")).json()["keys"]
        assert {key["key_id"]: key["source"] for key in listed}["view"] == "api"
        assert "sha256" not in listed[-1]
        async with client_of("") as customer:
            customer.headers["authorization"] = f"Bearer {secret}"
            customer.base_url = httpx.URL("https://api")
            assert (await customer.get("/v1/orgs")).json()["orgs"] == [{"org_id": "acme"}]
            session = await customer.post("/v1/session", json={"key": secret})
            assert session.json()["org"] == "acme"
            assert (await client.delete("/v1/keys/view")).status_code == 202
            assert (await customer.get("/v1/orgs")).status_code == 401
            del customer.headers["authorization"]
            assert (await customer.get("/v1/session")).status_code == 401
        assert (await client.delete("/v1/keys/admin")).status_code == 409
        assert (await client.delete("/v1/keys/nobody")).status_code == 404
    assert [note["action"] for note in writer.audited] == ["key.create", "key.revoke"]
    assert {note["actor"] for note in writer.audited} == {"admin"}


def letter(dead_id: str, source: str, original: bytes, **more: Any) -> bytes:
    row = {"dead_id": dead_id, "source": source, "occurred_at": NOW.isoformat()}
    row["original"] = base64.b64encode(original).decode()
    return orjson.dumps(row | {"original_bytes": len(original)} | more)


async def test_dead_letters_are_sent_again(
    client_of: Clients, writer: FakeWriter, settings: Settings
) -> None:
    store = await Store.connect(settings)
    letters = [
        letter("calls.v1/0/1/0", "calls.v1/0/1/0", b"oops"),
        letter("h", "http/p1", b'{"event_id": "e"}', project="p1", org_id="acme"),
        letter("p", "prices.v1/0/1/0", b"{}"),
        letter("big", "calls.v1/0/2/0", b"{", original_bytes=5_000_000),
    ]
    await store.insert_bytes("dead_letters", b"\n".join(letters))
    await store.close()
    async with client_of("admin") as client:
        for dead_id, body, status in (
            ("calls.v1/0/1/0", None, 202),
            ("h", {"topic": "outcomes.v1"}, 202),
            ("big", {"corrected": "{}"}, 202),
            ("p", None, 409),
            ("big", None, 409),
            ("unknown", None, 404),
            ("h", {"topic": "prices.v1"}, 400),
        ):
            told = await client.post(f"/v1/dead/{dead_id}/replay", json=body)
            assert told.status_code == status, told.text
    sent = [(message.topic, message.value) for message in writer.written]
    assert sent[0] == ("calls.v1", b"oops")
    assert sent[1][0] == "outcomes.v1"
    assert orjson.loads(sent[1][1] or b"") == {"event_id": "e", "project": "p1", "org_id": "acme"}
    assert sent[2] == ("calls.v1", b"{}")
    assert [note["target"] for note in writer.audited] == ["calls.v1/0/1/0", "h", "big"]


async def test_a_customers_token_reads_its_org(settings: Settings, writer: FakeWriter) -> None:
    secret = "x" * 40
    reader = Reader(settings)
    made = Settings.model_validate(settings.model_dump() | {"jwt_secret": secret})
    app = build(made, reader, writer, lambda: NOW)
    seconds = int(NOW.timestamp())
    token = jwt.encode(
        {"alg": "HS256"},
        {"org": "acme", "aud": "tracetally", "exp": seconds + 600, "sub": "u"},
        OctKey.import_key(secret),
    )
    transport: Any = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        client.headers["authorization"] = f"Bearer {token}"
        groups = (await client.get(USAGE)).json()["groups"]
        assert {group["key"]["org"] for group in groups} == {"acme"}
        assert (await client.get("/v1/keys")).status_code == 403
        client.headers["authorization"] = f"Bearer {token[:-2]}"
        refused = await client.get(USAGE)
        assert (refused.status_code, "org" in refused.text) == (401, False)
    await reader.close()
