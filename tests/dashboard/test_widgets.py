"""Every widget that test_figures leaves out: its figures are the API's, to the last digit.

One page of each kind is opened once; charts are read as tables, each bucket of each series.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboard.site import ZONE, Site, dollars, exact, opened, settled, widget

pytestmark = pytest.mark.engines
RANGE = {"from": "now-29d/d", "to": "now", "tz": ZONE, "currency": "USD"}
OWN = [{"dim": "org", "in": ["acme"]}]
TITLES = "rows => rows.map(row => [...row.querySelectorAll('td[title]')].map(one => one.title))"
FIGURES = "all => Object.fromEntries(all.map(one => [one.dataset.figure, one.dataset.value]))"
VALUES = "all => all.map(one => one.dataset.value)"


@pytest.fixture(scope="module")
def overview(browser: Browser, site: Site) -> Iterator[Page]:
    with opened(browser, site, "/overview") as page:
        yield page


@pytest.fixture(scope="module")
def org(browser: Browser, site: Site) -> Iterator[Page]:
    with opened(browser, site, "/orgs/acme") as page:
        yield page


def kinds(answer: Any) -> dict[str, str]:
    return {column["name"]: column["kind"] for column in answer["columns"]}


def check_chart(page: Page, name: str, answer: Any, shown: list[str]) -> None:
    """The card's figures, and its table: each bucket of each series."""
    card, kind = widget(page, name), kinds(answer)
    told = answer["total"]["total"]
    figures = card.locator("[data-figure][data-value]").evaluate_all(FIGURES)
    assert figures == {one: exact(told[one], kind[one]) for one in figures}
    cells = [*answer["groups"], *([answer["other"]] if answer["other"] else []), answer["total"]]
    if len(shown) > 1 or not answer["groups"]:
        cells = [answer["total"]]
    card.locator("[data-table-toggle]").click()
    titles = card.locator("tbody tr").evaluate_all(TITLES)
    card.locator("[data-table-toggle]").click()
    assert titles == [
        [exact(cell["series"][one][n], kind[one]) for cell in cells for one in shown]
        for n in range(len(answer["buckets"]))
    ]


def over(site: Site, *measures: str, **more: Any) -> Any:
    return site.query(list(measures), interval="auto", **more)


LATENCY = [f"latency_ms.p{p}" for p in (50, 95, 99)]
TTFT = [f"ttft_ms.p{p}" for p in (50, 95, 99)]


def test_charts_of_the_overview(overview: Page, site: Site) -> None:
    for name, asked, shown in (
        ("cache", ["cache_hit_share", "cache_saved"], ["cache_hit_share"]),
        ("volume", ["calls", "conversations"], ["calls", "conversations"]),
        ("latency", LATENCY, LATENCY),
        ("tokens", ["tokens_per_call"], ["tokens_per_call"]),
        ("feedback", ["feedback_positive", "feedback_negative", "negative_share"],
         ["feedback_positive", "feedback_negative"]),
    ):  # fmt: skip
        check_chart(overview, name, over(site, *asked), shown)
    for name, choice, asked in (
        ("latency", "First token", TTFT), ("tokens", "Per second", ["output_tokens_per_second"]),
    ):  # fmt: skip
        widget(overview, name).get_by_role("button", name=choice).click()
        check_chart(overview, name, over(site, *asked), asked)
    for by in ("provider", "model"):
        widget(overview, "errors").get_by_role("button", name=by.capitalize()).click()
        settled(overview)
        cut = [{"dim": by, "top": 7, "order": "steps"}]
        told = over(site, "error_share", "errors", "steps", by=cut)
        check_chart(overview, "errors", told, ["error_share"])


def test_what_moves_with_the_clock(overview: Page) -> None:
    """Revenue and the projection grow by the second: compared with the page's own answers."""
    with (
        overview.expect_response(lambda one: "/v1/spend?" in one.url) as spend,
        overview.expect_response(lambda one: "/v1/margins?" in one.url) as margins,
    ):
        overview.reload()
    settled(overview)
    projection = spend.value.json()["projection"]
    shown = widget(overview, "projection").locator("[data-value]").get_attribute("data-value")
    assert projection["value"] is not None
    assert shown == dollars(projection["value"])
    told = margins.value.json()
    names = ["cost", "revenue", "margin", "cost_per_resolved"]
    cells = [*told["groups"][:10], told["total"]]
    titles = widget(overview, "margins").locator("tr[data-row]").evaluate_all(TITLES)
    assert titles == [[dollars(cell["total"][name]) for name in names] for cell in cells]


def test_conversations_cost(overview: Page, site: Site) -> None:
    told = site.get("/v1/conversation-costs", **RANGE)
    card = widget(overview, "conversation")
    assert card.locator("[data-figure=mean]").get_attribute("data-value") == dollars(told["mean"])
    assert f"{told['count']:,} conversations" in card.inner_text()
    rows = card.locator("tbody tr").evaluate_all(TITLES)
    assert [row[-1] for row in rows] == [dollars(one["cost"]) for one in told["outliers"][:4]]


