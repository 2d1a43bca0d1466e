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

from services.api.http import build
from services.api.query.dims import COLUMNS
from services.api.reader import Reader
from services.api.settings import Settings
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import DAYS, NOW, Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu"]
DIMS = {d: d for d in ("org", "provider", "model", "operation", "feature", "assistant", "status")}
DIMS |= {"user": "user", "conversation": "conversation", "price_record": "price_record"}
MEASURES = ["cost", "charge", "calls", "steps", "errors", "pending_calls", "tokens"]


def value(measure: str, events: Sequence[Event]) -> Any:
    if measure in ("cost", "charge"):
        priced = [e for e in events if not e.pending and e.currency == "USD"]
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
    measures = rng.sample(MEASURES, rng.randrange(1, 5))
    by = [
        {"dim": dim, "top": rng.choice([0, 1, 2, 7]), "order": "cost"}
        for dim in rng.sample(list(DIMS), rng.randrange(3))
    ]
    where = []
    if rng.random() < 0.5:
        models = rng.sample([f"m{n}" for n in range(9)], 4)
        where.append({"dim": "model", rng.choice(["in", "not_in"]): models})
    if rng.random() < 0.3:
        where.append({"dim": "feature", "is_null": rng.random() < 0.5})
    query = {
        "measures": measures, "by": by, "where": where, "from": since.isoformat(),
        "to": until.isoformat(), "tz": zone.key,
        "interval": rng.choice([None, "day", "week", "month", "auto"]),
        "compare": rng.choice([None, "previous", "week"]),
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
    groups = [(g, [e for e in events if is_in(e, g["key"])]) for g in part["groups"]]
    full = [id(e) for g, found in groups if not g.get("is_other") for e in found]
    groups = [
        (g, [e for e in found if id(e) not in full] if g.get("is_other") else found)
        for g, found in groups
    ]
    shown = {id(e) for _, found in groups for e in found}
    rest = [e for e in events if id(e) not in shown] if query["by"] else []
    assert bool(part["other"]) == bool(rest)
    cells = [*groups, (part["total"], events), *([(part["other"], rest)] if rest else [])]
    for cell, found in cells:
        for measure in query["measures"]:
            assert same(cell["total"][measure], value(measure, found)), (measure, cell)
            if query["interval"]:
                for n, (start, end) in enumerate(edges):
                    inside = [e for e in found if start <= e.at < end]
                    assert same(cell["series"][measure][n], value(measure, inside))


@pytest.mark.parametrize("seed", range(60))
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
    assert got["completeness"]["pending_calls"] == sum(bool(e.pending) for e in chosen)
    if query["compare"]:
        start, end = (datetime.fromisoformat(got["query"]["compare"][n]) for n in ("from", "to"))
        before = [e for e in events if start <= e.at < end and fits(e, query)]
        check(got["previous"], before, query)
        assert [g["key"] for g in got["previous"]["groups"] if not g.get("is_other")] == [
            g["key"] for g in got["groups"] if not g.get("is_other")
        ]


@pytest.mark.parametrize("dim", ["model", "assistant", "user", None])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
async def test_states_merge_to_what_the_calls_tell(
    dim: str | None, zone: str, client_of: Clients, events: list[Event]
) -> None:
    query = {
        "measures": ["conversations", "users", "latency_ms.p95", "ttft_ms.p50", "latency_ms.n",
                     "cost_per_conversation"],
        "by": [{"dim": dim, "top": 3}] if dim else [], "from": "2026-11-01T00:00",
        "to": "2026-11-20T00:00", "tz": zone, "interval": "week",
    }  # fmt: skip
    async with client_of("reader") as client:
        answer = await client.post("/v1/query", json=query)
    assert answer.status_code == 200, answer.text
    got = answer.json()
    since, until = (datetime.fromisoformat(got["query"][name]) for name in ("from", "to"))
    chosen = [e for e in events if since <= e.at < until]
    cells = [(got["total"], chosen)]
    cells += [(g, [e for e in chosen if is_in(e, g["key"])]) for g in got["groups"]]
    for cell, found in cells:
        check_states(cell["total"], found)
        for n, bucket in enumerate(got["buckets"]):
            start, end = (datetime.fromisoformat(bucket[name]) for name in ("start", "end"))
            inside = [e for e in found if start <= e.at < end]
            check_states({m: cell["series"][m][n] for m in query["measures"]}, inside)


def check_states(told: dict[str, Any], events: list[Event]) -> None:
    assert told["conversations"] == len({(e.org, e.conversation) for e in events if e.conversation})
    assert told["users"] == len({(e.org, e.user) for e in events if e.user})
    timed = [e for e in events if e.status == "ok" and e.operation in ("chat", "embeddings")]
    times = sorted(e.duration for e in timed)
    assert told["latency_ms.n"] == len(times)
    if not times:
        assert told["latency_ms.p95"] is None
    else:
        low, high = (times[int(0.95 * (len(times) - 1)) + n] if n + 1 < len(times) else times[-1]
                     for n in (0, 1))  # fmt: skip
        assert low * 0.98 <= told["latency_ms.p95"] <= high * 1.02
    priced = [e for e in events if not e.pending and e.currency == "USD" and e.conversation]
    talks = {(e.org, e.conversation) for e in priced}
    if not talks:
        assert told["cost_per_conversation"] is None
    else:
        each = sum((e.cost for e in priced), Decimal(0)) / len(talks)
        assert abs(Decimal(told["cost_per_conversation"]) - each) < Decimal("1e-17")


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


async def test_another_org_is_answered_as_an_unknown_one(client_of: Clients) -> None:
    async with client_of("acme") as client:
        for name in ("globex", "nobody"):
            query = {"measures": ["cost"], "where": [{"dim": "org", "in": [name]}]}
            answer = await client.post("/v1/query", json=query)
            assert (answer.status_code, answer.json()["detail"]) == (404, "no such org")


@pytest.mark.parametrize("dim", sorted(COLUMNS))
async def test_an_org_learns_nothing_of_another(dim: str, client_of: Clients) -> None:
    """By every dimension, with every kind of measure: bodies, headers, error texts."""
    asked = {"from": "2026-10-01T00:00", "by": [{"dim": dim, "top": 50}], "compare": "previous"}
    queries = [
        asked | {"measures": [measure]}
        for measure in ("cost", "conversations", "latency_ms.p95", "outcomes", "margin")
    ]
    async with client_of("acme") as client:
        batch = await client.post("/v1/query/batch", json={"queries": queries})
        explained = await client.post("/v1/explain-change", json={"from": "2026-11-01T00:00"})
    async with client_of("reader") as client:
        own = {"measures": ["steps"], "from": "2026-10-01T00:00",
               "where": [{"dim": "org", "in": ["acme"]}]}  # fmt: skip
        steps = (await client.post("/v1/query", json=own)).json()["total"]["total"]["steps"]
    async with client_of("acme") as client:
        del own["where"]
        mine = (await client.post("/v1/query", json=own)).json()["total"]["total"]["steps"]
    assert mine == steps
    for answer in (batch, explained):
        assert answer.status_code == 200, answer.text
        seen = json.dumps(answer.json(), ensure_ascii=False) + str(answer.headers)
        assert not [name for name in ("globex", "Ünï'co") if name in seen]


async def test_a_key_that_asks_too_much_is_told_to_wait(
    client_of: Clients, settings: Settings
) -> None:
    app = build(settings.model_copy(update={"query_units_per_minute": 50}), Reader(settings),
                FakeWriter(), lambda: NOW)  # fmt: skip
    headers = {"authorization": "Bearer reader-secret"}
    dear = {"measures": ["cost"], "by": [{"dim": "user"}], "from": "now-10d/d", "to": "now/d"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers=headers
    ) as client:
        first = await client.post("/v1/query", json=dear)
        second = await client.post("/v1/query", json=dear)
    assert (first.status_code, first.json()["units"]) == (200, 40)
    assert second.status_code == 429
    assert int(second.headers["retry-after"]) == 37
    assert second.json()["units_left"] == 10
    await app.state.reader.close()
