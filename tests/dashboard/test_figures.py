"""Every widget shows the figure that the API gives, exactly, and links to the rows behind it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.conftest import Open
from tests.dashboard.site import Site, dollars, opened, settled, widget

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def overview(browser: Browser, site: Site) -> Iterator[Page]:
    """The overview, opened once for all tests that only read it."""
    with opened(browser, site, "/overview") as page:
        yield page


def exact_rows(page: Page, name: str) -> dict[str, str]:
    """The exact text of each row of a bar table by its key."""
    script = """rows => Object.fromEntries(rows.map(row =>
      [row.dataset.row, row.querySelector("[data-value]")?.dataset.value]))"""
    told: dict[str, str] = widget(page, name).locator("tr[data-row]").evaluate_all(script)
    return told


def expected_rows(answer: Any, dim: str, measure: str) -> dict[str, str]:
    rows = {g["key"][dim] or "": dollars(g["total"][measure]) for g in answer["groups"]}
    if answer["other"]:
        rows["\0other"] = dollars(answer["other"]["total"][measure])
    return rows | {"total": dollars(answer["total"]["total"][measure])}


def test_tiles(overview: Page, site: Site) -> None:
    told = site.query(["cost", "calls"], compare="previous")
    month = site.query(["cost"], **{"from": "now/M"})
    now, before = told["total"]["total"]["cost"], told["previous"]["total"]["total"]["cost"]
    value = lambda name: widget(overview, name).locator("[data-value]").first  # noqa: E731
    expect(value("spend")).to_have_attribute("data-value", dollars(now))
    change = str(Decimal(now) - Decimal(before))
    expect(value("change")).to_have_attribute("data-value", dollars(change))
    expected = dollars(month["total"]["total"]["cost"])
    expect(value("month")).to_have_attribute("data-value", expected)
    calls = told["completeness"]["pending_calls"]
    assert calls > 0
    expect(value("pending")).to_have_attribute("data-value", f"{calls} calls")
    expect(widget(overview, "spend").locator("[data-pending]")).to_have_attribute(
        "data-pending", str(calls)
    )


@pytest.mark.parametrize("by", ["model", "provider", "assistant"])
def test_spend_over_time_adds_up_to_the_api_s_total(page_of: Open, site: Site, by: str) -> None:
    told = site.query(["cost"], by=[{"dim": by, "top": 7}], interval="auto")
    with page_of(f"/overview?by={by}") as page:
        values = widget(page, "time").locator("li[data-member] [data-value]")
        shown = values.evaluate_all("all => all.map(one => one.dataset.value)")
        parts = [g["total"]["cost"] for g in told["groups"]]
        parts += [told["other"]["total"]["cost"]] if told["other"] else []
        texts = [str(part) if part is not None else "null" for part in parts]
        assert shown == [*texts, told["total"]["total"]["cost"]]
        whole = sum(Decimal(part) for part in parts if part is not None)
        assert whole == Decimal(shown[-1])


def test_orgs_and_categories(overview: Page, site: Site) -> None:
    orgs = site.query(["cost", "calls"], by=[{"dim": "org", "top": 7, "order": "cost"}])
    cut = [{"dim": "token_category", "top": 7, "order": "cost"}]
    categories = site.query(["cost", "tokens"], by=cut)
    assert exact_rows(overview, "orgs") == expected_rows(orgs, "org", "cost")
    shown = exact_rows(overview, "categories")
    assert sorted(shown.values()) == sorted(
        expected_rows(categories, "token_category", "cost").values()
    )


def test_movers_are_exact_changes(overview: Page, site: Site) -> None:
    cut = [{"dim": "org", "top": 7, "order": "change"}]
    told = site.query(["cost"], by=cut, compare="previous")
    before = {g["key"]["org"]: g["total"]["cost"] for g in told["previous"]["groups"]}
    expected = {
        g["key"]["org"] or "": dollars(
            str(Decimal(g["total"]["cost"] or 0) - Decimal(before.get(g["key"]["org"]) or 0))
        )
        for g in told["groups"]
    }
    shown = exact_rows(overview, "movers")
    shown.pop("total")
    assert shown == expected


def test_a_chart_as_a_table_tells_each_bucket(overview: Page, site: Site) -> None:
    told = site.query(["cost"], by=[{"dim": "model", "top": 7}], interval="auto")
    card = widget(overview, "time")
    card.locator("[data-table-toggle]").click()
    titles = card.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td[title]')].at(-1).title)"
    )
    card.locator("[data-table-toggle]").click()
    assert titles == [dollars(value) for value in told["total"]["series"]["cost"]]


def test_the_keyboard_reads_buckets_aloud(page_of: Open, site: Site) -> None:
    told = site.query(["cost"], by=[{"dim": "model", "top": 7}], interval="auto")
    with page_of("/overview") as page:
        card = widget(page, "time")
        card.locator("svg[role=img]").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expected = f"Total {dollars(told['total']['series']['cost'][1])}"
        expect(card.locator("[aria-live]")).to_contain_text(expected)
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/explore\?"))
        settled(page)
        shown = widget(page, "explore").locator("li[data-total] [data-value]")
        expect(shown).to_have_attribute("data-value", told["total"]["series"]["cost"][1])


def test_a_drill_into_other_finds_the_same_total(page_of: Open, site: Site) -> None:
    told = site.query(["cost"], by=[{"dim": "model", "top": 7}], interval="auto")
    with page_of("/overview") as page:
        widget(page, "time").get_by_role("link", name=re.compile(r"^Other")).click()
        page.wait_for_url(re.compile(r"/explore\?"))
        settled(page)
        shown = widget(page, "explore").locator("li[data-total] [data-value]")
        expect(shown).to_have_attribute("data-value", told["other"]["total"]["cost"])


def test_explore_any_measure(page_of: Open, site: Site) -> None:
    told = site.query(["calls"], by=[{"dim": "provider", "top": 50, "order": "calls"}])
    with page_of("/explore?m=calls&by=provider&i=week") as page:
        shown = exact_rows(page, "members")
        assert shown["total"] == f"{told['total']['total']['calls']:,}"
        assert len(shown) == len(told["groups"]) + 1


def test_a_customer_sees_its_charge(page_of: Open, site: Site) -> None:
    own = [{"dim": "org", "in": ["acme"]}]
    told = site.query(["charge", "calls"], where=own)
    days = site.query(["charge"], where=own, interval="day")
    users = site.query(["charge"], where=own, by=[{"dim": "user", "top": 20}])
    for key in (site.admin, site.org):
        with page_of("/orgs/acme", key=key) as page:
            value = widget(page, "used").locator("[data-value]").first
            expect(value).to_have_attribute("data-value", dollars(told["total"]["total"]["charge"]))
            assert exact_rows(page, "users") == expected_rows(users, "user", "charge")
            lines = widget(page, "days").locator("tbody tr td:nth-child(2)")
            shown = lines.evaluate_all("all => all.map(one => one.title)")
            assert shown == [dollars(v) for v in reversed(days["total"]["series"]["charge"])]
