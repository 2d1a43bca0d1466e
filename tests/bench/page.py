"""The overview in a browser: from the address to the first figure, and to the last one."""

import time
from statistics import median

from playwright.sync_api import Browser, expect

from tests.dashboard.browser import chromium
from tests.dashboard.site import Site, visitor
from tests.system import System

DAYS = range(29, 22, -1)
"""Another range in each round, so that no answer comes from memory."""


def overview(running: System) -> str:
    """Median seconds, in a sentence: a new visitor each time, so nothing is in the browser's cache,
    and the same address again in the same browser.
    """
    site = Site(running.url("api"), running.key, "")
    with chromium() as browser:
        loads = [_load(browser, site, days) for days in DAYS][1:]
    first, last, again = (median(times) for times in zip(*loads, strict=True))
    return (
        f"overview in a browser: first figure {first:.2f} s, all cards {last:.2f} s; "
        f"opened again {again:.2f} s (median of {len(loads)})"
    )


def _load(browser: Browser, site: Site, days: int) -> tuple[float, float, float]:
    context = visitor(browser)
    page = context.new_page()
    signed_in = page.request.post(
        f"{site.url}/v1/session", data={"key": site.admin}, headers={"origin": site.url}
    )
    assert signed_in.ok, signed_in.text()
    took = []
    for _ in range(2):
        started = time.perf_counter()
        page.goto(f"{site.url}/overview?from=now-{days}d/d", wait_until="commit")
        page.wait_for_selector("[data-widget=spend][aria-busy=false]", timeout=60_000)
        first = time.perf_counter() - started
        expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=60_000)
        took += [first, time.perf_counter() - started]
    context.close()
    return took[0], took[1], took[3]
