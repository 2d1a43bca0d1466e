"""A customer's page in a frame, and the first sign-in of a new installation: routes as served."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from schemas.topics import CALLS
from services.api.http import build
from services.api.reader import Reader
from services.api.session.first import FirstRun, is_locked
from services.api.settings import Settings
from services.runtime.kafka import Message
from services.runtime.keys import KeyRing
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW

pytestmark = pytest.mark.engines
Clients = Callable[..., httpx.AsyncClient]
SECRET = "x" * 40
EMBEDS = '{"portal": ["https://portal.example", "http://localhost:3000"]}'


@pytest.fixture
async def made_of(settings: Settings, writer: FakeWriter) -> AsyncIterator[Clients]:
    """A client of an API with more settings."""
    reader, keys = Reader(settings), {"admin": "admin-secret", "reader": "reader-secret"}

    def make(key: str = "", **more: Any) -> httpx.AsyncClient:
        told = Settings.model_validate(settings.model_dump() | more)
        app = build(told, reader, writer, lambda: NOW)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api")
        if key:
            client.headers["authorization"] = f"Bearer {keys.get(key, key)}"
        client.first = app.state.first  # type: ignore[attr-defined]
        return client

    yield make
    await reader.close()


async def test_only_an_embed_s_sites_may_frame_it(made_of: Clients) -> None:
    async with made_of(jwt_secret=SECRET, embeds=EMBEDS) as client:
        for path, ancestors in (
            ("/embed/portal", "https://portal.example http://localhost:3000"),
            ("/embed/portal/orgs/acme", "https://portal.example http://localhost:3000"),
            ("/embed/preview", "'none'"),
            ("/overview", "'none'"),
        ):
            told = await client.get(path)
            if told.status_code == 503:
                pytest.skip("the dashboard is not built")
            policy = told.headers["content-security-policy"]
            assert policy.endswith(f"; frame-ancestors {ancestors}")
            assert "set-cookie" not in told.headers
        assert (await client.get("/embed/other")).status_code == 404
        assert (await client.get("/v1/embeds/other")).status_code == 404
        listed = await client.get("/v1/embeds/portal")
        assert listed.json()["origins"] == ["https://portal.example", "http://localhost:3000"]


async def test_a_preview_is_an_audited_token_of_one_org(
    made_of: Clients, writer: FakeWriter
) -> None:
    async with made_of("admin", jwt_secret=SECRET) as client:
        told = (await client.post("/v1/embeds/preview", json={"org_id": "acme"})).json()
        every = await client.post("/v1/embeds/preview", json={"org_id": "*"})
        assert every.status_code == 400
        listed = (await client.get("/v1/embeds")).json()
        assert (listed["tokens"], listed["may_preview"], listed["embeds"]) == ("HS256", True, [])
    claims = jwt.decode(told["token"], OctKey.import_key(SECRET)).claims
    assert claims["exp"] - NOW.timestamp() == 900
    async with made_of(told["token"], jwt_secret=SECRET) as customer:
        who = await customer.get("/v1/session")
        assert (who.json()["org"], who.json()["role"]) == ("acme", "org")
        assert "set-cookie" not in who.headers
        assert (await customer.get("/v1/orgs/globex")).status_code == 404
        assert (await customer.get("/v1/embeds")).status_code == 403
    assert [(n["action"], n["target"], n["actor"]) for n in writer.audited] == [
        ("embed.preview", "acme", "admin")
    ]


async def test_a_preview_says_what_it_lacks(made_of: Clients, writer: FakeWriter) -> None:
    async with made_of("admin") as client:
        told = await client.post("/v1/embeds/preview", json={"org_id": "acme"})
        assert (told.status_code, "API_JWT_SECRET" in told.text) == (409, True)
        assert (await client.get("/v1/embeds")).json()["tokens"] is None
    async with made_of("reader", jwt_secret=SECRET) as client:
        told = await client.post("/v1/embeds/preview", json={"org_id": "acme"})
        assert told.status_code == 403
        assert not (await client.get("/v1/embeds")).json()["may_preview"]
    async with made_of() as client:
        assert (await client.get("/v1/embeds")).status_code == 401
    assert writer.audited == []


async def test_the_first_code_works_once(made_of: Clients) -> None:
    async with made_of(keys="") as client:
        first: FirstRun = client.first  # type: ignore[attr-defined]
        nobody = await client.post("/v1/session/first", json={"code": "anything"})
        assert nobody.status_code == 401
        void, code = first.offer(), first.offer()
        for wrong in (void, code[:-1], code + "x"):
            told = await client.post("/v1/session/first", json={"code": wrong})
            assert (told.status_code, "set-cookie" in told.headers) == (401, False)
        session = (await client.post("/v1/session/first", json={"code": code})).json()
        assert (session["is_admin"], session["subject"]) == (True, "first-run")
        again = await client.post("/v1/session/first", json={"code": code})
        assert again.status_code == 401
        csrf = {"x-csrf-token": session["csrf"]}
        made = await client.post("/v1/keys", json={"scopes": ["admin"]}, headers=csrf)
        assert made.status_code == 201
        closed = await client.post("/v1/session/first", json={"code": first.offer()})
        assert (closed.status_code, "exists already" in closed.text) == (409, True)


async def test_guessing_codes_is_slowed_down(made_of: Clients) -> None:
    async with made_of(keys="") as client:
        statuses = [
            (await client.post("/v1/session/first", json={"code": str(n)})).status_code
            for n in range(12)
        ]
        assert statuses == [401] * 10 + [429] * 2


def test_when_nobody_can_sign_in(settings: Settings) -> None:
    ring = KeyRing(())
    assert is_locked(settings, ring)
    assert not is_locked(settings, KeyRing(settings.known_keys()))
    assert not is_locked(settings.model_copy(update={"oidc_issuer": "https://i.example"}), ring)
    assert not is_locked(settings.model_copy(update={"auth": "off"}), ring)


async def test_how_far_the_first_event_has_come(made_of: Clients, writer: FakeWriter) -> None:
    async with made_of("admin") as client:
        before = (await client.get("/v1/welcome")).json()
        assert not before["received"]
        await writer.publish(CALLS.name, [Message(CALLS.name, b"{}")])
        told = (await client.get("/v1/welcome")).json()
    assert told["received"]
    assert told["kafka"]["topic"] == "calls.v1"
    event = told["event"]
    assert told["stored"] == (event is not None)
    assert event is None or (event["cost"] is None) == bool(event["pending"])