def test_tools(overview: Page, site: Site) -> None:
    operations = ["execute_tool", "retrieval", "rerank", "embeddings", "guardrail"]
    names = ["steps", "error_share", "latency_ms.p95", "cost"]
    told = site.query(
        [*names, "errors"], by=[{"dim": "operation", "top": 12, "order": "cost"}],
        where=[{"dim": "operation", "in": operations}],
    )  # fmt: skip
    kind = kinds(told)
    cells = [*told["groups"], told["total"]]
    titles = widget(overview, "tools").locator("tr[data-row]").evaluate_all(TITLES)
    assert titles == [[exact(cell["total"][n], kind[n]) for n in names] for cell in cells]


def test_budgets(overview: Page, site: Site) -> None:
    budgets = site.get("/v1/budgets")["budgets"][:6]
    shown = widget(overview, "budgets").locator("li[data-row] [data-value]").evaluate_all(VALUES)
    assert budgets
    assert shown == [dollars(one["spent"]) for one in budgets]


def check_strip(page: Page, site: Site) -> None:
    told = site.get("/v1/health/data")
    script = "all => Object.fromEntries(all.map(x => [x.dataset.figure, x.innerText.match(/[\\d,-]+/)[0]]))"  # noqa: E501
    shown = widget(page, "health").locator("li[data-figure]").evaluate_all(script)
    rest = told["received"] - told["stored"] - told["duplicates"] - told["dead_lines"]
    expected = {
        "Received": told["received"], "Stored": told["stored"], "Duplicates": told["duplicates"],
        "Rejected": told["dead_lines"], "In flight": rest,
    }  # fmt: skip
    assert shown == {name: f"{count:,}" for name, count in expected.items()}


def check_repricings(page: Page, site: Site) -> None:
    jobs = site.get("/v1/repricings", limit=20)["repricings"][:5]
    rows = widget(page, "repricings").locator("tr[data-row]").evaluate_all(TITLES)
    changes = [site.get(f"/v1/repricings/{job['position']}")["changes"] for job in jobs]
    expected = []
    for change in changes:
        own = [row for row in change if row["currency"] == "USD"]
        before, after = (
            sum((Decimal(row[side] or 0) for row in own), Decimal(0))
            for side in ("cost_before", "cost_after")
        )
        expected.append([dollars(str(before)), dollars(str(after)), dollars(str(after - before))])
    assert rows == expected


def test_health_and_repricings(overview: Page, browser: Browser, site: Site) -> None:
    check_strip(overview, site)
    check_repricings(overview, site)
    with opened(browser, site, "/health") as page:
        check_strip(page, site)
        check_repricings(page, site)
        topics = site.get("/v1/health/data")["topics"]
        shown = widget(page, "topics").locator("tr[data-row] [data-value]").evaluate_all(VALUES)
        assert shown == [str(one["behind"]) for one in topics]
        seen = site.get("/v1/coverage", unmatched="true")["items"][:8]
        cells = widget(page, "unmatched").locator("tbody td").all_inner_texts()
        assert cells == [f"{one['calls']:,} calls" for one in seen]


def test_tiles_of_an_org(org: Page, site: Site) -> None:
    used = site.query(["charge", "calls"], where=OWN)["total"]["total"]
    month = site.query(["charge"], where=OWN, **{"from": "now/M"})["total"]["total"]["charge"]
    for name, value in (
        ("used", dollars(used["charge"])), ("month", dollars(month)), ("calls", str(used["calls"])),
    ):  # fmt: skip
        shown = widget(org, name).locator("[data-value]").first.get_attribute("data-value")
        assert shown == value
    record = site.get("/v1/orgs/acme")
    if budget := record.get("monthly_budget"):
        assert f"of {dollars(budget)} used" in widget(org, "budget").inner_text()


def test_charts_of_an_org(org: Page, site: Site) -> None:
    for name, asked, shown in (
        ("conversations", ["conversations", "negative_share", "resolved", "outcomes"],
         ["conversations"]),
        ("per", ["charge_per_conversation", "tokens_per_conversation"],
         ["charge_per_conversation"]),
        ("latency", LATENCY[:2], LATENCY[:2]),
        ("errors", ["error_share", "errors", "steps"], ["error_share"]),
    ):  # fmt: skip
        check_chart(org, name, over(site, *asked, where=OWN), shown)
    for measure, label in (("charge", "Charge"), ("calls", "Calls")):
        for dim, words in (("feature", "Feature"), ("assistant", "Assistant")):
            card = widget(org, "time")
            card.get_by_role("button", name=label, exact=True).click()
            card.get_by_role("button", name=words, exact=True).click()
            settled(org)
            cut = [{"dim": dim, "top": 7, "order": measure}]
            check_chart(org, "time", over(site, measure, by=cut, where=OWN), [measure])


