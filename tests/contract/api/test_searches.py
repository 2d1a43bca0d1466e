"""Searches for traces and conversations against plain Python over the same events."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.contract.api.world import DAYS, NOW, Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
START = NOW - timedelta(days=DAYS + 1)
CALLS = ("chat", "embeddings")


def groups(events: Sequence[Event], subject: str) -> dict[tuple[str, str], list[Event]]:
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        found[event.org, event.trace if subject == "traces" else event.conversation].append(event)
    return found


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def figures(own: Sequence[Event]) -> dict[str, Any]:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for event in own:
        if not event.pending:
            costs[event.currency] += event.cost
    first = min(ms(e.at) - e.duration for e in own)
    return {
        "steps": len(own),
        "calls": sum(e.operation in CALLS for e in own),
        "errors": sum(e.status == "error" for e in own),
        "pending_calls": sum(bool(e.pending) for e in own),
        "costs": costs,
        "duration_ms": max(ms(e.at) for e in own) - first,
        "ended": max(ms(e.at) for e in own),
    }


def told(found: dict[str, Any]) -> dict[str, Any]:
    ended = datetime.fromisoformat(found.get("ended_at") or found["last_at"])
    return {
        **{n: found[n] for n in ("steps", "calls", "errors", "pending_calls", "duration_ms")},
        "costs": {c: Decimal(v) for c, v in found["costs"].items()},
        "ended": ms(ended),
    }


async def pages(client: httpx.AsyncClient, subject: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        told = await client.get(f"/v1/{subject}", params=asked | {"cursor": cursor})
        assert told.status_code == 200, told.text
        found += told.json()[subject]
        cursor = told.json()["next"]
    return found


def named(subject: str, found: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(f["org"], f[f"{subject[:-1]}_id"]) for f in found]


def wanted(events: Sequence[Event], subject: str, asked: dict[str, Any]) -> set[tuple[str, str]]:
    """Who has a step with all of what is asked, and figures within the bounds."""
    found = set()
    for key, own in groups(events, subject).items():
        sums = figures(own)
        cost = sums["costs"].get("USD", Decimal(0))
        state = {"error": sums["errors"] > 0, "pending": sums["pending_calls"] > 0,
                 "ok": not sums["errors"]}  # fmt: skip
        if (
            any(all(getattr(e, n) == asked[n] for n in ("model", "assistant", "user", "feature")
                    if n in asked) for e in own)
            and key[0] in asked.get("org", key[0])
            and state[asked.get("status", "ok")] | ("status" not in asked)
            and cost >= Decimal(asked.get("min_cost", "0"))
            and cost <= Decimal(asked.get("max_cost", "99"))
            and sums["duration_ms"] >= asked.get("min_duration_ms", 0)
        ):  # fmt: skip
            found.add(key)
    return found


@pytest.mark.parametrize("subject", ["traces", "conversations"])
async def test_all_pages_are_the_usage_of_the_range(
    subject: str, client_of: Clients, events: list[Event]
) -> None:
    asked = {"from": START.isoformat(), "to": NOW.isoformat()}
    truth = groups(events, subject)
    async with client_of("reader") as client:
        usage = {}
        for currency in ("USD", "EUR"):
            told_ = await client.get("/v1/usage", params=asked | {"currency": currency})
            usage[currency] = told_.json()["total"]["total"]
        for order in ("recent", "cost") if subject == "traces" else ("duration",):
            found = await pages(client, subject, order=order, limit=200, **asked)
            assert len(found) == len(truth)
            for key, one in zip(named(subject, found), found, strict=True):
                assert told(one) == figures(truth[key]), key
            rank = {"recent": "ended", "duration": "duration_ms"}.get(order, order)
            ranks = [Decimal(f["costs"].get("USD", 0)) if order == "cost" else told(f)[rank]
                     for f in found]  # fmt: skip
            assert ranks == sorted(ranks, reverse=True)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        for currency, cost in one["costs"].items():
            sums[currency] += Decimal(cost)
    assert sums == {currency: Decimal(whole["cost"]) for currency, whole in usage.items()}
    assert sum(f["steps"] for f in found) == usage["USD"]["steps"]


async def test_filters_choose_whole_subjects(client_of: Clients, events: list[Event]) -> None:
    rng = random.Random(11)
    choices: dict[str, list[Any]] = {
        "model": [f"m{n}" for n in range(9)], "assistant": ["support", "sales"],
        "user": [f"u{n}" for n in range(5)], "feature": ["refunds"],
        "org": ["acme", "globex", "unattributed"], "status": ["ok", "error", "pending"],
        "min_cost": ["0.4", "0.75"], "max_cost": ["0.5", "1.000000001"],
        "min_duration_ms": [500, 3_600_000],
    }  # fmt: skip
    async with client_of("reader") as client:
        for _ in range(8):
            picked = {name: rng.choice(choices[name]) for name in rng.sample(list(choices), 2)}
            subject = rng.choice(["traces", "conversations"])
            asked = {"from": START.isoformat(), "to": NOW.isoformat(), "limit": 200}
            order = rng.choice(["recent", "cost"])
            found = await pages(client, subject, order=order, **asked, **picked)
            assert len(found) == len(set(named(subject, found)))
            assert set(named(subject, found)) == wanted(events, subject, picked), picked


async def test_conditions_leave_out_and_times_are_relative(
    client_of: Clients, events: list[Event]
) -> None:
    """One step must meet all of them; `now-41d/d` is a day of the zone, as in a question."""
    where: list[dict[str, Any]] = [
        {"dim": "model", "not_in": ["m1", "m2", "m3"]}, {"dim": "feature", "is_null": False},
        {"dim": "org", "not_in": ["acme"]},
    ]  # fmt: skip
    asked = {"from": f"now-{DAYS + 1}d/d", "to": "now", "tz": "Europe/Berlin", "limit": 200}
    async with client_of("reader") as client:
        for subject in ("traces", "conversations"):
            found = await pages(client, subject, where=[json.dumps(w) for w in where], **asked)
            assert set(named(subject, found)) == {
                key
                for key, own in groups(events, subject).items()
                if any(e.model not in where[0]["not_in"] and e.feature for e in own)
                and key[0] != "acme"
            }
        category = {"where": '{"dim": "token_category", "in": ["input"]}'}
        refused = await client.get("/v1/traces", params=category)
    async with client_of("acme") as client:
        for path in ("traces", "spend"):
            other = {"where": '{"dim": "org", "in": ["globex"]}'}
            assert (await client.get(f"/v1/{path}", params=other)).status_code == 404
    assert (refused.status_code, refused.json()["field"]) == (422, "where.0.dim")


async def test_small_pages_of_the_newest_have_no_gap(
    client_of: Clients, events: list[Event]
) -> None:
    """Through all windows: what is found near the end is completed from further back."""
    truth = groups([e for e in events if e.org == "acme"], "conversations")
    newest = sorted(truth, key=lambda k: (figures(truth[k])["ended"], *k), reverse=True)
    async with client_of("acme") as client:
        found = await pages(client, "conversations", limit=45, **{"from": START.isoformat()})
        first = (await client.get("/v1/conversations?limit=1")).json()
        other = await client.get(f"/v1/conversations?order=cost&cursor={first['next']}")
        assert (other.status_code, other.json()["field"]) == (400, "cursor")
        for wrong in ("xx", "W10", "!", "bnVsbA"):
            assert (await client.get(f"/v1/traces?cursor={wrong}")).status_code == 400
    assert named("conversations", found) == newest
    for one in found:
        assert told(one) == figures(truth["acme", one["conversation_id"]])


async def test_a_conversation_is_its_turns(client_of: Clients, events: list[Event]) -> None:
    for key, number in (("reader", 3), ("acme", 4)):
        own = [e for e in events if e.conversation == f"c{number}"]
        own = [e for e in own if key == "reader" or e.org == key]
        async with client_of(key) as client:
            got = (await client.get(f"/v1/conversations/c{number}")).json()
        truth = groups(own, "traces")
        assert {(t["org"], t["trace_id"]) for t in got["turns"]} == set(truth)
        running: dict[str, Decimal] = defaultdict(Decimal)
        for turn in got["turns"]:
            assert told(turn) == figures(truth[turn["org"], turn["trace_id"]])
            for currency, cost in turn["costs"].items():
                running[currency] += Decimal(cost)
            assert {c: Decimal(v) for c, v in turn["running"].items()} == running
        starts = [turn["started_at"] for turn in got["turns"]]
        assert starts == sorted(starts)
        assert told(got["total"]) == figures(own)
        assert got["orgs"] == sorted({e.org for e in own})
    async with client_of("acme") as client:
        assert (await client.get("/v1/conversations/nobody")).status_code == 404


async def test_columns_say_what_the_tree_says(client_of: Clients) -> None:
    async with client_of("reader") as client:
        whole = (await client.get("/v1/traces/t3")).json()
        first = (await client.get("/v1/traces/t3/steps?limit=3")).json()
        rest = (await client.get("/v1/traces/t3/steps?limit=3&offset=3")).json()
        beyond = await client.get("/v1/traces/t3/steps?offset=4")
        assert (await client.get("/v1/traces/nobody/steps")).status_code == 404
    assert (first["count"], first["next"], rest["next"], beyond.status_code) == (4, 3, None, 400)
    assert first["total"] == whole["total"]
    told = {name: first["columns"][name] + rest["columns"][name] for name in first["columns"]}
    ids = told["event_id"]
    for row, step in enumerate(whole["steps"]):
        for name in ("event_id", "depth", "cost", "model", "is_counted", "pending", "is_orphan"):
            assert told[name][row] == step[name]
        parent = told["parent"][row]
        assert (ids[parent] if parent >= 0 else None) == step["parent_event_id"]
        assert told["subtree_cost"][row] == step["subtree"]["cost"]
        assert step["call"] is None or step["call"]["why"] == "told_once"
