"""The query form on the real engine against plain Python over the same events, and its laws."""

import base64
import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.contract.api.world import DAYS, NOW, Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu"]
DIMS = {d: d for d in ("org", "provider", "model", "operation", "feature", "assistant", "status")}
DIMS |= {"user": "user", "conversation": "conversation", "price_record": "price_record"}
MEASURES = ["cost", "charge", "calls", "steps", "errors", "pending_calls", "tokens"]


def value(measure: str, events: Sequence[Event], currency: str = "USD") -> Any:
    if measure in ("cost", "charge"):
        priced = [e for e in events if not e.pending and e.currency == currency]
        if not priced and any(e.pending for e in events):
            return None
        return sum((e.cost * (1 if measure == "cost" else Decimal("1.2")) for e in priced),
                   Decimal(0))  # fmt: skip
    return {
        "calls": sum(e.operation in ("chat", "embeddings") for e in events),
        "steps": len(events),
        "errors": sum(e.status == "error" for e in events),
        "pending_calls": sum(bool(e.pending) for e in events),
        "tokens": sum(e.tokens for e in events),
    }[measure]


def same(told: Any, wanted: Any) -> bool:
    if isinstance(wanted, Decimal):
        return told is not None and Decimal(told) == wanted
    return bool(told == wanted)


def draw_query(rng: random.Random) -> tuple[dict[str, Any], datetime, datetime]:
    zone = ZoneInfo(rng.choice(ZONES))
    until = NOW - timedelta(minutes=rng.randrange(20_000) if rng.random() < 0.7 else 0)
    since = until - timedelta(minutes=rng.randrange(1, rng.choice([1, 3, DAYS]) * 1440))
    if rng.random() < 0.3:
        since = since.astimezone(zone).replace(hour=0, minute=0)
    order = rng.choice(["cost", "charge", "steps", "tokens"])
    by = [
        {"dim": dim, "top": rng.choice([0, 1, 2, 7]), "order": order}
        for dim in rng.sample(list(DIMS), rng.randrange(4))
    ]
    where = []
    if rng.random() < 0.5:
        models = rng.sample([f"m{n}" for n in range(9)], 4)
        where.append({"dim": "model", rng.choice(["in", "not_in"]): models})
    if rng.random() < 0.3:
        where.append({"dim": "feature", "is_null": rng.random() < 0.5})
    if rng.random() < 0.3:
        where.append({"dim": "org", "in": ["acme", "Ünï'co\"de\\ 🦊"]})
    if rng.random() < 0.3:
        where.append({"dim": "status", "in": ["error"]})
    query = {
        "measures": rng.sample(MEASURES, rng.randrange(1, len(MEASURES) + 1)), "by": by,
        "where": where, "from": since.isoformat(), "to": until.isoformat(), "tz": zone.key,
        "interval": rng.choice([None, "1m", "15m", "hour", "day", "week", "month", "auto"]),
        "compare": rng.choice([None, "previous", "week"]),
        "currency": rng.choice(["USD", "USD", "EUR"]),
    }  # fmt: skip
    return query, since, until


def fits(event: Event, query: dict[str, Any]) -> bool:
    for where in query["where"]:
        own = getattr(event, where["dim"])
        if "in" in where and own not in where["in"]:
            return False
        if "not_in" in where and own in where["not_in"]:
            return False
        if "is_null" in where and (own == "") != where["is_null"]:
            return False
    return True


def is_in(event: Event, key: dict[str, Any]) -> bool:
    return all(getattr(event, dim) == (own or "") for dim, own in key.items())


