"""From an empty installation to the first priced call, on the page itself, on everything real."""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.dashboard import with_node
from deploy.local.kafka import java_argv
from tests.dashboard.registry import soon
from tests.dashboard.site import Hand, Theme, flaws, settled, shot, visitor, widget
from tests.engines import ClickHouseEngine, KafkaEngine
from tests.system import System

pytestmark = pytest.mark.engines
WAYS = {"curl": "curl", "Python": "python", "TypeScript": "typescript", "OTLP": "otlp"}


@pytest.fixture(scope="module")
def system(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """An installation as it is unpacked: no key anywhere."""
    nobody = {"API_KEYS": "", "INGEST_API_KEYS": "", "API_JWT_SECRET": "j" * 32}
    home = tmp_path_factory.mktemp("welcome")
    system = System(kafka.bootstrap, clickhouse.url, home, settings=nobody)
    system.environment = _with_ingest(system)  # type: ignore[method-assign]
    system.processes["api"] = system._process("api")
    with system as started:
        yield started


def _with_ingest(system: System) -> Callable[[str], dict[str, str]]:
    before = system.environment
    return lambda service: before(service) | {"API_INGEST_URL": system.url("ingest")}


def address(system: System) -> str:
    """What the start printed."""
    found: list[str] = []

    def printed() -> bool:
        log = Path(system.processes["api"].log_path).read_text()
        found[:] = re.findall(r"Open this once: (\S+)", log)
        return bool(found)

    deadline = time.monotonic() + 30
    while not printed() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(found) == 1, "no address was printed"
    return found[0]


def runs(way: str, text: str) -> str:
    """The snippet, run as it stands; its answer."""
    producer = shlex.join(java_argv("org.apache.kafka.tools.ConsoleProducer", heap_mb=128))
    argv = {
        "python": [sys.executable, "-c", text],
        "typescript": ["node", "--input-type=module", "-e", text],
        "kafka": ["bash", "-ec", f'kafka-console-producer.sh() {{ {producer} "$@"; }}\n{text}'],
    }.get(way, ["bash", "-ec", text])
    environment = with_node({"PATH": "/usr/local/bin:/usr/bin:/bin"})
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lamp(page: Page, name: str) -> None:
    expect(page.locator(f"[data-lamp={name}]")).to_have_attribute(
        "data-state", "on", timeout=30_000
    )


def paste(copied: str) -> None:
    """Into a terminal, until ingest knows the new key, which takes seconds at most."""
    deadline = time.monotonic() + 20
    while "401" in (told := runs("curl", copied)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert "401" not in told, told


def nothing_is_missing(page: Page, system: System) -> None:
    """The shipped prices were loaded, by one entry of the audit, and are not offered again."""
    [note] = [n for n in system.get("/v1/audit")["entries"] if n["action"].startswith("price.")]
    assert re.fullmatch(r"6\d{3} records", note["target"]), note
    page.get_by_role("link", name="Prices", exact=True).click()
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.get_by_role("button", name="shipped prices")).to_have_count(0, timeout=60_000)


def test_from_nothing_to_the_first_priced_call(browser: Browser, system: System) -> None:
    page, said = visitor(browser).new_page(), []
    page.on("console", lambda one: said.append(f"{one.type}: {one.text}"))
    link, hand = address(system), Hand("from nothing to the first priced call")
    page.goto(link)
    steps = page.locator("[data-figure=done]")
    expect(steps).to_have_text("0 of 4 done")
    hand.click(page.get_by_role("button", name="Make the keys"))
    expect(steps).to_have_text("1 of 4 done")
    kept = page.locator("[data-snippet='the key to sign in with']")
    expect(kept).to_contain_text("tt_")
    system.key = kept.text_content() or ""
    assert "code" not in page.url
    assert flaws(page) == []
    shot(page, "welcome-1440-light")
    hand.click(page.get_by_role("button", name="Copy: a first event with curl"))
    paste(page.evaluate("navigator.clipboard.readText()"))
    for name in ("received", "stored", "visible"):
        lamp(page, name)
    expect(page.get_by_text("has no price yet")).to_be_visible()
    expect(steps).to_have_text("3 of 4 done")
    assert flaws(page) == []
    shot(page, "welcome-pending-1440-light")
    hand.click(page.get_by_role("button", name=re.compile(r"Load all [\d,]+ shipped prices")))
    lamp(page, "priced")
    cost = widget(page, "price").locator("[data-value]")
    expect(cost).to_have_attribute("data-value", "$0.005875")
    expect(steps).to_contain_text("All done")
    expect(widget(page, "then").get_by_role("link")).to_have_count(4)
    assert flaws(page) == []
    shot(page, "welcome-priced-1440-light")
    hand.click(page.get_by_role("link", name="Explain this price"))
    expect(page.get_by_text("The lines add up to the ledger")).to_be_visible(timeout=30_000)
    hand.done()
    nothing_is_missing(page, system)
    assert page.evaluate("window.violations") == []
    assert [line for line in said if line.startswith(("error", "warning"))] == []
    page.context.close()


def test_the_address_works_once(browser: Browser, system: System) -> None:
    page = visitor(browser).new_page()
    page.goto(address(system))
    expect(page.get_by_text("sign in with that")).to_be_visible()
    page.context.close()


def test_every_snippet_runs_and_what_is_refused_is_told(browser: Browser, system: System) -> None:
    page = visitor(browser).new_page()
    made = page.request.post(f"{system.url('api')}/v1/session", data={"key": system.key})
    assert made.ok, made.text()
    page.goto(f"{system.url('api')}/welcome")
    expect(page.get_by_text("There are keys already")).to_be_visible()
    page.get_by_role("button", name="Make new keys").click()
    expect(page.locator("[data-snippet='the key to sign in with']")).to_be_visible()
    before = int(system.sql("SELECT count() FROM calls FINAL WHERE is_void = 0")[0][0])
    for name, way in (WAYS | {"Kafka": "kafka"}).items():
        page.get_by_role("button", name=name, exact=True).click()
        text = page.locator(f"[data-snippet='a first event with {way}']").text_content() or ""
        deadline = time.monotonic() + 20
        while "unknown API key" in (told := _tried(way, text)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert "unknown API key" not in told
    deadline = time.monotonic() + 40
    stored = before
    while stored < before + 5 and time.monotonic() < deadline:
        stored = int(system.sql("SELECT count() FROM calls FINAL WHERE is_void = 0")[0][0])
        time.sleep(0.3)
    assert stored == before + 5
    wrong = f"kafka-console-producer.sh --bootstrap-server {system.bootstrap} --topic "
    runs("kafka", f'{wrong}{system.prefix}calls.v1 <<< \'{{"event_id": "e", "surprise": 1}}\'')
    error = page.locator("[data-figure=error]")
    expect(error).to_contain_text("occurred_at: Field required", timeout=30_000)
    shot(page, "welcome-error-1440-light")
    assert flaws(page) == []
    page.context.close()


def test_a_missing_price_is_added_from_where_it_is_missed(browser: Browser, system: System) -> None:
    headers = {"authorization": f"Bearer {system.key}"}
    page = visitor(browser).new_page()
    api = system.url("api")
    assert page.request.post(f"{api}/v1/session", data={"key": system.key}).ok
    made = httpx.post(f"{api}/v1/keys", json={"scopes": ["ingest"]}, headers=headers).json()
    calls = [
        {
            "event_id": f"{n:08d}-0000-4000-8000-000000000000", "org_id": "acme",
            "occurred_at": datetime.now(UTC).isoformat(), "provider": "openai",
            "request_model": "gpt-new", "usage": {"input": 1_000_000, "output": 0},
        }
        for n in range(3)
    ]  # fmt: skip
    sender = {"authorization": f"Bearer {made['secret']}"}
    sent = lambda: httpx.post(f"{system.url('ingest')}/v1/calls", json=calls, headers=sender)  # noqa: E731
    deadline = time.monotonic() + 20
    while sent().status_code == 401 and time.monotonic() < deadline:
        time.sleep(0.2)
    waiting = lambda: system.get("/v1/pending")["completeness"]["pending_calls"]  # noqa: E731
    while waiting() < 3 and time.monotonic() < deadline + 20:
        time.sleep(0.2)
    page.goto(f"{api}/overview")
    settled(page)
    hand = Hand("add a missing price, until nothing waits")
    hand.click(page.get_by_role("link", name="Pending", exact=True))
    hand.click(widget(page, "pending").get_by_role("link", name="Add price").first)
    page.get_by_label("Input, per 1M tokens").fill("2")
    page.get_by_label("Output, per 1M tokens").fill("8")
    hand.click(page.get_by_role("button", name="What would it change?"))
    expect(page.locator("[data-figure=preview]").first).to_contain_text("pending 3 → 0")
    hand.click(page.get_by_role("button", name="Publish"))
    expect(page.get_by_text("are priced within seconds")).to_be_visible()
    hand.click(page.get_by_role("link", name="Pending", exact=True))
    expect(page.get_by_text("Every call has its price.")).to_be_visible(timeout=30_000)
    hand.done()
    page.context.close()


def test_a_preview_shows_what_the_customer_sees(browser: Browser, system: System) -> None:
    page, api = visitor(browser).new_page(), system.url("api")
    assert page.request.post(f"{api}/v1/session", data={"key": system.key}).ok
    page.goto(f"{api}/orgs/acme")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("name the sites that may")).to_be_visible()
    page.get_by_role("button", name="Make a preview").click()
    with page.expect_popup() as waiting:
        page.get_by_role("link", name="Open the preview").click()
    preview = waiting.value
    charge = widget(preview, "used").locator("[data-value]").first
    expect(charge).to_have_attribute("data-value", re.compile(r"^\$\d"), timeout=30_000)
    shown = charge.get_attribute("data-value")
    assert shown == widget(page, "used").locator("[data-value]").first.get_attribute("data-value")
    assert preview.url == f"{api}/embed/preview/orgs/acme"
    assert preview.get_by_role("button", name="Share").count() == 0
    notes = lambda: [  # noqa: E731
        n for n in system.get("/v1/audit")["entries"] if n["action"] == "embed.preview"
    ]
    assert soon(page, lambda: bool(notes())), "the audit tells it once the mirror has it"
    [note] = notes()
    assert (note["target"], note["org_id"]) == ("acme", "acme")
    page.context.close()


def _tried(way: str, text: str) -> str:
    """As `runs`; a refusal of the key is its own text, since clients differ in how they fail."""
    try:
        return runs(way, text)
    except AssertionError as failed:
        if "401" in str(failed):
            return "unknown API key"
        raise


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1440, "dark"), (2560, "light")])
def test_without_a_code_it_says_where_to_look(
    browser: Browser, system: System, width: int, theme: Theme
) -> None:
    page = visitor(browser, width, theme).new_page()
    page.goto(f"{system.url('api')}/welcome#code=wrong")
    expect(page.get_by_role("link", name="Sign in with a key")).to_be_visible()
    shot(page, f"welcome-locked-{width}-{theme}")
    assert flaws(page) == []
    page.context.close()
