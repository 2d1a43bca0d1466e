"""Whatever an org's key asks, the answer is that of a store in which no other org exists.

Every operation of the OpenAPI document is walked, so that a new one is tested before anybody
thinks of it. ISOLATION_EXAMPLES in the environment asks more.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from services.api.http import build
from services.api.reader import Reader
from services.api.settings import Settings
from services.runtime.clickhouse import Store
from services.runtime.keys import digest
from tests.conftest import run_sql
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.twins import ELSEWHERE, OTHER, OWN, fill
from tests.contract.api.walker import Asked, Operation, operations
from tests.contract.api.world import NOW
from tests.engines import ClickHouseEngine

pytestmark = pytest.mark.engines
EXAMPLES = int(os.environ.get("ISOLATION_EXAMPLES", "25"))
SECRET = "s" * 32
KEYS = json.dumps(
    [
        {"key_id": f"{OWN}-{scope}", "sha256": digest(f"{OWN}-{scope}"), "scopes": [scope],
         "org_id": OWN}
        for scope in ("read", "admin")
    ]
    + [{"key_id": OWN, "sha256": digest(f"{OWN}-secret"), "scopes": ["read"], "org_id": OWN}]
)  # fmt: skip
TOKEN = jwt.encode(
    {"alg": "HS256"},
    {"org": OWN, "aud": "tracetally", "exp": int(NOW.timestamp()) + 600, "sub": "u"},
    OctKey.import_key(SECRET),
)
CALLERS = (f"{OWN}-read", f"{OWN}-admin", TOKEN)
VOLATILE = {"request_id", "csrf"}
COMPARED = ("content-type", "etag", "retry-after", "www-authenticate")


def app_of(url: str, database: str) -> FastAPI:
    made = Settings(
        keys=KEYS, clickhouse_url=url, clickhouse_database=database,
        jwt_secret=SECRET, query_units_per_minute=10**9,
        embeds='{"portal": ["https://portal.example"]}',
    )  # fmt: skip
    app = build(made, Reader(made), FakeWriter(), lambda: NOW)
    app.state.streams.closing.set()  # or a stream of events would never end
    return app


OPERATIONS = operations(app_of("http://nowhere", "none").openapi())


class Twins:
    """The API over both stores."""

    def __init__(self, apps: list[FastAPI]) -> None:
        self.runner = asyncio.Runner()
        self.apps = apps
        self.clients = [
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api")
            for app in apps
        ]

    def ask(self, asked: Asked, secret: str) -> list["Told"]:
        """What is answered beside the other org, and without it."""
        return self.runner.run(self._ask(asked, secret))

    async def _ask(self, asked: Asked, secret: str) -> list["Told"]:
        headers = asked.headers | {"authorization": f"Bearer {secret}"}
        return [
            told_of(
                await client.request(
                    asked.method, asked.path, params=asked.params, json=asked.json, headers=headers
                )
            )
            for client in self.clients
        ]

    async def close(self) -> None:
        for client, app in zip(self.clients, self.apps, strict=True):
            await client.aclose()
            await app.state.reader.close()


class Told(NamedTuple):
    """An answer without what differs from request to request."""

    status: int
    headers: dict[str, str | None]
    body: str


def told_of(answer: httpx.Response) -> Told:
    headers = {name: answer.headers.get(name) for name in COMPARED}
    is_json = bool(answer.content) and "json" in (headers["content-type"] or "")
    body = json.dumps(_steady(answer.json()), ensure_ascii=False) if is_json else answer.text
    return Told(answer.status_code, headers, body)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _steady(inner) for name, inner in value.items() if name not in VOLATILE}
    return [_steady(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def twins(clickhouse: ClickHouseEngine) -> Iterator[Twins]:
    names = {"isolation_both": (OWN, OTHER), "isolation_alone": (OWN,)}

    async def prepare(name: str, orgs: tuple[str, ...]) -> None:
        store = await Store.connect(
            Settings(keys=KEYS, clickhouse_url=clickhouse.url, clickhouse_database=name)
        )
        await fill(store, orgs)
        await store.close()

    for name, orgs in names.items():
        run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {name} SYNC")
        run_sql(clickhouse.url, f"CREATE DATABASE {name}")
        asyncio.run(prepare(name, orgs))
    made = Twins([app_of(clickhouse.url, name) for name in names])
    yield made
    made.runner.run(made.close())
    made.runner.close()
    for name in names:
        run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {name} SYNC")


def check(twins: Twins, asked: Asked, secret: str) -> Told:
    """The answer, which must be the same whether the other org is there or not."""
    beside, alone = twins.ask(asked, secret)
    assert beside == alone, asked
    assert beside.status < 500, (asked, beside)
    if OTHER not in f"{asked}".lower() and "q" not in asked.params:
        assert OTHER not in beside.body.lower(), asked
    return beside


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_answer_depends_on_another_org(operation: Operation, twins: Twins) -> None:
    """An operation that the walk cannot call, or that is not refused to an org's key, fails here:
    give the names of its parameters values in `walker.NAMED`."""
    reached: set[int] = set()

    @settings(
        max_examples=3, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.plain(), st.sampled_from(CALLERS))
    def plain(asked: Asked, secret: str) -> None:
        reached.add(check(twins, asked, secret).status)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.requests(), st.sampled_from(CALLERS))
    def anything(asked: Asked, secret: str) -> None:
        check(twins, asked, secret)

    plain()
    assert reached & {200, 201, 202, 204, 403} or operation.name in SIGNED_IN, (
        f"{operation.name} cannot be called: {reached}"
    )
    anything()


SIGNED_IN = {"GET /v1/session", "POST /v1/session/first"}
"""Of a cookie, an org's session has the rights of its key; and of nobody, where no key exists."""