def check(part: dict[str, Any], events: list[Event], query: dict[str, Any]) -> None:
    """Groups, Other and total of one range equal the oracle, in each bucket and overall."""
    edges = [tuple(datetime.fromisoformat(b[n]) for n in ("start", "end")) for b in part["buckets"]]
    taken: set[int] = set()
    groups = []
    for group in sorted(part["groups"], key=lambda g: -len(g["key"])):  # the rest comes last
        found = [e for e in events if is_in(e, group["key"]) and id(e) not in taken]
        taken |= {id(e) for e in found}
        groups.append((group, found))
    rest = [e for e in events if id(e) not in taken] if query["by"] else []
    assert bool(part["other"]) == bool(rest)
    cells = [*groups, (part["total"], events), *([(part["other"], rest)] if rest else [])]
    for cell, found in cells:
        for measure in query["measures"]:
            wanted = value(measure, found, query["currency"])
            assert same(cell["total"][measure], wanted), (measure, cell)
    if query["interval"]:
        for n, (start, end) in enumerate(edges if len(edges) < 200 else edges[::9]):
            n = n if len(edges) < 200 else n * 9
            for cell, found in cells:
                inside = [e for e in found if start <= e.at < end]
                for measure in query["measures"]:
                    wanted = value(measure, inside, query["currency"])
                    assert same(cell["series"][measure][n], wanted)


def check_rank(got: dict[str, Any], events: list[Event], query: dict[str, Any]) -> None:
    """The members of the first dimension are its largest, ties by name."""
    first, order = query["by"][0], query["by"][0]["order"]

    def worth(member: str) -> Any:
        inside = [e for e in events if getattr(e, first["dim"]) == member]
        return value(order, inside, query["currency"]) or 0

    names = {getattr(e, first["dim"]) for e in events}
    wanted = sorted(names, key=lambda name: (-worth(name), name))
    shown = dict.fromkeys(g["key"][first["dim"]] or "" for g in got["groups"])
    assert list(shown) == wanted[: first["top"]]
    if got["other"]:
        assert got["other"]["members"] == len(names) - len(shown)


def check_complete(complete: dict[str, Any], events: list[Event], query: dict[str, Any]) -> None:
    pending = [e for e in events if e.pending]
    assert complete["pending_calls"] == len(pending)
    assert complete["pending_tokens"] == sum(e.tokens for e in pending)
    assert complete["unattributed_calls"] == sum(e.org == "unattributed" for e in events)
    oldest = complete["oldest_pending_at"]
    if pending:
        assert datetime.fromisoformat(oldest) == min(e.at for e in pending)
    else:
        assert oldest is None
    if {"cost", "charge"} & {*query["measures"]}:
        known = {e.currency for e in events if not e.pending} - {query["currency"]}
        assert complete["other_currencies"] == sorted(known)


@pytest.mark.parametrize("seed", range(90))
async def test_any_question_equals_the_oracle(
    seed: int, client_of: Clients, events: list[Event]
) -> None:
    query, since, until = draw_query(random.Random(seed))
    async with client_of("reader") as client:
        answer = await client.post("/v1/query", json=query)
    if answer.status_code == 422:
        assert answer.json()["field"] in ("by", "interval")
        return
    assert answer.status_code == 200, answer.text
    got = answer.json()
    chosen = [e for e in events if since <= e.at < until and fits(e, query)]
    check(got, chosen, query)
    check_complete(got["completeness"], chosen, query)
    if query["by"]:
        check_rank(got, chosen, query)
    if query["compare"]:
        start, end = (datetime.fromisoformat(got["query"]["compare"][n]) for n in ("from", "to"))
        before = [e for e in events if start <= e.at < end and fits(e, query)]
        check(got["previous"], before, query)
        assert [g["key"] for g in got["previous"]["groups"] if not g.get("is_other")] == [
            g["key"] for g in got["groups"] if not g.get("is_other")
        ]


async def test_get_and_batch_answer_as_post_does(client_of: Clients) -> None:
    query = {"measures": ["cost"], "by": [{"dim": "model"}], "from": "2026-11-01T00:00"}
    encoded = base64.urlsafe_b64encode(json.dumps(query).encode()).decode().rstrip("=")
    wrong = query | {"measures": ["cots"]}
    async with client_of("reader") as client:
        posted = (await client.post("/v1/query", json=query)).json()
        got = (await client.get("/v1/query", params={"q": encoded})).json()
        batch = (await client.post("/v1/query/batch", json={"queries": [query, wrong]})).json()
    assert posted == got == batch["answers"][0]
    assert batch["answers"][1]["status"] == 400
    assert batch["answers"][1]["hint"] == "did you mean 'cost'?"


