"""One id told in two ways: the same winner in whatever order, counted once, and reported."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.load import Load
from tests.oracle import BOOK, LARGE, SMALL, UNPRICED, Event, cost
from tests.system import System

pytestmark = pytest.mark.engines
NOW = datetime.now(UTC).replace(minute=30, second=30, microsecond=0) - timedelta(hours=3)
FAR = {"far day"}
CONFLICTING = {"payload", "minute", "second", "hour", "far day", "org", "pending"}
VOIDED = {"void", "void elsewhere"}


def told(case: str, **changed: Any) -> Event:
    """A call of the case's own org."""
    return {
        "event_id": f"c-{case}",
        "occurred_at": NOW.isoformat(),
        "org_id": f"c-{case}",
        "trace_id": f"c-{case}",
        "provider": SMALL.provider,
        "request_model": SMALL.model,
        "usage": {"input": 1_000, "output": 10},
        **changed,
    }


def at(**ago: float) -> dict[str, str]:
    """Another time."""
    return {"occurred_at": (NOW - timedelta(**ago)).isoformat()}


OTHER: dict[str, Event] = {
    "resent": told("resent"),
    "payload": told("payload", usage={"input": 5, "output": 7}),
    "second": told("second", **at(seconds=9)),
    "minute": told("minute", **at(minutes=9)),
    "hour": told("hour", **at(hours=5)),
    "far day": told("far day", **at(days=6)),
    "org": told("org", org_id="c-org-other"),
    "pending": told("pending", request_model=UNPRICED.model),
    "revision": told("revision", revision=1, request_model=LARGE.model, provider=LARGE.provider),
    "revision moved": told("revision moved", revision=1, **at(hours=2)),
    "void": told("void", revision=1, is_void=True),
    "void elsewhere": told("void elsewhere", revision=1, is_void=True, **at(hours=2)),
    "response": told("response", event_id="c-response-new", response_id="c-r", **at(hours=1)),
}
FIRST: dict[str, Event] = {
    case: told(case, **({"response_id": "c-r"} if case == "response" else {})) for case in OTHER
}


@pytest.fixture(scope="module")
def pair(
    kafka: KafkaEngine, clickhouse: ClickHouseEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[System, System]]:
    """Two systems that are told the same in opposite order."""
    home = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        yield tuple(  # type: ignore[misc]
            stack.enter_context(System(kafka.bootstrap, clickhouse.url, home)) for _ in range(2)
        )


async def tell(system: System, *turns: dict[str, Event]) -> None:
    """One turn after the other, each in the ledger before the next."""
    async with Load(system) as load:
        await load.prices(BOOK)
        for turn in turns:
            for event in turn.values():
                await load.calls([event])
            await system.wait_settled()


def ledger(system: System) -> list[list[str]]:
    """Everything that counts."""
    return system.sql(
        "SELECT call_key, org_id, event_id, toString(occurred_at), model, toString(cost), "
        "toString(charge), pending, tok_in, tok_out FROM ledger ORDER BY ALL"
    )


def counted(system: System, table: str) -> dict[str, tuple[int, Decimal]]:
    """Case -> calls and cost, whatever the org of the winner."""
    rows = system.sql(f"SELECT org_id, sum(calls), sum(cost) FROM {table} GROUP BY 1")
    sums: dict[str, tuple[int, Decimal]] = {}
    for org, calls, paid in rows:
        case = org.removeprefix("c-").removesuffix("-other")
        before = sums.get(case, (0, Decimal(0)))
        sums[case] = (before[0] + int(calls), before[1] + Decimal(paid))
    return sums


def allowed(case: str) -> set[Decimal]:
    """What the case may cost: a correction's own cost, else that of either telling."""
    if case.startswith("revision"):
        return {cost(OTHER[case], BOOK) or Decimal(0)}
    return {paid for e in (FIRST[case], OTHER[case]) if (paid := cost(e, BOOK)) is not None}


async def test_whatever_order_one_winner_counted_once_and_reported(
    pair: tuple[System, System],
) -> None:
    await tell(pair[0], FIRST, OTHER)
    await tell(pair[1], OTHER, FIRST)
    for system in pair:
        near = counted(system, "usage_hour")
        assert {case: near[case][0] for case in near} == {
            case: 2 if case in FAR else 1 for case in OTHER.keys() - VOIDED
        }
        done = system.command("rollup", "sweep")
        assert done.returncode == 0, done.stderr.decode()
        await tell(system, {case: FIRST[case] for case in FAR}, OTHER)  # resends change nothing
        for table in ("usage_minute", "usage_hour", "usage_day"):
            found = counted(system, table)
            assert {case: calls for case, (calls, _) in found.items()} == dict.fromkeys(
                OTHER.keys() - VOIDED, 1
            ), table
            assert all(paid in allowed(case) for case, (_, paid) in found.items()), table
        system.verify()
        reported = system.sql(
            "SELECT event_id, uniqExact(payload_hash) FROM conflicts FINAL GROUP BY 1"
        )
        assert dict(reported) == {f"c-{case}": "2" for case in CONFLICTING}
    assert ledger(pair[0]) == ledger(pair[1])


async def test_the_sweep_itself_reports_conflicts(pair: tuple[System, System]) -> None:
    system = pair[0]
    case = "swept only"
    await tell(system, {"": told(case)}, {"": told(case, **at(days=4))})
    assert system.command("rollup", "sweep").returncode == 0
    query = "SELECT uniqExact(payload_hash) FROM conflicts FINAL WHERE event_id = 'c-swept only'"
    assert system.sql(query) == [["2"]]
    assert counted(system, "usage_hour")[case][0] == 1


async def test_both_traces_of_a_call_know_where_it_is_counted(pair: tuple[System, System]) -> None:
    """One call told in two traces for two orgs: it counts for one, and each trace finds it."""
    system, shared = pair[0], {"response_id": "c-shared"}
    one = told("shared one", **shared)
    await tell(system, {"one": one, "two": told("shared two", **shared)})
    calls = []
    for trace in ("c-shared one", "c-shared two"):
        (step,) = system.get(f"/v1/traces/{trace}")["steps"]
        calls.append(step["call"])
    assert calls[0]["counted"] == calls[1]["counted"]
    assert {call["why"] == "told_elsewhere" for call in calls} == {True, False}
    found = counted(system, "usage_hour")
    assert found.get("shared one", found.get("shared two")) == (1, cost(one, BOOK))
    assert ("shared one" in found) is not ("shared two" in found)


async def test_a_conversation_is_found_in_every_org_that_it_went_through(
    pair: tuple[System, System],
) -> None:
    system, shared = pair[0], {"conversation_id": "c-talk", "user_id": "c-user"}
    turns = {str(n): told(f"talk {n}", **shared, **at(hours=n)) for n in range(3)}
    await tell(system, turns)
    whole = system.get("/v1/conversations/c-talk")
    assert whole["orgs"] == [f"c-talk {n}" for n in range(3)]
    since = (NOW - timedelta(days=1)).isoformat()
    by_user = system.get("/v1/traces", **{"user": "c-user", "from": since})["traces"]
    assert {trace["org"] for trace in by_user} == set(whole["orgs"])
