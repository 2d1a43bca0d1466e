"""All rows of what a card shows, what the search box finds, and what a changed day asks again."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.dashboard.conftest import Open
from tests.dashboard.site import WATCH, ZONE, Site, settled, widget

pytestmark = pytest.mark.engines


def saved(page: Page, ask: Callable[[], None]) -> list[dict[str, str]]:
    with page.expect_download() as waiting:
        ask()
    text = waiting.value.path().read_text()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_all_rows_of_a_card(page_of: Open, site: Site) -> None:
    with page_of("/overview") as page:
        widget(page, "orgs").get_by_role("button", name="More").click()
        item = page.get_by_role("menuitem", name="Download all rows")
        rows = saved(page, item.click)
    told = site.query(["cost", "calls"], by=[{"dim": "org", "top": 100}])
    shown = {group["key"]["org"]: group["total"] for group in told["groups"]}
    assert len(rows) == len(shown) > 7
    for row in rows:
        assert Decimal(row["cost"] or 0) == Decimal(shown[row["org"]]["cost"] or 0)
        assert int(row["calls"]) == shown[row["org"]]["calls"]


def test_all_of_explore(page_of: Open, site: Site) -> None:
    where = [{"dim": "org", "in": ["acme"]}]
    whole = site.query(["cost", "steps"], where=where)["total"]["total"]
    with page_of("/explore?f=org:acme&by=model&i=day") as page:
        found = {}
        for name in ("All rows of this question", "The calls themselves"):
            page.get_by_role("button", name="Download all").click()
            found[name] = saved(page, page.get_by_role("menuitem", name=name).click)
        groups, calls = found.values()
    for rows in (groups, calls):
        assert sum(Decimal(row["cost"] or 0) for row in rows) == Decimal(whole["cost"])
    assert len(calls) == whole["steps"]
    assert {row["org"] for row in calls} == {"acme"}


def test_the_search_box_finds_assistants_and_models(page_of: Open, site: Site) -> None:
    for dim in ("assistant", "model"):
        told = site.query(["calls"], by=[{"dim": dim, "top": 1, "order": "calls"}])
        name = next(g["key"][dim] for g in told["groups"] if g["key"][dim])
        with page_of("/overview") as page:
            page.keyboard.press("Control+k")
            page.get_by_role("combobox", name="Search").fill(f"{dim} {name}")
            expect(page.get_by_role("option", name=name).first).to_be_visible()
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/explore?*f={dim}:{name}*")
            settled(page)


@pytest.mark.parametrize(
    ("day", "also", "is_asked"),
    [("today", [], True), ("2020-01-01", [], False), ("2020-01-01", ["orgs"], True)],
)
def test_a_changed_day_asks_again_what_shows_it(
    browser: Browser, site: Site, day: str, also: list[str], is_asked: bool
) -> None:
    """The stream is played to the page, so that the day is known; what it asks is real."""
    days = [datetime.now(UTC).date().isoformat() if day == "today" else day]
    context = browser.new_context(locale="en-US", timezone_id=ZONE)
    context.add_init_script(WATCH)
    page = context.new_page()
    assert page.request.post(f"{site.url}/v1/session", data={"key": site.admin}).ok
    asked: list[str] = []

    def count(request: Request) -> None:
        if "/v1/query/batch" in request.url:
            asked.append(request.url)

    def tell(route: Route) -> None:
        told = json.dumps({"as_of": None, "days": days, "also": also})
        event = f"retry: 60000\nevent: changed\ndata: {told}\n\n"
        route.fulfill(content_type="text/event-stream", body=event)

    page.route("**/v1/changes", lambda route: None)
    page.goto(f"{site.url}/explore")
    settled(page)
    before = len(asked)
    page.on("request", count)
    page.unroute("**/v1/changes")
    page.route("**/v1/changes", tell)
    page.reload()
    settled(page)
    page.wait_for_timeout(1_500)
    loaded = 1
    assert len(asked) - before == (loaded + 1 if is_asked else loaded)
    context.close()
