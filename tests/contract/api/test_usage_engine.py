"""Usage answers on the real engine against plain Python over the same events."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.contract.api.world import DAYS, NOW, Event, expected, told

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu"]
BY = ["org", "provider", "model", "operation", "feature", "assistant"]


def choose(rng: random.Random) -> tuple[dict[str, Any], datetime, datetime]:
    """A random question that has few enough buckets."""
    zone = ZoneInfo(rng.choice(ZONES))
    until = NOW - timedelta(minutes=rng.randrange(20_000) if rng.random() < 0.7 else 0)
    days = rng.choice([1, 3, DAYS])
    since = until - timedelta(minutes=rng.randrange(1, days * 1440))
    if rng.random() < 0.5:
        since = since.astimezone(zone).replace(hour=0, minute=0)
        until = until.astimezone(zone).replace(hour=0, minute=0) + timedelta(days=1)
    interval = rng.choice(["none", "day", "week", "month", "hour", "auto"])
    asked: dict[str, Any] = {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "tz": zone.key,
        "interval": interval,
        "by": rng.sample(BY, rng.randrange(4)),
        "top": rng.choice([1, 2, 20]),
        "order": rng.choice(["cost", "charge", "calls", "tokens"]),
    }
    if rng.random() < 0.5:
        asked["model"] = rng.sample([f"m{n}" for n in range(9)], 4)
    if rng.random() < 0.3:
        asked["org"] = ["acme", "Ünï'co\"de\\ 🦊"]
    if rng.random() < 0.3:
        asked["status"] = ["error"]
    return asked, since, until


def selected(
    events: Sequence[Event], asked: dict[str, Any], since: datetime, until: datetime
) -> list[Event]:
    filters = {name: asked[name] for name in ("model", "org", "status") if name in asked}
    return [e for e in events if since <= e.at < until and e.is_in(filters)]


@pytest.mark.parametrize("seed", range(40))
async def test_any_slice_equals_the_oracle(
    seed: int, client_of: Clients, events: list[Event]
) -> None:
    asked, since, until = choose(random.Random(seed))
    async with client_of("reader") as client:
        answer = await client.get("/v1/usage", params=asked)
    if answer.status_code == 422:
        assert answer.json()["field"] in ("top", "interval")
        return
    assert answer.status_code == 200, answer.text
    got, chosen = answer.json(), selected(events, asked, since, until)
    assert told(got["total"]["total"]) == expected(chosen)
    for index, bucket in enumerate(got["buckets"]) if len(got["buckets"]) > 1 else ():
        start, end = (datetime.fromisoformat(bucket[name]) for name in ("start", "end"))
        inside = [e for e in chosen if start <= e.at < end]
        assert told(at(got["total"]["series"], index)) == nonzero(expected(inside))
    seen: list[Event] = []
    for group in got["groups"]:
        member = [e for e in chosen if e.is_in({n: [v] for n, v in group["key"].items()})]
        assert told(group["total"]) == expected(member), group["key"]
        seen += member
    rest = [e for e in chosen if e not in seen] if asked["by"] else []
    assert bool(got["other"]) == bool(rest)
    if rest:
        assert told(got["other"]["total"]) == expected(rest)
        least = min(rank(asked["order"], g["total"]) for g in got["groups"])
        assert len(got["groups"]) == asked["top"]
        assert least >= 0
    pending = [e for e in chosen if e.pending]
    complete = got["completeness"]
    assert complete["pending_calls"] == len(pending)
    assert complete["pending_tokens"] == sum(e.tokens for e in pending)
    assert complete["unattributed_calls"] == sum(e.org == "unattributed" for e in chosen)
    oldest = complete["oldest_pending_at"]
    if pending:
        first = min(e.at for e in pending)
        assert datetime.fromisoformat(oldest) == first
    else:
        assert oldest is None


def nonzero(values: dict[str, Any]) -> dict[str, Any]:
    money = {n: {c: v for c, v in values[n].items() if v} for n in ("cost", "charge")}
    return values | money


def at(series: Any, index: int) -> Any:
    """One bucket of a series, as values; a currency without money there is left out."""
    if isinstance(series, list):
        return series[index]
    told = {name: at(inner, index) for name, inner in series.items()}
    return (
        told
        if "cost" not in told
        else told
        | {
            name: {c: v for c, v in told[name].items() if told["charge"][c] != "0"}
            for name in ("cost", "charge")
        }
    )


def rank(order: str, values: dict[str, Any]) -> Decimal:
    if order in ("cost", "charge"):
        return Decimal(values[order].get("USD", "0"))
    return Decimal(values["steps"] if order == "calls" else sum(values["tokens"].values()))


async def test_all_zones_give_the_same_grand_total(client_of: Clients) -> None:
    totals = []
    async with client_of("reader") as client:
        for zone in ZONES:
            params = {"from": "2026-11-01T03:15Z", "to": "2026-11-20T17:45Z", "tz": zone}
            for interval in ("none", "day", "month"):
                answer = await client.get("/v1/usage", params=params | {"interval": interval})
                totals.append(answer.json()["total"]["total"])
    assert all(total == totals[0] for total in totals)


async def test_the_estimate_bounds_pending_calls(client_of: Clients, events: list[Event]) -> None:
    async with client_of("reader") as client:
        answer = (await client.get("/v1/pending", params={"by": "x"})).status_code
        got = (await client.get("/v1/pending")).json()
    assert answer == 400
    pending = [e for e in events if e.pending]
    assert sum(group["calls"] for group in got["pending"]) == len(pending)
    low = sum(e.tokens * (Decimal("0.5") if e.provider == "openai" else 3) for e in pending)
    estimate = got["completeness"]["estimate"]
    assert Decimal(estimate["low"]) <= low / Decimal(1_000_000) <= Decimal(estimate["high"])


@pytest.mark.parametrize(
    ("params", "status", "field"),
    [
        ({"by": "customer"}, 400, "by"),
        ({"by": "org,model,feature,assistant"}, 400, "by"),
        ({"tz": "Mars/Olympus"}, 422, "tz"),
        ({"tz": "../../etc/passwd"}, 422, "tz"),
        ({"from": "yesterday"}, 400, "from"),
        ({"from": "2026-11-22T00:00Z", "to": "2026-11-21T00:00Z"}, 400, "from"),
        ({"from": "2024-01-01T00:00Z", "interval": "minute"}, 422, "interval"),
        ({"from": "2026-10-01T00:00Z", "interval": "hour", "by": "org", "top": "1000"}, 422, "top"),
        ({"interval": "fortnight"}, 400, "interval"),
        ({"colour": "red"}, 400, "colour"),
        ({"currency": "usd"}, 400, "currency"),
        ({"model": [str(n) for n in range(101)]}, 400, "model"),
    ],
)
async def test_a_wrong_parameter_is_named(
    client_of: Clients, params: dict[str, Any], status: int, field: str
) -> None:
    async with client_of("reader") as client:
        answer = await client.get("/v1/usage", params=params)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("measures", ["cost", "calls", "tokens,cache_saved", "errors,steps,charge"])
@pytest.mark.parametrize("order", ["cost", "tokens"])
async def test_fewer_measures_are_those_of_the_whole_answer(
    measures: str, order: str, client_of: Clients
) -> None:
    asked = f"/v1/usage?from=2026-10-20T00:00Z&by=model&interval=week&top=3&order={order}"
    names = measures.split(",")
    async with client_of("reader") as client:
        whole = (await client.get(asked)).json()
        some = (await client.get(f"{asked}&measures={measures}")).json()
        wrong = await client.get(f"{asked}&measures=cots")
    for part in [*whole["groups"], whole["other"], whole["total"]]:
        for kind in ("total", "series"):
            part[kind] = {name: part[kind][name] for name in names}
    assert some == whole
    assert (wrong.status_code, wrong.json()["field"]) == (400, "measures")
