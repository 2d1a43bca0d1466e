"""A small made-up installation, its API as a process, and pages signed in to it."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from deploy.local.process import Process, free_port
from services.runtime.clickhouse import Store
from services.runtime.keys import digest
from services.runtime.migrate import migrate
from services.runtime.settings import ClickHouseMixin
from tests.conftest import run_sql
from tests.dashboard.browser import chromium
from tests.dashboard.host import Host, serving
from tests.dashboard.site import Site, opened
from tests.engines import ClickHouseEngine
from tests.seed.fill import Filler
from tests.seed.world import Size

DATABASE = "dashboard_world"
SIZE = Size(orgs=12, days=40, models=12, calls=2_500)
KEYS: dict[str, dict[str, Any]] = {
    "tt_admin_browser": {"key_id": "admin", "scopes": ["admin"]},
    "tt_acme_browser": {"key_id": "acme", "scopes": ["read"], "org_id": "acme"},
}
JWT_SECRET = "what only a customer's server knows"  # noqa: S105 - of these tests alone
EMPTY = f"{DATABASE}_empty"


async def _filled(url: str) -> None:
    stores = [
        await Store.connect(ClickHouseMixin(clickhouse_url=url, clickhouse_database=name))
        for name in (DATABASE, EMPTY)
    ]
    filler = Filler(stores[0], SIZE, datetime.now(UTC))
    await filler.run()
    await filler.ledger.close()
    await migrate(stores[1], "schemas.clickhouse")
    for store in stores:
        await store.close()


@contextmanager
def _api(url: str, database: str, home: Path, **more: str) -> Iterator[str]:
    port = free_port()
    environment = more | {
        "API_HOST": "127.0.0.1", "API_PORT": str(port), "API_CLICKHOUSE_URL": url,
        "API_CLICKHOUSE_DATABASE": database,
        "API_KEYS": json.dumps([key | {"sha256": digest(s)} for s, key in KEYS.items()]),
    }  # fmt: skip
    command = (sys.executable, "-m", "services.api.app")
    is_ready = lambda: _answers(f"http://127.0.0.1:{port}/readyz")  # noqa: E731
    process = Process(f"api-{database}", command, home, is_ready=is_ready, env=environment)
    process.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="package")
def databases(clickhouse: ClickHouseEngine) -> Iterator[str]:
    """ClickHouse with a filled database and an empty one."""
    for name in (DATABASE, EMPTY):
        run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {name} SYNC")
        run_sql(clickhouse.url, f"CREATE DATABASE {name}")
    asyncio.run(_filled(clickhouse.url))
    yield clickhouse.url
    for name in (DATABASE, EMPTY):
        run_sql(clickhouse.url, f"DROP DATABASE IF EXISTS {name} SYNC")


@pytest.fixture(scope="package")
def hosts() -> Iterator[tuple[Host, Host]]:
    """Two sites of customers: the first may frame the embed `portal`, the second may not."""
    with serving() as one, serving() as two:
        yield one, two


@pytest.fixture(scope="package")
def site(
    databases: str, hosts: tuple[Host, Host], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The filled installation."""
    embeds = json.dumps({"portal": ["https://elsewhere.example", hosts[0].origin]})
    more = {"API_EMBEDS": embeds, "API_JWT_SECRET": JWT_SECRET}
    with _api(databases, DATABASE, tmp_path_factory.mktemp("api"), **more) as url:
        yield Site(url, "tt_admin_browser", "tt_acme_browser")


@pytest.fixture(scope="package")
def empty_site(databases: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation that has never received anything."""
    with _api(databases, EMPTY, tmp_path_factory.mktemp("empty")) as url:
        yield Site(url, "tt_admin_browser", "tt_acme_browser")


@pytest.fixture(scope="package")
def browser(databases: str) -> Iterator[Browser]:
    """One browser for all tests of this folder. Its event loop runs until the last of them ends,

    so what needs a loop of its own (filling the databases) comes before.
    """
    del databases
    with chromium() as running:
        yield running


Open = Callable[..., AbstractContextManager[Page]]


@pytest.fixture
def page_of(browser: Browser, site: Site) -> Open:
    """Opens a page of the filled installation, signed in; afterwards it must have no errors."""
    return lambda path, **more: opened(browser, site, path, **more)
