"""Opening pages as a user would, and what must hold of every one of them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

ROOT = Path(__file__).parents[2]
AXE = ROOT / "services" / "api" / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / ".local" / "screenshots"
ZONE = "Europe/Berlin"
WIDTHS = (390, 1440, 2560)
Theme = Literal["light", "dark"]
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(event.violatedDirective + " " + event.blockedURI));
window.asking = 0;
window.lastAsked = 0;
const asked = window.fetch;
window.fetch = (...all) => {
  if (all[0] === "/v1/changes") return asked(...all);
  window.asking += 1;
  return asked(...all).finally(() => { window.asking -= 1; window.lastAsked = performance.now(); });
};
"""
QUIET = "() => !window.asking && performance.now() - (window.lastAsked || 0) > 250"
"""A stream of changes stays open, so the network never falls silent: questions do."""


@dataclass(frozen=True)
class Site:
    """A running installation and its keys."""

    url: str
    admin: str
    org: str

    def get(self, path: str, **parameters: Any) -> Any:
        """A GET of the API with the admin's key."""
        told = httpx.get(self.url + path, params=parameters, headers=self._bearer(), timeout=60)
        assert told.status_code == 200, told.text
        return told.json()

    def query(self, measures: list[str], **more: Any) -> Any:
        """A question over the page's default range."""
        asked = {"measures": measures, "from": "now-29d/d", "to": "now", "tz": ZONE} | more
        url = self.url + "/v1/query"
        told = httpx.post(url, json=asked, headers=self._bearer(), timeout=60)
        assert told.status_code == 200, told.text
        return told.json()

    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.admin}"}


def visitor(browser: Browser, width: int = 1440, theme: Theme = "light") -> BrowserContext:
    """Somebody who has never been here, whose page tells what its policy refuses."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, locale="en-US",
        timezone_id=ZONE, reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )  # fmt: skip
    context.add_init_script(WATCH)
    return context


@contextmanager
def opened(
    browser: Browser, site: Site, path: str, *, key: str = "", width: int = 1440,
    theme: Theme = "light", ignore: tuple[str, ...] = (),
) -> Iterator[Page]:  # fmt: skip
    """A page of the site in a fresh context; leaving it checks console and policy."""
    context = visitor(browser, width, theme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(f"{one.type}: {one.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    sign_in = {"origin": site.url}
    told = page.request.post(
        site.url + "/v1/session", data={"key": key or site.admin}, headers=sign_in
    )
    assert told.ok, told.text()
    page.goto(site.url + path)
    settled(page)
    yield page
    violations = page.evaluate("window.violations")
    wrong = [line for line in said if line.startswith(("error", "warning"))]
    wrong = [line for line in wrong if not any(part in line for part in ignore)]
    context.close()
    assert violations == [], violations
    assert wrong == [], wrong


class Hand:
    """Counts what a person does to reach something, and how long the product takes for it."""

    def __init__(self, task: str) -> None:
        self.task, self.clicks, self._began = task, 0, time.monotonic()

    def click(self, found: Locator) -> None:
        """One click."""
        self.clicks += 1
        found.click()

    def done(self) -> None:
        """Print it for people: `docs/dashboard.md` tells these figures."""
        took = time.monotonic() - self._began
        sys.stderr.write(f"\n{self.task}: {self.clicks} clicks, {took:.1f} s")


def settled(page: Page) -> None:
    """Every card has its answer."""
    page.wait_for_selector("[data-widget], [data-page]", timeout=30_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
    page.wait_for_function(QUIET)


def shot(page: Page, name: str) -> None:
    """A picture of the whole page for people."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def widget(page: Page, name: str) -> Any:
    """A card by its id."""
    return page.locator(f"[data-widget={name}]")


def flaws(page: Page) -> list[str]:
    """What axe-core finds wrong, with where."""
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def dollars(value: str | None) -> str:
    """An amount as the page tells it exactly."""
    if value is None:
        return "not known"
    amount = Decimal(value).normalize()
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    text = f"{abs(amount):,.{max(2, -exponent)}f}"
    return f"{'-' if amount < 0 else ''}${text}"


def number(value: float) -> str:
    """A number with all its digits, as the page tells it."""
    text = f"{Decimal(repr(float(value))):f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")


def exact(value: Any, kind: str) -> str:
    """A value of an answer as its element tells it on hover; `kind` is its column's."""
    if value is None:
        return "not known"
    if kind == "money":
        return dollars(value)
    if kind == "share":
        return f"{number(value * 100)} %"
    return number(value) + (" ms" if kind == "duration" else "")