def test_content_of_another_project_is_not_read_by_an_id_used_there(twins: Twins) -> None:
    """Event ids are unique within a project: the same one elsewhere is another org's."""
    asked = Asked("GET", f"/v1/traces/{OTHER}-side/contents", {"project": ELSEWHERE})
    assert json.loads(check(twins, asked, f"{OWN}-read").body)["contents"] == []


def test_what_is_said_of_another_trace_is_not_read_by_a_span_of_the_same_name(twins: Twins) -> None:
    """Span ids are unique within a trace, a conversation may have several orgs' traces."""
    asked = Asked("GET", "/v1/traces/shared-trace-0")
    outcomes = json.loads(check(twins, asked, f"{OWN}-read").body)["outcomes"]
    assert {told["org_id"] for told in outcomes} == {OWN, ""}


@pytest.mark.parametrize("found", ["traces", "conversations"])
def test_text_of_own_steps_is_found_whether_it_names_the_org_or_not(
    found: str, twins: Twins
) -> None:
    for text, count in (("SECRET 0", 2), ("secret 1", 2), (f"{OWN} keeps", 2), (OTHER, 0)):
        asked = Asked("GET", f"/v1/{found}", {"text": text})
        listed = json.loads(check(twins, asked, f"{OWN}-read").body)[found]
        names = {told.get("trace_id", "") + told["conversation_id"] for told in listed}
        assert len(names) == count, text


def test_a_call_that_is_told_without_an_org_is_explained_and_supposed(twins: Twins) -> None:
    """It belongs to the org that a span around it names."""
    asked = Asked("GET", f"/v1/calls/{OWN}-event-{OWN}-trace-0-0/explain")
    told = json.loads(check(twins, asked, f"{OWN}-read").body)
    assert (told["org_id"], told["outcome"]) == (OWN, "priced")
    usage = Asked("GET", "/v1/usage", {"measures": "calls"})
    total = json.loads(check(twins, usage, f"{OWN}-read").body)["total"]["total"]
    body = {"from": "2026-11-15T12:00:00Z", "to": "2026-11-22T12:30:00Z"}
    supposed = Asked("POST", "/v1/what-if", json=body)
    assert json.loads(check(twins, supposed, f"{OWN}-read").body)["calls"] == total["calls"]
