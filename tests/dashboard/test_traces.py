"""From the list of conversations to the dearest step and its price; what waits for a price."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from tests.dashboard.conftest import Open
from tests.dashboard.site import Site, flaws, settled, shot, widget

pytestmark = pytest.mark.engines


def _dollars(shown: str | None) -> Decimal:
    """An exact figure of the page, which has two decimals at least."""
    return Decimal((shown or "").replace("$", "").replace(",", ""))


def test_the_costliest_conversation_leads_to_its_dearest_step(page_of: Open, site: Site) -> None:
    with page_of("/conversations") as page:
        dearest = widget(page, "found").locator("tbody tr").first
        conversation = dearest.get_attribute("data-row") or ""
        told = site.get(f"/v1/conversations/{conversation}")
        shown = dearest.locator("[data-value]").get_attribute("data-value")
        assert _dollars(shown) == Decimal(told["total"]["cost"])
        dearest.get_by_role("link").click()
        page.wait_for_url(f"**/conversations/{conversation}*")
        turns = widget(page, "turns-list").locator("li[data-row]")
        expect(turns).to_have_count(len(told["turns"]))  # its code may come after the address
        settled(page)
        assert flaws(page) == []
        shot(page, "conversation-1440-light")
        most = max(told["turns"], key=lambda turn: float(turn["cost"] or 0))
        turns.nth(told["turns"].index(most)).get_by_role("link").click()
        page.wait_for_url(f"**/traces/{most['trace_id']}*")
        settled(page)
        trace = site.get(f"/v1/traces/{most['trace_id']}")
        total = widget(page, "steps").locator("[data-figure=total]").get_attribute("data-value")
        assert _dollars(total) == Decimal(trace["total"]["cost"]["USD"])
        step = max(trace["steps"], key=lambda one: float(one["cost"] or 0))
        chosen = page.locator("[role=treeitem][aria-selected=true]")
        assert chosen.get_attribute("data-row") == step["event_id"]
        assert flaws(page) == []
        shot(page, "trace-1440-light")
        page.keyboard.press("Escape")
        page.get_by_role("tree").press("Home")
        expect(page.locator("[role=treeitem]").first).to_have_attribute("aria-selected", "true")
        page.get_by_role("tree").press("$")
        expect(chosen).to_have_attribute("data-row", step["event_id"])


def test_pending_calls_are_those_of_the_api(page_of: Open, site: Site) -> None:
    told = site.get("/v1/pending")
    with page_of("/pending") as page:
        calls = widget(page, "calls").locator("[data-value]").first.get_attribute("data-value")
        assert calls == str(told["completeness"]["pending_calls"])
        rows = widget(page, "pending").locator("tbody tr")
        assert rows.count() == len(told["pending"])
        rows.first.get_by_role("link", name="Add price").click()
        page.wait_for_url("**/prices?*add=*")
        settled(page)
        provider = widget(page, "add").get_by_label("Provider").input_value()
        assert provider == told["pending"][0]["provider"]
        page.get_by_label("Input, per 1M tokens").fill("2.50")
        page.get_by_role("button", name="What would it change?").click()
        expect(page.locator("[data-figure=preview], [role=alert]").first).to_be_visible()


def test_a_customer_searches_its_own_conversations(page_of: Open, site: Site) -> None:
    with page_of("/conversations", key=site.org) as page:
        text = widget(page, "found").inner_text()
        assert "globex" not in text.lower()
        expect(widget(page, "found").get_by_role("columnheader", name="Charge")).to_be_visible()
