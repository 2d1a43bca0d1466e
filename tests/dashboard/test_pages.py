"""Every page in every width and theme: no error, nothing against the policy, nothing axe finds."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.dashboard.conftest import Open
from tests.dashboard.site import WIDTHS, Site, Theme, flaws, opened, settled, shot, widget

pytestmark = pytest.mark.engines
PAGES = {
    "overview": "/overview",
    "explore": "/explore?by=org",
    "explain": "/explain?from=now-6d/d",
    "org": "/orgs/acme",
    "settings": "/settings",
    "conversations": "/conversations",
    "traces": "/conversations?show=traces&order=recent",
    "compare": "/compare",
    "prices": "/prices?add=openai|gpt-new",
    "coverage": "/prices?tab=coverage",
    "pending": "/pending",
    "health": "/health",
}
WITHOUT_SNIPPET = {"prices", "coverage", "pending", "explain"}
LOOKS = [(390, "light"), (1440, "light"), (1440, "dark"), (2560, "dark")]


CHANGES = ":is([data-widget=movers], [data-widget=drivers]) td[data-value]"
OUTSIDE = """cells => cells.filter(cell => cell.getBoundingClientRect().right >
    cell.closest("[data-widget]").getBoundingClientRect().right).map(cell => cell.innerText)"""
CUT_OFF = """all => all.filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth
  && getComputedStyle(one).textOverflow === "ellipsis").map(one => one.textContent)"""
TOO_WIDE = "one.getBoundingClientRect().right > innerWidth && !one.closest('[role=region]')"


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_page(page_of: Open, name: str, width: int, theme: Theme) -> None:
    with page_of(PAGES[name], width=width, theme=theme) as page:
        shot(page, f"{name}-{width}-{theme}")
        assert flaws(page) == []
        assert page.locator("[data-value]").evaluate_all(CUT_OFF) == []
        assert page.locator(CHANGES).evaluate_all(OUTSIDE) == []
        assert page.locator("[data-widget] [role=alert]").all_inner_texts() == []
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide = "[...document.querySelectorAll('main *')].filter(one => " + TOO_WIDE + ")"
            assert page.evaluate(f"{wide}.map(one => one.outerHTML.slice(0, 160))") == []


@pytest.mark.parametrize("name", PAGES)
def test_an_installation_without_data_says_so(
    browser: Browser, empty_site: Site, name: str
) -> None:
    with opened(browser, empty_site, PAGES[name], ignore=("404",)) as page:
        shot(page, f"{name}-empty")
        assert flaws(page) == []
        if name not in WITHOUT_SNIPPET:
            expect(page.get_by_text("curl -s").first).to_be_visible()


def test_a_customer_sees_no_other_page_s_figures(page_of: Open, site: Site) -> None:
    with page_of("/", key=site.org) as page:
        assert page.url.endswith("/orgs/acme")
        shot(page, "org-customer")
        text = page.locator("body").inner_text()
        assert "globex" not in text.lower()
        assert page.get_by_role("link", name="Overview").count() == 0


def test_sign_in_and_out(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{site.url}/explore?m=calls")
    page.get_by_label("API key").fill("tt_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    shot(page, "login")
    assert flaws(page) == []
    page.get_by_label("API key").fill(site.admin)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/explore?m=calls")
    settled(page)
    page.get_by_role("button", name="admin: theme and account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    context.close()


def test_the_theme_is_kept(page_of: Open) -> None:
    with page_of("/settings", theme="light") as page:
        page.get_by_role("button", name="Dark").click()
        page.reload()
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(15, 17, 21)"


def test_keys_move_the_range_and_open_the_palette(page_of: Open) -> None:
    with page_of("/overview") as page:
        page.keyboard.press("w")
        page.wait_for_url("**/overview?from=now-6d/d")
        settled(page)
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Search").fill("explore")
        page.keyboard.press("Enter")
        page.wait_for_url("**/explore?from=now-6d/d")
        settled(page)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Period before, after")


def test_a_bad_address_is_named(page_of: Open) -> None:
    with page_of("/overview?from=yesterday&by=colour") as page:
        text = page.locator("main").inner_text()
        assert "from=yesterday cannot be used" in text
        assert "by=colour cannot be used" in text


def test_a_copied_link_is_absolute(page_of: Open) -> None:
    with page_of("/overview?f=!environment:test") as page:
        page.get_by_role("button", name="Copy link").click()
        expect(page.get_by_role("button", name="Link copied")).to_be_visible()
        link = page.evaluate("navigator.clipboard.readText()")
        assert "now" not in link
        assert "tz=Europe/Berlin" in link
        assert "f=!environment:test" in link


def test_downloads(page_of: Open) -> None:
    with page_of("/overview") as page:
        for name, start in (("CSV", b"start,end,"), ("PNG", b"\x89PNG")):
            widget(page, "time").get_by_role("button", name="More").click()
            with page.expect_download() as waiting:
                page.get_by_role("menuitem", name=f"Download {name}").click()
            assert waiting.value.path().read_bytes().startswith(start)


def test_files_and_their_headers(site: Site) -> None:
    told = httpx.get(f"{site.url}/orgs/acme/anything")
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-cache"
    policy = told.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert told.headers["referrer-policy"] == "no-referrer"
    script = told.text.split('type="module" crossorigin src="')[1].split('"')[0]
    asset = httpx.get(site.url + script, headers={"accept-encoding": "gzip"})
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    for path in ("/assets/none.js", "/assets/..%2f..%2fpackage.json", "/nowhere"):
        assert httpx.get(site.url + path).status_code == 404


def test_widths_are_those_promised() -> None:
    assert {width for width, _ in LOOKS} == set(WIDTHS)


def test_a_reload_takes_what_has_not_changed_from_the_browser(page_of: Open) -> None:
    """Its own cache asks with If-None-Match, although each answer may hold a new session cookie."""
    with page_of("/explore?by=org&from=2025-01-01T00:00&to=2025-02-01T00:00") as page:
        told: dict[str, int] = {}
        paths: dict[str, str] = {}
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent",
                lambda one: paths.update({one["requestId"]: one["request"]["url"]}))  # fmt: skip
        wire.on("Network.responseReceivedExtraInfo",
                lambda one: told.update({one["requestId"]: one["statusCode"]}))  # fmt: skip
        shown = page.locator("main").inner_text()
        page.reload()
        settled(page)
        batches = [told.get(key) for key, path in paths.items() if "/v1/query/batch" in path]
        assert batches
        assert set(batches) == {304}
        assert page.locator("main").inner_text() == shown