async def test_change_ranks_by_absolute_difference(client_of: Clients, events: list[Event]) -> None:
    query = {
        "measures": ["cost"], "by": [{"dim": "model", "top": 3, "order": "change"}],
        "from": "2026-11-08T00:00", "to": "2026-11-15T00:00", "compare": "week",
    }  # fmt: skip
    async with client_of("reader") as client:
        got = (await client.post("/v1/query", json=query)).json()

    def cost(model: str, day: int) -> Decimal:
        start = NOW.replace(day=day, hour=0, minute=0)
        inside = [e for e in events if e.model == model and start <= e.at < start + timedelta(7)]
        return value("cost", inside) or Decimal(0)

    changes = {m: abs(cost(m, 8) - cost(m, 1)) for m in {e.model for e in events}}
    wanted = sorted(changes, key=lambda m: (-changes[m], m))[:3]
    assert [g["key"]["model"] for g in got["groups"]] == wanted
    assert got["other"]["members"] == len(changes) - 3


@pytest.mark.parametrize("measure", ["cost", "tokens"])
async def test_categories_add_up(measure: str, client_of: Clients) -> None:
    asked = {"measures": [measure], "from": "2026-10-01T00:00", "interval": "month"}
    async with client_of("reader") as client:
        plain = (await client.post("/v1/query", json=asked)).json()
        by = asked | {"by": [{"dim": "token_category"}]}
        cut = (await client.post("/v1/query", json=by)).json()
    assert plain["total"]["series"] == cut["total"]["series"]
    assert cut["completeness"] == plain["completeness"]
    for n, whole in enumerate(cut["total"]["series"][measure]):
        assert sum(Decimal(g["series"][measure][n]) for g in cut["groups"]) == Decimal(whole)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"measures": ["cots"]}, 400, "measures"),
        ({"measures": []}, 400, "measures"),
        ({"by": [{"dim": "customer"}]}, 400, "by"),
        ({"by": [{"dim": "model"}, {"dim": "model"}]}, 400, "by"),
        ({"by": [{"dim": "model", "order": "change"}]}, 400, "by.0.order"),
        ({"by": [{"dim": "model", "order": "error_share"}]}, 400, "by.0.order"),
        ({"where": [{"dim": "model"}]}, 400, "where.0"),
        ({"where": [{"dim": "colour", "in": ["red"]}]}, 400, "where.0.dim"),
        ({"measures": ["calls"], "by": [{"dim": "token_category"}]}, 400, "measures"),
        ({"tz": "Mars/Olympus"}, 422, "tz"),
        ({"from": "yesterday"}, 400, "from"),
        ({"from": "now-7q"}, 400, "from"),
        ({"from": "now", "to": "now-1d"}, 400, "from"),
        ({"from": "2024-01-01T00:00Z", "interval": "1m"}, 422, "interval"),
        ({"interval": "hour", "from": "now-30d", "by": [{"dim": "org", "top": 100}]}, 422, "by"),
        ({"by": [{"dim": "org", "top": 1_001}]}, 400, "by.0.top"),
        ({"tz": "../../etc/passwd"}, 422, "tz"),
        ({"colour": "red"}, 400, "colour"),
        ({"currency": "usd"}, 400, "currency"),
        ({"where": [{"dim": "model", "in": ["x"] * 101}]}, 400, "where.0.in"),
    ],
)
async def test_a_wrong_question_is_named(
    client_of: Clients, change: dict[str, Any], status: int, field: str
) -> None:
    async with client_of("reader") as client:
        answer = await client.post("/v1/query", json={"measures": ["cost"]} | change)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
