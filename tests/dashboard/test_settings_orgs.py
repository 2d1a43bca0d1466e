"""The org registry and keys on the page of settings, on everything real."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.registry import (
    ACME,
    PNG,
    as_shown,
    cells,
    publish,
    put,
    send_a_call,
    settings,
    soon,
)
from tests.dashboard.site import Theme, flaws, settled, shot, widget
from tests.engines import ClickHouseEngine, KafkaEngine
from tests.system import System

pytestmark = pytest.mark.engines
LOOKS: list[tuple[int, Theme]] = [
    (390, "light"), (390, "dark"), (1440, "light"), (1440, "dark"), (2560, "light")
]  # fmt: skip


@pytest.fixture(scope="module")
def system(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """An installation without any org."""
    home = tmp_path_factory.mktemp("settings")
    with System(kafka.bootstrap, clickhouse.url, home) as started:
        yield started


def test_without_orgs_it_says_what_they_are_for(browser: Browser, system: System) -> None:
    for width, theme in LOOKS:
        with settings(browser, system, width=width, theme=theme) as page:
            expect(widget(page, "orgs")).to_contain_text("No organisation is registered")
            shot(page, f"settings-none-{width}-{theme}")
            assert flaws(page) == []


def test_what_lacks_a_record_leads_there(browser: Browser, system: System) -> None:
    send_a_call(system)
    with settings(browser, system) as page:
        assert soon(page, lambda: system.get("/v1/health/data")["stored"] == 1)
        for card in ("budgets", "margins"):
            page.get_by_role("link", name="Overview", exact=True).click()
            link = widget(page, card).get_by_role("link", name="Settings, Organisations")
            expect(link).to_be_visible(timeout=30_000)
            assert flaws(page) == []
            shot(page, "overview-no-orgs-1440-light")
            link.click()
            page.wait_for_url("**/settings#orgs-title")
            expect(page.get_by_role("heading", name="Organisations")).to_be_in_viewport()


def test_an_org_is_added_and_a_month_is_told_more(browser: Browser, system: System) -> None:
    with settings(browser, system) as page:
        page.get_by_role("button", name="Add an organisation").click()
        form = widget(page, "org-form")
        expect(form.get_by_label("Id")).to_be_focused()
        typed = {"Id": "globex", "Name": "Globex", "Time zone": "america/new_york"}
        for label, value in (typed | {"Budget of a month": "1,000"}).items():
            form.get_by_label(label).fill(value)
        form.get_by_role("button", name="Publish").click()
        expect(form.get_by_label("Budget of a month")).to_be_focused()
        expect(form).to_contain_text("1,000 is not a decimal")
        assert flaws(page) == []
        form.get_by_label("Budget of a month").fill("1000.000000000000000001")
        month = form.get_by_label("Month", exact=True).input_value()
        form.get_by_label(f"Revenue of {month}").fill("490.5")
        publish(page, form)
        expect(page.get_by_role("button", name="Add an organisation")).to_be_focused()
        row = widget(page, "orgs").locator("[data-row=globex]")
        expected: dict[str, Any] = {
            "org_id": "globex", "name": "Globex", "currency": "USD", "timezone": "America/New_York",
            "monthly_budget": "1000.000000000000000001", "monthly_revenue": {month: "490.5"},
        }  # fmt: skip
        assert cells(row) == as_shown(expected, month)
        row.get_by_role("button", name="Edit globex").click()
        form.get_by_label("Month", exact=True).fill("2026-01")
        expect(form.get_by_label("Revenue of 2026-01")).to_have_value("")
        expect(form).to_contain_text(f"1 more month is kept: {month}.")
        form.get_by_label("Revenue of 2026-01").fill("400")
        publish(page, form)
        expect(row.get_by_role("button", name="Edit globex")).to_be_focused()
        expected["monthly_revenue"]["2026-01"] = "400"
        read = lambda: system.get("/v1/orgs")["orgs"] == [expected]  # noqa: E731
        assert soon(page, read), system.get("/v1/orgs")
        shown_on_overview(page, "globex")
        page.go_back()
        settled(page)
        assert cells(row) == as_shown(system.get("/v1/orgs/globex"), month)
        taken_off(page, system, expected)


def taken_off(page: Page, system: System, record: dict[str, Any]) -> None:
    """After it was asked once more; then it is published again as it was."""
    org = record["org_id"]
    page.get_by_role("button", name=f"Edit {org}").click()
    form = widget(page, "org-form")
    form.get_by_role("button", name="Take off the registry").click()
    shot(page, "settings-take-off-1440-light")
    assert flaws(page) == []
    form.get_by_role("button", name=f"Take {org} off").click()
    expect(widget(page, "orgs").locator(f"[data-row={org}]")).to_have_count(0)
    expect(widget(page, "orgs")).to_contain_text("its calls and what they cost stay")
    expect(page.get_by_role("button", name="Add an organisation")).to_be_focused()
    assert soon(page, lambda: system.get("/v1/orgs")["orgs"] == [])
    entries = system.get("/v1/audit?limit=5")["entries"]
    assert entries[0]["action"] == "org.delete"
    put(system, record)


def shown_on_overview(page: Page, org: str) -> None:
    """Without loading the page anew."""
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(widget(page, "budgets").locator(f"[data-row={org}]")).to_be_visible()
    revenue = widget(page, "margins").locator(f"[data-row={org}] [data-value]").nth(1)
    expect(revenue).to_have_attribute("data-value", re.compile(r"^\$\d"), timeout=30_000)


def test_what_the_form_does_not_show_is_kept(browser: Browser, system: System) -> None:
    put(system, ACME)
    with settings(browser, system) as page:
        assert soon(page, lambda: len(system.get("/v1/orgs")["orgs"]) == 2)
        page.reload()
        settled(page)
        page.get_by_role("button", name="Edit acme").click()
        form = widget(page, "org-form")
        put(system, ACME | {"name": "Acme Ltd."})  # somebody else, meanwhile
        assert soon(page, lambda: system.get("/v1/orgs/acme")["name"] == "Acme Ltd.")
        form.get_by_label("Plan").fill("team")
        form.get_by_text("Brand on the customer's page").click()
        form.get_by_label("Colour on light ground").fill("#ffff00")
        form.get_by_role("button", name="Publish").click()
        expect(form.get_by_label("Colour on light ground")).to_be_focused()
        expect(form).to_contain_text("its contrast is 1.0")
        assert flaws(page) == []
        form.get_by_label("Colour on light ground").fill("#0a4d2c")
        form.get_by_label("Colour on dark ground").fill("#7fe0b0")
        logo = form.get_by_label("Logo")
        logo.set_input_files({"name": "a.gif", "mimeType": "image/gif", "buffer": b"GIF89a"})
        form.get_by_role("button", name="Publish").click()
        expect(form.locator("[data-field=logo]")).to_contain_text("A PNG is needed.")
        logo.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PNG})
        expect(form.locator("img")).to_have_count(2)
        assert flaws(page) == []
        shot(page, "settings-edit-1440-light")
        publish(page, form)
        told = ACME | {"name": "Acme Ltd.", "plan": "team"}
        told["metadata"] = {
            "crm": "17", "brand_light": "#0a4d2c", "brand_dark": "#7fe0b0",
            "brand_logo": f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
        }  # fmt: skip
        assert soon(page, lambda: system.get("/v1/orgs/acme") == told)


def test_what_the_api_refuses_is_told_at_its_field(browser: Browser, system: System) -> None:
    with settings(browser, system, ignore=("422",)) as page:
        page.get_by_role("button", name="Add an organisation").click()
        form = widget(page, "org-form")
        form.get_by_label("Id").fill("globex")
        form.get_by_role("button", name="Publish").click()
        expect(form).to_contain_text("globex is registered: edit it in the list.")
        expect(form.get_by_label("Id")).to_be_focused()
        form.get_by_label("Id").fill("initech")
        refusal = {
            "status": 422,
            "detail": "record 0: monthly_budget: no",
            "field": "monthly_budget",
        }
        page.route("**/v1/orgs/initech", lambda route: route.fulfill(status=422, json=refusal))
        form.get_by_role("button", name="Publish").click()
        expect(form.get_by_label("Budget of a month")).to_be_focused()
        expect(form.locator("[data-field=budget]")).to_contain_text("monthly_budget: no")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_fifty_orgs(browser: Browser, system: System, width: int, theme: Theme) -> None:
    if width == LOOKS[0][0] and theme == LOOKS[0][1]:
        for number in range(50):
            amount = f"{number * 37}.{number:02}"
            put(system, ACME | {
                "org_id": f"customer-{number:02}", "name": f"Customer of number {number}",
                "monthly_budget": amount, "monthly_revenue": {"2026-11": amount},
            })  # fmt: skip
        told = lambda: len(system.get("/v1/orgs")["orgs"]) >= 52  # noqa: E731
        with settings(browser, system) as page:
            assert soon(page, told)
    with settings(browser, system, width=width, theme=theme) as page:
        shot(page, f"settings-orgs-{width}-{theme}")
        assert flaws(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        page.get_by_role("button", name="Edit customer-49").click()
        expect(widget(page, "org-form").get_by_label("Name")).to_be_focused()
        page.get_by_text("Brand on the customer's page").click()
        shot(page, f"settings-form-{width}-{theme}")
        assert flaws(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        widget(page, "org-form").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Edit customer-49")).to_be_focused()


def test_who_may_only_read_sees_the_registry(browser: Browser, system: System) -> None:
    bearer = {"authorization": f"Bearer {system.key}"}
    made = httpx.post(
        f"{system.url('api')}/v1/keys", json={"scopes": ["read"]}, headers=bearer, timeout=30
    )
    with settings(browser, system, key=made.json()["secret"]) as page:
        expect(widget(page, "orgs").locator("[data-row=globex]")).to_be_visible()
        assert widget(page, "orgs").get_by_role("button", name=re.compile("Edit|Add")).count() == 0
        assert widget(page, "keys").count() == 0
        assert flaws(page) == []


def test_a_key_with_lookups_and_content(browser: Browser, system: System) -> None:
    with settings(browser, system, ignore=("422",)) as page:
        card = widget(page, "keys")
        card.get_by_role("button", name="Make a key").click()
        expect(card.get_by_label("Name")).to_be_focused()
        card.get_by_label("Name").fill("shop")
        card.get_by_label("May").select_option("ingest")
        card.get_by_text("More: project, look-ups, content").click()
        card.get_by_label("Project").fill("shop")
        card.get_by_label("Organisation", exact=True).fill("acme.tenant, acme.context|tenant.id")
        card.get_by_label("User", exact=True).fill("acme.user")
        card.get_by_label("Keep content").check()
        rules = {"Characters of a piece": "20000", "Paths to replace": "$..email"}
        for label, value in (rules | {"Patterns to replace": "\\d{16}\n(?<=a)b"}).items():
            card.get_by_label(label).fill(value)
        shot(page, "settings-key-1440-light")
        card.get_by_role("button", name="Make a key").click()
        expect(card.get_by_label("Patterns to replace")).to_be_focused()
        expect(card.locator("[data-field='content.redact_patterns']")).to_contain_text(
            "content.redact_patterns.1: not an RE2 expression"
        )
        shot(page, "settings-key-refused-1440-light")
        assert flaws(page) == []
        card.get_by_label("Patterns to replace").fill("\\d{16}")
        card.get_by_role("button", name="Make a key").click()
        expect(card).to_contain_text("Key shop was made.")
        row = card.locator("[data-row=shop]")
        expect(row).to_contain_text("project shop, 2 look-ups, keeps content")
        row.get_by_role("button", name="details of shop").click()
        expect(card.locator("#key-shop")).to_contain_text("acme.tenant, acme.context|tenant.id")
        assert flaws(page) == []
        [told] = [key for key in system.get("/v1/keys")["keys"] if key["key_id"] == "shop"]
        assert told["lookups"] == {
            "org_id": ["acme.tenant", "acme.context|tenant.id"], "user_id": ["acme.user"]
        }  # fmt: skip
        assert told["content"] == {
            "chars_max": 20000, "redact_paths": ["$..email"], "redact_patterns": ["\\d{16}"],
            "detect_pii": False,
        }  # fmt: skip
        assert (told["project"], told["scopes"]) == ("shop", ["ingest"])


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1440, "dark")])
def test_more_of_a_key(browser: Browser, system: System, width: int, theme: Theme) -> None:
    with settings(browser, system, width=width, theme=theme) as page:
        page.get_by_text("More: project, look-ups, content").click()
        page.get_by_role("button", name="details of shop").click()
        shot(page, f"settings-keys-{width}-{theme}")
        assert flaws(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_more_orgs_than_a_page_holds(browser: Browser, system: System) -> None:
    for number in range(60):
        put(system, {"org_id": f"more-{number:02}"})

    def told() -> set[str]:
        return {one["org_id"] for one in system.get("/v1/orgs")["orgs"]}

    with settings(browser, system) as page:
        assert soon(page, lambda: len(told()) == 112)
        page.reload()
        settled(page)
        rows = widget(page, "orgs").locator("tbody tr")
        assert rows.count() == 100
        page.get_by_role("button", name="Show more").click()
        expect(rows).to_have_count(112)
        assert {row.get_attribute("data-row") for row in rows.all()} == told()
        expect(page.get_by_role("button", name="Show more")).to_have_count(0)
