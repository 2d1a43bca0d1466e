"""Two stores: in one an org shares everything with another, in the other it is alone.

What names the other org has its name in it; ids that both use have neither's. Everything goes the
way it goes in production: the pricer's core, the rollup's cycle and mirrors.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson

from schemas.price import BOOK_RECORD, book_key
from services.pricer.decide import Outputs, Position, decide
from services.pricing.book import PriceBook
from services.rollup import mirrors
from services.rollup.cascade import Cascade
from services.rollup.ledger import Ledger
from services.runtime.clickhouse import Store
from services.runtime.migrate import migrate
from tests.contract.api.world import NOW

OWN, OTHER = "acme", "globex"
DAYS = 6
ELSEWHERE = "elsewhere"
"""A project in which the other org uses ids of the first."""
OWN_CLOUD = f"{OTHER}-cloud"
"""A provider that only the other org has prices for."""


def rate(price: str) -> dict[str, Any]:
    return {"price": price, "per": 1_000_000}


def price(model: str, org: str = "", provider: str = "openai", **more: Any) -> dict[str, Any]:
    scope = {"scope": f"org:{org}"} if org else {}
    rates = {"input": rate("2"), "output": rate("8")}
    return scope | {
        "kind": "price", "provider": provider, "model": model, "rates": rates,
        "effective_from": "2026-01-01T00:00:00Z",
    } | more  # fmt: skip


def records(org: str) -> list[dict[str, Any]]:
    """What is published for one org, or for all."""
    since = {"effective_from": "2026-01-01T00:00:00Z"}
    if not org:
        calendar = {"kind": "calendar", "calendar_id": "cn", "dates": ["2026-11-20"]}
        dearer = {"input": rate("3"), "output": rate("9")}
        since["effective_from"] = "2026-11-19T00:00:00Z"
        corrected = price("gpt-m", reprice="retroactive", **since) | {"rates": dearer}
        return [price("gpt-m"), price("gpt-n"), corrected, calendar]
    scope = {"scope": f"org:{org}"}
    return [
        price("gpt-n", org), price(f"{org}-model", org), price("m", org, f"{org}-cloud"),
        scope | since | {"kind": "alias", "provider": "openai", "reference": f"{org}-alias",
                         "model": "gpt-m"},
        scope | {"kind": "pattern", "provider": "openai", "rule_id": f"{org}-rule",
                 "match": {"prefix": f"{org}-ft"}, "model": "gpt-m"},
        scope | since | {"kind": "markup", "rule_id": f"{org}-factor", "multiply": "1.5"},
    ]  # fmt: skip


def steps(org: str) -> Iterator[list[dict[str, Any]]]:
    """Conversations: a trace of the org's own and one that both use, on each of some days."""
    for day in range(DAYS):
        for shared in (False, True):
            name = "shared" if shared else org
            at = NOW - timedelta(days=day, hours=2, minutes=day)
            yield list(_trace(org, f"{name}-trace-{day}", f"{name}-talk-{day // 2}", at))


def _trace(org: str, trace: str, talk: str, at: datetime) -> Iterator[dict[str, Any]]:
    """An agent that names the org, below it calls that do and calls that do not."""
    day, is_shared = int(trace[-1]), trace.startswith("shared")
    place = f"{org}-" if is_shared else ""
    base = {
        "trace_id": trace, "conversation_id": talk, "emitter": "otel", "environment": "prod",
        "assistant_id": ("support", "sales", f"{org}-bot")[day % 3], "assistant_version": "1",
    }  # fmt: skip
    told = {"org_id": org, "user_id": "shared-user" if is_shared else f"{org}-user"}
    yield base | told | {
        "event_id": f"{org}-event-{trace}", "span_id": f"{place}s0", "operation": "invoke_agent",
        "name": f"{org} agent", "occurred_at": at.isoformat(), "duration_ms": 2_000,
    }  # fmt: skip
    models = ("gpt-m", "gpt-n", f"{org}-model", f"{org}-unpriced", f"{org}-alias")
    for number, model in enumerate(models):
        yield base | (told if number % 2 else {}) | {
            "event_id": f"{org}-event-{trace}-{number}", "span_id": f"{place}s{number + 1}",
            "parent_span_id": f"{place}s0", "operation": "chat", "name": f"{org} chat {number}",
            "provider": "openai", "request_model": model, "feature": f"{org}-feature",
            "response_id": f"{org}-response-{trace}-{number}", "duration_ms": 300 + 10 * number,
            "occurred_at": (at - timedelta(seconds=number + 1)).isoformat(),
            "status": "error" if number == 1 else "ok",
            "usage": {"input": 1_000 + number * (7 if org == OWN else 11), "output": 50},
        }  # fmt: skip


