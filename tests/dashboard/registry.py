"""The page of settings with a real registry behind it, for its tests."""

import struct
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard.site import Site, dollars, opened, widget
from tests.system import System

ACME: dict[str, Any] = {
    "org_id": "acme", "name": "Acme Inc.", "plan": "pro", "currency": "EUR",
    "timezone": "Europe/Berlin", "monthly_budget": "120.00",
    "monthly_revenue": {"2026-01": "400.10"}, "metadata": {"crm": "17"},
}  # fmt: skip


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


PNG = b"\x89PNG\r\n\x1a\n" + b"".join([
    _chunk(b"IHDR", struct.pack(">IIBBBBB", 24, 24, 8, 2, 0, 0, 0)),
    _chunk(b"IDAT", zlib.compress((b"\0" + b"\x76\x9f\x15" * 24) * 24)),
    _chunk(b"IEND", b""),
])  # fmt: skip
"""A green square."""


@contextmanager
def settings(browser: Browser, system: System, **more: Any) -> Iterator[Page]:
    """The page, signed in; afterwards it must have no errors."""
    site = Site(system.url("api"), system.key, "")
    with opened(browser, site, "/settings", **more) as page:
        yield page


def put(system: System, record: dict[str, Any]) -> None:
    """Publish an org's record over the API."""
    bearer = {"authorization": f"Bearer {system.key}"}
    path = f"{system.url('api')}/v1/orgs/{record['org_id']}"
    told = httpx.put(path, json=record, headers=bearer, timeout=30)
    assert told.status_code == 202, told.text


def cells(row: Locator) -> list[str]:
    """What a row tells: amounts exactly."""
    return [
        cell.get_attribute("data-value") or cell.inner_text()
        for cell in row.locator("th, td:not(:has(button))").all()
    ]


def as_shown(record: dict[str, Any], month: str) -> list[str]:
    """The cells of a record that the API tells."""
    sign = {"USD": "$", "EUR": "€"}[record["currency"]]
    texts = [record.get(name, "—") for name in ("org_id", "name", "plan", "currency", "timezone")]
    amounts = record.get("monthly_budget"), record.get("monthly_revenue", {}).get(month)
    return texts + [dollars(a).replace("$", sign) if a else "—" for a in amounts]


def send_a_call(system: System) -> None:
    """So that there is something to look at."""
    now = datetime.now(UTC).isoformat()
    call = {"event_id": str(uuid.uuid4()), "occurred_at": now, "org_id": "globex",
            "provider": "openai", "request_model": "gpt-4o", "usage": {"input": 10}}  # fmt: skip
    bearer = {"authorization": f"Bearer {system.key}"}
    told = httpx.post(f"{system.url('ingest')}/v1/calls", json=[call], headers=bearer, timeout=30)
    assert told.status_code < 300, told.text


def publish(page: Page, form: Locator) -> None:
    """Until the page says that it was."""
    form.get_by_role("button", name="Publish").click()
    expect(widget(page, "orgs").get_by_role("status")).to_contain_text("was published")


def soon(page: Page, check: Callable[[], bool]) -> bool:
    """Whether it holds within seconds; the page goes on meanwhile."""
    for _ in range(100):
        if check():
            return True
        page.wait_for_timeout(200)
    return False