def test_tables_of_an_org(org: Page, site: Site) -> None:
    tops = {"assistant": 5, "assistant_version": 3}
    cut = [{"dim": dim, "top": top, "order": "charge"} for dim, top in tops.items()]
    told = site.query(["charge", "calls"], by=cut, where=OWN)
    groups = sorted(told["groups"], key=lambda g: -Decimal(g["total"]["charge"] or 0))
    cells = [*groups, *([told["other"]] if told["other"] else []), told["total"]]
    shown = widget(org, "configurations").locator("tr [data-value]").evaluate_all(VALUES)
    assert shown == [dollars(cell["total"]["charge"]) for cell in cells]
    names = ["charge", "calls", "tokens"]
    days = site.query(names, where=OWN, interval="day")
    kind = kinds(days)
    rows = widget(org, "days").locator("tr[data-row]").evaluate_all(TITLES)
    series, whole = days["total"]["series"], days["total"]["total"]
    expected = [
        [exact(series[name][n], kind[name]) for name in names] for n in range(len(days["buckets"]))
    ]
    assert rows == [*expected[::-1], [exact(whole[name], kind[name]) for name in names]]
    shown = widget(org, "status").inner_text()
    calls = days["completeness"]["pending_calls"]
    assert (f"{calls:,} calls pending" if calls else "nothing pending") in shown


def test_explore(browser: Browser, site: Site) -> None:
    with opened(browser, site, "/explore?by=provider&i=day") as page:
        for measure in ("cost", "tokens", "latency_ms.p95", "cost_per_conversation"):
            page.get_by_label("Measure").select_option(measure)
            settled(page)
            is_sum = measure in ("cost", "tokens")
            cut = {"dim": "provider", "order": measure if is_sum else "calls"}
            chart = site.query([measure, "calls"], by=[cut | {"top": 7}], interval="day")
            check_chart(page, "explore", chart, [measure])
            table = site.query([measure, "calls"], by=[cut | {"top": 50}])
            cells = [*table["groups"], table["total"]]
            kind = kinds(table)[measure]
            shown = widget(page, "members").locator("tr [data-value]").evaluate_all(VALUES)
            assert shown == [exact(cell["total"][measure], kind) for cell in cells]


def test_compare(browser: Browser, site: Site) -> None:
    with opened(browser, site, "/compare") as page:
        a, b = (widget(page, "choose").locator("select").nth(n).input_value() for n in (0, 1))
        told = site.get("/v1/compare", **RANGE, a=a, b=b)
        card = widget(page, "versus")
        difference = card.locator("[data-figure=difference]").get_attribute("data-value")
        assert difference == dollars(told["difference"]["value"])
        rows = card.locator("tr[data-row] [data-value]").evaluate_all(VALUES)
        names = ["mean", "p50", "p95", "cost_per_resolved"]
        assert rows == [dollars(told[side][name]) for name in names for side in "ab"]
        counts = card.locator("tr[data-row=Conversations] td").all_inner_texts()
        assert counts == [f"{told[side]['n']:,}" for side in "ab"]


def test_prices(browser: Browser, site: Site) -> None:
    with opened(browser, site, "/prices") as page:
        told = site.get("/v1/prices", kind="price", limit=100)["prices"]
        rows = widget(page, "book").locator("tr[data-row]")
        keys = rows.evaluate_all("all => all.map(one => one.dataset.row)")
        assert keys == [one["key"] for one in told]
        units = {1_000_000: "per 1M", 1: "each", 1_000: "per 1K"}
        shown = rows.evaluate_all("all => all.map(one => one.cells[2].innerText)")
        rates = [one["record"]["rates"].get("input") for one in told]
        assert shown == [f"{r['price']} {units[r['per']]}" if r else "—" for r in rates]
        page.get_by_role("button", name="Coverage").click()
        settled(page)
        items = site.get("/v1/coverage", currency="USD")["items"]
        cells = widget(page, "coverage").locator("tr[data-row]")
        calls = cells.evaluate_all("all => all.map(one => one.cells[2].innerText)")
        assert calls == [f"{one['calls']:,}" for one in items]


def test_pending_money(browser: Browser, site: Site) -> None:
    with opened(browser, site, "/pending") as page:
        told = site.get("/v1/pending", currency="USD")
        whole = told["completeness"]
        estimate = whole["estimate"]
        stake = f"{estimate['low']} to {estimate['high']}" if estimate else "not known"
        for name, value in (("tokens", str(whole["pending_tokens"])), ("stake", stake)):
            shown = widget(page, name).locator("[data-value]").first.get_attribute("data-value")
            assert shown == value
        rows = widget(page, "pending").locator("tr[data-row] [data-value]").evaluate_all(VALUES)
        assert rows == [str(one["calls"]) for one in told["pending"]]
        letters = site.get("/v1/dead", limit=50)["dead"]
        shown = widget(page, "dead").locator("tr[data-row]").evaluate_all(
            "all => all.map(one => one.dataset.row)"
        )  # fmt: skip
        assert shown == [one["dead_id"] for one in letters]