def strays() -> list[dict[str, Any]]:
    """The other org's ids that look like the first one's, and steps that nobody owns."""
    at = (NOW - timedelta(hours=2)).isoformat()
    common = {"occurred_at": at, "operation": "chat", "provider": "openai", "emitter": "otel",
              "request_model": "gpt-m", "usage": {"input": 5, "output": 5}}  # fmt: skip
    trace = {"trace_id": f"{OTHER}-side", "project": ELSEWHERE, "org_id": OTHER}
    return [
        common | trace | {"event_id": f"{OWN}-event-{OWN}-trace-0-1", "span_id": "s1"},
        common | {"trace_id": f"{OTHER}-nobody", "event_id": f"{OTHER}-nobody", "span_id": "s1",
                  "conversation_id": "shared-talk-0", "user_id": "shared-user"},
    ]  # fmt: skip


def said(org: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Contents and outcomes, with the org and without, tied to its own steps."""
    for trace in (f"{org}-trace-0", "shared-trace-0"):
        at = (NOW - timedelta(hours=2)).isoformat()
        place = f"{org}-" if trace.startswith("shared") else ""
        for number in (0, 1):
            tie = {"trace_id": trace, "span_id": f"{place}s{number + 1}", "occurred_at": at}
            who = {"org_id": org} if number else {}
            yield "contents", tie | who | {
                "content_id": f"{org}-content-{trace}-{number}", "kind": "sent",
                "event_id": f"{org}-event-{trace}-{number}",
                "content": f"{org} keeps secret {number}",
            }  # fmt: skip
            yield "outcomes", tie | who | {
                "outcome_id": f"{org}-outcome-{trace}-{number}", "name": "resolved",
                "value": "2.50", "unit": "USD", "label": f"{org} label",
                "conversation_id": trace.replace("trace", "talk"),
            }  # fmt: skip
        yield "outcomes", {
            "outcome_id": f"{org}-thumb-{trace}", "kind": "feedback", "name": "thumb", "value": "0",
            "conversation_id": trace.replace("trace", "talk"), "org_id": org, "occurred_at": at,
        }  # fmt: skip
    if org == OTHER:
        tie = {"trace_id": f"{OTHER}-side", "project": ELSEWHERE, "occurred_at": at}
        yield "contents", tie | {
            "content_id": f"{OTHER}-side", "event_id": f"{OWN}-event-{OWN}-trace-0-1",
            "kind": "sent", "content": f"{OTHER} keeps a secret",
        }  # fmt: skip
        yield "outcomes", {
            "outcome_id": f"{OTHER}-elsewhere", "trace_id": f"{OTHER}-trace-0",
            "span_id": f"{OWN}-s1", "conversation_id": "shared-talk-0",
            "name": f"{OTHER}-verdict", "occurred_at": at,
        }  # fmt: skip


def tables(org: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What no topic of events mirrors: refused bytes, ids used twice, corrections."""
    at = (NOW - timedelta(hours=2)).isoformat()
    for number in range(3):
        yield "dead_letters", {
            "dead_id": f"{org}-dead-{number}", "occurred_at": at, "reason": "not_json",
            "org_id": org, "detail": f"{org} sent it", "original": "b29wcw==", "original_bytes": 4,
        }  # fmt: skip
    yield "conflicts", {"event_id": f"{org}-twice", "org_id": org, "occurred_at": at}
    yield "price_changes", {
        "position": REPRICED, "slot": at, "org_id": org, "event_id": f"{org}-event",
        "occurred_at": at,
        "currency_before": "USD", "currency_after": "USD", "cost_before": "1", "cost_after": "2",
        "charge_before": "1", "charge_after": "2", "in_month": "2026-11-01",
    }  # fmt: skip
    yield "audit", {
        "audit_id": f"{org}-audit", "occurred_at": at, "actor": f"{org}-key", "action": "org.put",
        "target": org, "org_id": org,
    }  # fmt: skip


def org_record(org: str) -> dict[str, Any]:
    return {
        "org_id": org, "name": f"{org} inc", "currency": "USD", "timezone": "Europe/Berlin",
        "monthly_revenue": {"2026-11": "300"}, "monthly_budget": "40",
    }  # fmt: skip


REPRICED = 2
"""The position of the record that corrects a price for all."""


Rows = dict[str, list[dict[str, Any]]]


async def fill(store: Store, orgs: Iterable[str]) -> None:
    """Everything of these orgs."""
    await migrate(store, "schemas.clickhouse")
    ledger = Ledger(store, "twins")
    await ledger.prepare()
    cascade = Cascade(store, ledger.scratch)
    lines, rows = _told({*orgs})
    cascade.touch((await ledger.flush(lines)).hours)
    for table, listed in rows.items():
        await store.insert_bytes(table, b"\n".join(map(orjson.dumps, listed)))
    while cascade.hours.dirty or cascade.days.dirty or cascade.subjects.dirty:
        await cascade.refresh(everything=True)


def _told(orgs: set[str]) -> tuple[list[bytes], Rows]:
    """Lines of priced.v1, and rows of the mirrors. Positions are those of a log of both orgs."""
    book, position, lines = PriceBook(), 0, []
    at = NOW.isoformat()
    rows: Rows = {
        "repricings": [{"position": REPRICED, "step": 1, "state": "done", "updated_at": at}],
        "progress": [{"topic": "priced.v1", "position": 1, "end_offset": 1, "record_at": at,
                      "flushed_at": at}],
    }  # fmt: skip
    for org in ("", OWN, OTHER):
        published = records(org)
        if not org or org in orgs:
            _publish(rows, book, position, published)
        position += len(published)
        if org in orgs:
            talks = [*steps(org), *([strays()] if org == OTHER else [])]
            lines += [line for talk in talks for line in _priced(talk, book)]
            _mirrored(rows, org)
    return lines, rows


def _publish(rows: Rows, book: PriceBook, position: int, published: list[dict[str, Any]]) -> None:
    for number, record in enumerate(published, position):
        value = orjson.dumps(record)
        key = book_key(BOOK_RECORD.validate_json(value)).encode()
        book.apply(key, value, number)
        _keep(rows, mirrors.prices(mirrors.Source("prices.v1", 0, number, NOW, key), value))


def _priced(talk: list[dict[str, Any]], book: PriceBook) -> list[bytes]:
    outputs = Outputs()
    decide(b"\n".join(map(orjson.dumps, talk)), Position("calls.v1", 0, 0, NOW), book, outputs)
    assert not outputs.dead, outputs.dead[0]
    return outputs.priced


def _mirrored(rows: Rows, org: str) -> None:
    source = mirrors.Source("any", 0, 0, NOW, org.encode())
    read = {"contents": mirrors.contents, "outcomes": mirrors.outcomes}
    for table, record in said(org):
        _keep(rows, read[table](source, orjson.dumps(record)))
    _keep(rows, mirrors.orgs(source, orjson.dumps(org_record(org))))
    for table, row in tables(org):
        rows.setdefault(table, []).append(row)


def _keep(rows: Rows, found: Iterable[mirrors.Mirrored]) -> None:
    for one in found:
        assert one.dead is None, one.dead
        assert one.row is not None
        rows.setdefault(one.table, []).append(one.row)
