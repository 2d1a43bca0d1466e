"""A customer's page inside the customer's own site, by the very snippets that "Share" shows."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Browser, FrameLocator, Page, expect

from services.runtime.clickhouse import Store
from services.runtime.settings import ClickHouseMixin
from tests.contract.api.world import draw, tell
from tests.dashboard.conftest import DATABASE, JWT_SECRET, Open
from tests.dashboard.host import Host
from tests.dashboard.site import AXE, WATCH, ZONE, Site, dollars, flaws, settled, shot, widget

pytestmark = pytest.mark.engines
Hosts = tuple[Host, Host]


def minted(org: str = "acme", seconds: float = 600) -> str:
    claims = {"aud": "tracetally", "org": org, "sub": "u", "exp": time.time() + seconds}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(JWT_SECRET))


def charge(site: Site) -> str:
    told = site.query(["charge"], where=[{"dim": "org", "in": ["acme"]}])
    return dollars(told["total"]["total"]["charge"])


@contextmanager
def stranger(browser: Browser, url: str, width: int = 1440) -> Iterator[tuple[Page, list[str]]]:
    """A page of somebody who is signed in nowhere, and what its console said."""
    context = browser.new_context(
        viewport={"width": width, "height": 1000}, locale="en-US", timezone_id=ZONE
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(f"{one.type}: {one.text}"))
    page.goto(url)
    yield page, said
    assert context.cookies() == []
    context.close()


@pytest.fixture(scope="module")
def snippets(browser: Browser, site: Site, hosts: Hosts) -> dict[str, str]:
    """What the dialog shows, as a person would copy it; the hosts then serve it."""
    from tests.dashboard.site import opened

    with opened(browser, site, "/orgs/acme") as page:
        page.get_by_role("button", name="Share").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("elsewhere.example")).to_be_visible()
        shot(page, "share-1440-light")
        assert flaws(page) == []
        found = {}
        for name in ("Frame", "Link", "Python", "Node.js"):
            dialog.get_by_role("button", name=name, exact=True).click()
            script = "all => all.map(one => [one.dataset.snippet, one.textContent])"
            found |= dict(dialog.locator("[data-snippet]").evaluate_all(script))
    for host in hosts:
        host.page = f"<!doctype html><title>Portal</title><main>{found['frame']}</main>"
        host.token = minted
    return found


def used(frame: FrameLocator | Page) -> Any:
    return frame.locator("[data-widget=used] [data-value]").first


def test_a_customer_s_site_shows_its_own_figures(
    browser: Browser, site: Site, hosts: Hosts, snippets: dict[str, str]
) -> None:
    scope: dict[str, Any] = {}
    exec(snippets["token in Python"], scope)  # noqa: S102 - the snippet that people paste
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACETALLY_JWT_SECRET", JWT_SECRET)
        hosts[0].token = lambda: scope["tracetally_token"]("u-1")
        for width in (390, 1440):
            with stranger(browser, hosts[0].origin, width) as (page, said):
                frame = page.frame_locator("#tracetally")
                expect(used(frame)).to_have_attribute("data-value", charge(site), timeout=30_000)
                expect(frame.locator("[aria-busy=true]")).to_have_count(0)
                shot(page, f"embed-{width}-light")
                inner = page.frames[1]
                assert inner.url == f"{site.url}/embed/portal/orgs/acme"
                text = frame.locator("body").inner_text()
                assert "globex" not in text.lower()
                assert inner.evaluate("window.violations") == []
                inner.evaluate(AXE.read_text() + "; undefined")
                found = inner.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
                assert [one["id"] for one in found] == []
                frame.get_by_role("link", name="Explore").click()
                expect(frame.locator("[data-widget=explore]")).to_be_visible()
                assert inner.url.startswith(f"{site.url}/embed/portal/explore")
                assert [line for line in said if line.startswith("error")] == []
    hosts[0].token = minted


def test_a_frame_follows_what_changes(
    browser: Browser, site: Site, hosts: Hosts, snippets: dict[str, str], databases: str
) -> None:
    """By the stream, with the token of its host; long before it would ask by the clock."""
    del snippets
    with stranger(browser, hosts[0].origin) as (page, said):
        with page.expect_response(lambda one: one.url.endswith("/v1/changes")) as stream:
            page.reload()
            frame = page.frame_locator("#tracetally")
            expect(used(frame)).to_have_attribute("data-value", charge(site), timeout=30_000)
        assert stream.value.status == 200
        told = charge(site)
        with ThreadPoolExecutor() as thread:
            thread.submit(asyncio.run, _spend(databases)).result()
        deadline = time.monotonic() + 20
        while charge(site) == told and time.monotonic() < deadline:
            time.sleep(0.2)
        assert charge(site) != told
        expect(used(frame)).to_have_attribute("data-value", charge(site), timeout=30_000)
        assert [line for line in said if line.startswith("error")] == []


async def _spend(url: str) -> None:
    """One more call of acme, written as the roll-up writes it."""
    event = replace(
        draw(Random(1), 5), org="acme", at=datetime.now(UTC), currency="USD", pending="",
        cost=Decimal(7),
    )  # fmt: skip
    store = await Store.connect(ClickHouseMixin(clickhouse_url=url, clickhouse_database=DATABASE))
    await tell(store, [event.line()])
    await store.close()


def test_other_sites_are_refused(
    browser: Browser, site: Site, hosts: Hosts, snippets: dict[str, str]
) -> None:
    del site, snippets
    with stranger(browser, hosts[1].origin) as (page, said):
        page.wait_for_timeout(1_000)
        assert any("frame-ancestors" in line for line in said), said
        assert page.frames[1].url.startswith("chrome-error://")
        assert hosts[1].given == []


def test_a_token_is_renewed_before_it_ends(
    browser: Browser, site: Site, hosts: Hosts, snippets: dict[str, str]
) -> None:
    del snippets
    hosts[0].given.clear()
    hosts[0].token = lambda: minted(seconds=4)
    with stranger(browser, hosts[0].origin) as (page, _):
        frame = page.frame_locator("#tracetally")
        expect(used(frame)).to_have_attribute("data-value", charge(site), timeout=30_000)
        frame.get_by_role("button", name="Calls", exact=True).click()
        page.wait_for_timeout(5_000)
        assert len(hosts[0].given) >= 3
        expect(frame.get_by_role("button", name="Calls", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        hosts[0].token = lambda: "oops"
        expect(frame.get_by_text("no usable token")).to_be_visible(timeout=15_000)
        expect(used(frame)).to_have_attribute("data-value", charge(site))
        hosts[0].token = minted
        expect(frame.get_by_text("no usable token")).to_have_count(0, timeout=15_000)
    hosts[0].token = minted


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (lambda: minted(seconds=3_000), "no longer valid"),
        (lambda: minted(seconds=-100), "no longer valid"),
        (lambda: minted() + "x", "not accepted"),
        (lambda: "", "inside another site"),
    ],
)
def test_a_link_that_does_not_work_says_so(
    browser: Browser, site: Site, token: Any, words: str
) -> None:
    with stranger(browser, f"{site.url}/embed/portal#token={token()}") as (page, _):
        expect(page.get_by_text(words)).to_be_visible()
        assert page.locator("[data-widget]").count() == 0


def test_a_link_holds_a_token_once(browser: Browser, site: Site) -> None:
    with stranger(browser, f"{site.url}/embed/portal#token={minted()}") as (page, said):
        expect(used(page)).to_have_attribute("data-value", charge(site), timeout=30_000)
        assert page.url == f"{site.url}/embed/portal/orgs/acme"
        page.goto(f"{site.url}/embed/portal/orgs/globex")
        expect(page.get_by_text("inside another site")).to_be_visible()
        assert [line for line in said if line.startswith("error")] == []


def test_a_customer_has_no_share_button(page_of: Open, site: Site) -> None:
    with page_of("/orgs/acme", key=site.org) as page:
        settled(page)
        assert widget(page, "days").count() == 1
        assert page.get_by_role("button", name="Share").count() == 0
