"""Outcomes, feedback, revenue and margins on the real engine."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from services.api.settings import Settings
from tests.conftest import run_sql
from tests.contract.api.world import Event

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
RANGE = {"from": "2026-11-01T00:00", "to": "2026-12-01T00:00"}


@pytest.fixture(scope="module", autouse=True)
def told(settings: Settings, events: list[Event]) -> Iterator[None]:
    """Outcomes of conversations, and what two orgs pay."""
    url, database = settings.clickhouse_url, settings.clickhouse_database
    rows = []
    for number in range(60):
        event = events[number * 7]
        row = {
            "outcome_id": f"o{number}", "occurred_at": "2026-11-10T00:00:00Z", "org_id": event.org,
            "conversation_id": event.conversation, "kind": "outcome" if number % 2 else "feedback",
            "name": "resolved" if number % 4 == 1 else "thumb",
            "value": "1.5" if number % 3 else "0", "unit": "USD" if number % 2 else "",
        }  # fmt: skip
        rows.append(json.dumps(row, ensure_ascii=False))
    insert = f"INSERT INTO {database}.outcomes SETTINGS date_time_input_format='best_effort' "
    run_sql(url, insert + "FORMAT JSONEachRow\n" + "\n".join(rows))
    orgs = [
        {"org_id": "acme", "position": 100, "currency": "USD", "timezone": "Europe/Berlin",
         "monthly_revenue": {"2026-11": "100", "2026-10": "31"}, "record": "{}"},
        {"org_id": "globex", "position": 101, "currency": "EUR",
         "monthly_revenue": {"2026-11": "7"}, "record": "{}"},
    ]  # fmt: skip
    run_sql(
        url, f"INSERT INTO {database}.orgs FORMAT JSONEachRow\n" + "\n".join(map(json.dumps, orgs))
    )
    yield
    run_sql(url, f"TRUNCATE TABLE {database}.outcomes")
    run_sql(url, f"DELETE FROM {database}.orgs WHERE position >= 100")


async def ask(client: httpx.AsyncClient, **query: Any) -> Any:
    answer = await client.post("/v1/query", json=RANGE | query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_outcomes_and_feedback_are_counted(client_of: Clients) -> None:
    measures = ["outcomes", "resolved", "outcome_value", "feedback", "feedback_negative",
                "negative_share"]  # fmt: skip
    async with client_of("reader") as client:
        whole = (await ask(client, measures=measures))["total"]["total"]
        cut = await ask(client, measures=measures, by=[{"dim": "assistant", "top": 2}])
    assert whole == {
        "outcomes": 30, "resolved": 15, "outcome_value": "30", "feedback": 30,
        "feedback_negative": 10, "negative_share": round(10 / 30, 6),
    }  # fmt: skip
    assert cut["total"]["total"] == whole
    parts = [*cut["groups"], *([cut["other"]] if cut["other"] else [])]
    assert sum(part["total"]["outcomes"] for part in parts) == 30


async def test_revenue_belongs_to_days_of_the_org(client_of: Clients) -> None:
    async with client_of("reader") as client:
        got = await ask(
            client, measures=["revenue", "margin", "cost"], tz="Europe/Berlin", interval="day",
            by=[{"dim": "org", "top": 10}],
        )  # fmt: skip
        euro = await ask(client, measures=["revenue"], currency="EUR")
        narrow = await client.post(
            "/v1/query", json={"measures": ["margin"], "by": [{"dim": "model"}]}
        )
    acme = next(g for g in got["groups"] if g["key"]["org"] == "acme")
    assert acme["total"]["revenue"] == "100"
    assert sum(map(Decimal, acme["series"]["revenue"])) == 100
    assert Decimal(acme["total"]["margin"]) == 100 - Decimal(acme["total"]["cost"])
    others = [g["total"]["revenue"] for g in got["groups"] if g["key"]["org"] != "acme"]
    assert set(others) == {None}
    assert euro["total"]["total"]["revenue"] == "7"
    assert (narrow.status_code, narrow.json()["allowed"]) == (400, ["org"])


async def test_a_change_is_explained_to_the_digit(client_of: Clients) -> None:
    body = {"from": "2026-11-08T00:00", "to": "2026-11-15T00:00", "org": ["acme"]}
    async with client_of("reader") as client:
        answer = await client.post("/v1/explain-change", json=body)
        assert answer.status_code == 200, answer.text
        got = answer.json()
        where = [{"dim": "org", "in": ["acme"]}]
        plain = await ask(client, measures=["cost"], where=where, compare="previous",
                          **{k: body[k] for k in ("from", "to")})  # fmt: skip
    assert got["after"] == plain["total"]["total"]["cost"]
    assert got["before"] == plain["previous"]["total"]["total"]["cost"]
    difference = Decimal(got["after"]) - Decimal(got["before"])
    assert Decimal(got["difference"]) == difference
    assert sum(map(Decimal, got["parts"].values())) == difference
    assert sum(Decimal(driver["difference"]) for driver in got["drivers"]) == difference


@pytest.mark.parametrize("day", range(2, 16))
async def test_what_only_the_period_before_had_is_explained_too(
    client_of: Clients, day: int
) -> None:
    """A short period lacks some models, and some categories of a model, that another had."""
    body = {"from": f"2026-11-{day:02d}T08:00", "to": f"2026-11-{day:02d}T11:00"}
    async with client_of("reader") as client:
        got = (await client.post("/v1/explain-change", json=body)).json()
        by = [{"dim": "model", "top": 20}]
        measures = ["cost", "pending_calls"]
        plain = await ask(client, measures=measures, by=by, compare="previous", **body)
    before = plain["previous"]["total"]["total"]["cost"]
    assert Decimal(got["before"]) == Decimal(before or 0)
    assert Decimal(got["after"]) == Decimal(plain["total"]["total"]["cost"] or 0)
    assert sum(map(Decimal, got["parts"].values())) == Decimal(got["difference"])
    drivers = sum(Decimal(driver["difference"]) for driver in got["drivers"])
    assert drivers == Decimal(got["difference"])
    assert got["pending_calls"] == {
        "before": plain["previous"]["total"]["total"]["pending_calls"],
        "after": plain["total"]["total"]["pending_calls"],
    }
    spent = [
        {g["key"]["model"]: g["total"]["cost"] for g in told["groups"]}
        for told in (plain, await _alone(client_of, plain["previous"]["buckets"][0]))
    ]
    named = {model for told in spent for model, cost in told.items() if Decimal(cost or 0)}
    assert {driver["model"] for driver in got["drivers"]} == named
    for driver in got["drivers"]:
        parts = sum(Decimal(driver[name]) for name in got["parts"])
        assert parts == Decimal(driver["difference"])


async def _alone(client_of: Clients, before: dict[str, str]) -> Any:
    """The period before as a question of its own: every model it had."""
    async with client_of("reader") as client:
        by = [{"dim": "model", "top": 20}]
        return await ask(
            client, measures=["cost"], by=by, **{"from": before["start"], "to": before["end"]}
        )


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
async def test_output_speed_is_told_in_every_zone(client_of: Clients, zone: str) -> None:
    """Edges that are no whole hour are read from the calls: both must be of one type."""
    async with client_of("reader") as client:
        got = await ask(
            client, measures=["output_tokens_per_second"], tz=zone, interval="day",
            **{"from": "2026-11-08T00:07", "to": "2026-11-15T10:31"},
        )  # fmt: skip
    assert got["total"]["total"]["output_tokens_per_second"] is not None


async def test_spend_margins_and_budgets_are_those_of_the_engine(client_of: Clients) -> None:
    async with client_of("reader") as client:
        spend = (await client.get("/v1/spend", params=RANGE | {"from": "2026-11-15T00:00"})).json()
        margins = await client.get("/v1/margins", params=RANGE | {"tz": "Europe/Berlin"})
        by_assistant = await client.get("/v1/margins", params=RANGE | {"by": "assistant"})
        budgets = await client.get("/v1/budgets")
    async with client_of("acme") as client:
        refused = await client.get("/v1/spend", params={"org": "globex"})
    difference = Decimal(spend["range"]["cost"]) - Decimal(spend["range"]["previous"])
    assert Decimal(spend["range"]["change"]) == difference
    assert Decimal(spend["projection"]["value"]) > Decimal(spend["month_to_date"]["cost"])
    acme = next(g for g in margins.json()["groups"] if g["key"]["org"] == "acme")
    assert acme["total"]["revenue"] == "100"
    assert by_assistant.json()["total"]["total"]["resolved"] == 15
    assert budgets.json() == {"budgets": []}
    assert refused.status_code == 404


WEEK = timedelta(days=7)


def talks(events: list[Event], low: datetime, high: datetime) -> dict[tuple[str, str], list[Event]]:
    """Conversations that begin in a range: their calls in it and in the week after it.

    Both weeks to the full hour.
    """
    found: dict[tuple[str, str], list[Event]] = {}
    before = (low - WEEK).replace(minute=0)
    after = (high + WEEK + timedelta(minutes=59)).replace(minute=0)
    for event in events:
        if before <= event.at < after:
            found.setdefault((event.org, event.conversation), []).append(event)
    firsts = {key: min(e.at for e in told) for key, told in found.items()}
    return {key: told for key, told in found.items() if low <= firsts[key] < high}


def costs(found: dict[tuple[str, str], list[Event]]) -> dict[tuple[str, str], Decimal]:
    priced = {
        key: [e.cost for e in told if not e.pending and e.currency == "USD"]
        for key, told in found.items()
    }
    return {key: sum(amounts, Decimal(0)) for key, amounts in priced.items() if amounts}


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-11-01T00:00", "2026-12-01T00:00"), ("2026-10-25T07:31", "2026-11-09T11:17")],
)
async def test_a_conversation_belongs_where_it_begins(
    since: str, until: str, client_of: Clients, events: list[Event]
) -> None:
    params = {"from": since, "to": until, "tz": "UTC"}
    async with client_of("reader") as client:
        answer = await client.get("/v1/conversation-costs", params=params)
        assert answer.status_code == 200, answer.text
        got = answer.json()
        nowhere = json.dumps({"dim": "environment", "not_in": ["nowhere"]})
        of_calls = await client.get("/v1/conversation-costs", params=params | {"where": nowhere})
        versus = await client.get("/v1/compare", params=params | {"a": "support", "b": "sales"})
    low, high = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (since, until))
    wanted = costs(talks(events, low, high))
    assert got["count"] == len(wanted) == sum(entry["count"] for entry in got["histogram"])
    assert abs(Decimal(got["mean"]) * len(wanted) - sum(wanted.values())) < Decimal("1e-12")
    assert Decimal(got["outliers"][0]["cost"]) == max(wanted.values())
    assert got == of_calls.json(), "the hours tell what the ledger tells"
    assert versus.status_code == 200, versus.text
    told = versus.json()
    begun = talks(events, low, high)
    own = {key: [e for e in found if e.assistant == "support"] for key, found in begun.items()}
    own = {key: found for key, found in own.items() if any(e.at < high for e in found)}
    assert told["a"]["n"] == len(costs(own))
    bounds = [Decimal(told["difference"][n]) for n in ("low", "value", "high")]
    assert sorted(bounds) == bounds


async def test_typed_questions_leave_out_as_the_form_does(client_of: Clients) -> None:
    where = [{"dim": "model", "not_in": ["m1", "m2"]}, {"dim": "org", "in": ["acme", "globex"]}]
    asked = RANGE | {"where": [json.dumps(one) for one in where]}
    orgs = RANGE | {"where": json.dumps({"dim": "org", "not_in": ["acme"]})}
    async with client_of("reader") as client:
        plain = (await ask(client, measures=["cost"], where=where))["total"]["total"]["cost"]
        spend = (await client.get("/v1/spend", params=asked)).json()["range"]["cost"]
        talks = (await client.get("/v1/conversation-costs", params=asked)).json()
        waiting = (await client.get("/v1/pending", params=asked)).json()["pending"]
        margins = (await client.get("/v1/margins", params=orgs)).json()["groups"]
        body = RANGE | {"where": where[:1], "org": ["acme", "globex"]}
        explained = (await client.post("/v1/explain-change", json=body)).json()
    assert (spend, explained["after"]) == (plain, plain)
    assert talks["count"] > 0
    assert {one["org"] for one in talks["outliers"]} <= {"acme", "globex"}
    assert {one["model"] for one in waiting} == {f"m{n}" for n in (0, *range(3, 9))}
    assert "acme" not in {group["key"]["org"] for group in margins}
    assert len(margins) == 3
