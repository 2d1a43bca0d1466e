"""Signing in through an identity provider: a small real one answers on this machine."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import RSAKey

from deploy.local.process import free_port
from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW

pytestmark = pytest.mark.engines
CLIENT = "tally"


class Identity:
    """An OpenID provider: `claims` are what the next ID token says."""

    def __init__(self) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.key = RSAKey.generate_key(2048, parameters={"kid": "1"}, private=True)
        self.claims: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self.discovery)
        self.app.get("/keys")(lambda: {"keys": [self.key.as_dict(private=False)]})
        self.app.post("/token")(self.token)

    def discovery(self) -> dict[str, str]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token",
                 "jwks_uri": "keys"}  # fmt: skip
        return {"issuer": self.issuer} | {k: f"{self.issuer}/{v}" for k, v in names.items()}

    async def token(self, request: Request) -> dict[str, Any]:
        form = parse_qs((await request.body()).decode())
        self.asked = {name: values[0] for name, values in form.items()}
        known = {"iss": self.issuer, "aud": CLIENT, "sub": "u1", "exp": int(time.time()) + 60}
        claims = {k: v for k, v in (known | self.claims).items() if v is not None}
        id_token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": id_token}


@pytest.fixture(scope="module")
def identity() -> Iterator[Identity]:
    made = Identity()
    server = uvicorn.Server(uvicorn.Config(made.app, port=made.port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield made
    server.should_exit = True
    thread.join()


async def sign_in(
    settings: Settings, identity: Identity, claims: dict[str, Any], *, to: str = "/overview",
    forge: str = "",
) -> tuple[httpx.Response, Any]:  # fmt: skip
    """The whole way of a browser; the last answer, and who is signed in."""
    identity.claims = claims
    made = Settings.model_validate(
        settings.model_dump()
        | {"oidc_issuer": identity.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": "s",
           "oidc_reader_role": "reader"}
    )  # fmt: skip
    reader = Reader(made)
    transport: Any = httpx.ASGITransport(build(made, reader, FakeWriter(), lambda: NOW))
    async with httpx.AsyncClient(transport=transport, base_url="https://tally") as client:
        away = await client.get("/v1/oidc/login", params={"to": to})
        asked = {k: v[0] for k, v in parse_qs(urlsplit(away.headers["location"]).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == "https://tally/v1/oidc/callback"
        identity.claims = {"nonce": asked["nonce"]} | claims
        back = await client.get(
            "/v1/oidc/callback", params={"code": "c1", "state": forge or asked["state"]}
        )
        session = await client.get("/v1/session")
    await reader.close()
    return back, session.json()


@pytest.mark.parametrize(
    ("roles", "is_admin"),
    [(["reader"], False), (["tracetally-admin"], True), ("reader other", False)],
)
async def test_roles_decide_what_one_may(
    roles: Any, is_admin: bool, settings: Settings, identity: Identity
) -> None:
    back, session = await sign_in(settings, identity, {"roles": roles, "email": "a@b.example"})
    assert (back.status_code, back.headers["location"]) == (303, "/overview")
    assert session["subject"] == "oidc:a@b.example"
    assert (session["is_admin"], session["role"]) == (is_admin, "team")
    assert len(identity.asked["code_verifier"]) >= 43


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"roles": []}, 403),
        ({"roles": None}, 403),
        ({"roles": ["reader"], "aud": "other"}, 401),
        ({"roles": ["reader"], "iss": "https://elsewhere"}, 401),
        ({"roles": ["reader"], "exp": 1}, 401),
        ({"roles": ["reader"], "nonce": "another"}, 401),
        ({"roles": ["reader"], "sub": None}, 401),
    ],
)
async def test_who_is_sent_away(
    claims: dict[str, Any], status: int, settings: Settings, identity: Identity
) -> None:
    back, session = await sign_in(settings, identity, claims)
    assert (back.status_code, session["status"]) == (status, 401)
    assert session["ways"] == ["key", "oidc"]


async def test_a_sign_in_begun_elsewhere_is_refused(settings: Settings, identity: Identity) -> None:
    back, _ = await sign_in(settings, identity, {"roles": ["reader"]}, forge="x")
    assert back.status_code == 401


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_it_leads_nowhere_else(to: str, settings: Settings, identity: Identity) -> None:
    back, _ = await sign_in(settings, identity, {"roles": ["reader"]}, to=to)
    assert back.headers["location"] == "/"
