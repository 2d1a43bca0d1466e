"""What people come for, from the overview on, as docs/dashboard.md tells it: clicks and seconds.

The fifth task, a missing price, needs Kafka: it stands in test_welcome.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.dashboard.conftest import Open
from tests.dashboard.site import ZONE, Hand, Site, dollars, settled, widget

pytestmark = pytest.mark.engines
YESTERDAY = {"from": "now-1d/d", "to": "now/d"}


def test_why_yesterday_cost_more(page_of: Open, site: Site) -> None:
    told = site.query(["cost", "pending_calls"], compare="previous", **YESTERDAY)
    with page_of("/overview") as page:
        hand = Hand("why did yesterday cost more")
        hand.click(page.get_by_role("button", name="Last 30 days"))
        hand.click(page.get_by_role("button", name="Yesterday", exact=True))
        hand.click(page.get_by_role("link", name="Explain"))
        difference = widget(page, "difference").locator("[data-value]")
        before, after = (t["total"]["total"]["cost"] for t in (told["previous"], told))
        settled(page)
        expect(widget(page, "before").locator("[data-value]")).to_have_attribute(
            "data-value", dollars(before)
        )
        expect(widget(page, "after").locator("[data-value]")).to_have_attribute(
            "data-value", dollars(after)
        )
        parts = widget(page, "causes").locator("tbody tr [data-value]")
        assert parts.count() == 5
        note = widget(page, "causes").locator("[data-note=waiting]")
        waiting = told["total"]["total"]["pending_calls"]
        expect(note).to_contain_text(f"{waiting:,} in this period")
        assert difference.get_attribute("data-value") is not None
        hand.click(widget(page, "drivers").locator("tbody tr").first.get_by_role("link"))
        page.wait_for_url(re.compile(r"/explore\?.*f=model:"))
        settled(page)
        hand.done()


def test_the_costliest_conversation_of_an_org(page_of: Open, site: Site) -> None:
    today = datetime.now(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {"from": (today - timedelta(days=29)).isoformat(), "order": "cost"}
    dearest = site.get("/v1/conversations", **asked, org="acme")["conversations"][0]
    with page_of("/overview") as page:
        hand = Hand("costliest conversation of an org, and its step")
        hand.click(widget(page, "orgs").get_by_role("link", name="acme", exact=True))
        settled(page)
        hand.click(widget(page, "conversations").get_by_role("link", name="Costliest"))
        settled(page)
        first = widget(page, "found").locator("tbody tr").first
        assert first.get_attribute("data-row") == dearest["conversation_id"]
        hand.click(first.get_by_role("link"))
        settled(page)
        told = site.get(f"/v1/conversations/{dearest['conversation_id']}")
        most = max(told["turns"], key=lambda turn: float(turn["cost"] or 0))
        turns = widget(page, "turns-list").locator("li[data-row]")
        hand.click(turns.nth(told["turns"].index(most)).get_by_role("link"))
        settled(page)
        trace = site.get(f"/v1/traces/{most['trace_id']}")
        step = max(trace["steps"], key=lambda one: float(one["cost"] or 0))
        chosen = page.locator("[role=treeitem][aria-selected=true]")
        expect(chosen).to_have_attribute("data-row", step["event_id"])
        hand.done()


def test_two_versions_of_an_assistant(page_of: Open) -> None:
    with page_of("/overview") as page:
        hand = Hand("compare two versions of an assistant")
        hand.click(page.get_by_role("link", name="Compare", exact=True))
        settled(page)
        expect(widget(page, "versus").locator("[data-figure=difference]")).to_be_visible()
        hand.done()


def test_a_customer_is_handed_its_view(page_of: Open, site: Site) -> None:
    with page_of("/overview") as page:
        hand = Hand("hand a customer their view")
        hand.click(widget(page, "orgs").get_by_role("link", name="acme", exact=True))
        hand.click(page.get_by_role("button", name="Share"))
        hand.click(page.get_by_role("button", name="Copy: frame"))
        hand.click(page.get_by_role("button", name="Copy: token in Python"))
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "tracetally_token" in copied
        hand.done()
    del site
