"""Laws of every answer, on the real engine: what is shown, the rest and the total are one sum."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.api.test_query_engine import DIMS, ZONES

pytestmark = pytest.mark.engines
Clients = Callable[[str], httpx.AsyncClient]
ADDITIVE = ["cost", "charge", "cost_input", "calls", "steps", "errors", "pending_calls", "tokens",
            "tokens.input", "priced_calls"]  # fmt: skip
drawn = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
questions = st.fixed_dictionaries(
    {
        "measures": st.lists(st.sampled_from(ADDITIVE), min_size=1, max_size=4, unique=True),
        "dims": st.lists(st.sampled_from(sorted(DIMS)), min_size=1, max_size=2, unique=True),
        "top": st.integers(0, 12),
        "from": st.integers(1, 40 * 1440).map(lambda m: f"now-{m}m"),
        "tz": st.sampled_from(ZONES),
        "interval": st.sampled_from(["day", "week", "month"]),
        "compare": st.sampled_from([None, "previous", "week"]),
        "currency": st.sampled_from(["USD", "EUR"]),
    }
)


def asked(drawn_: dict[str, Any], **more: Any) -> dict[str, Any]:
    query = {name: value for name, value in drawn_.items() if name not in ("dims", "top")}
    by = [{"dim": dim, "top": drawn_["top"]} for dim in drawn_["dims"]]
    return query | {"by": by} | more


async def answer(client: httpx.AsyncClient, query: dict[str, Any]) -> dict[str, Any]:
    got = await client.post("/v1/query", json=query)
    assert got.status_code == 200, got.text
    told: dict[str, Any] = got.json()
    return told


def number(value: Any) -> Decimal:
    """What is not known yet adds nothing."""
    return Decimal(value if value is not None else 0)


@given(questions)
@drawn
async def test_groups_and_other_are_the_total(client_of: Clients, drawn_: dict[str, Any]) -> None:
    async with client_of("reader") as client:
        got = await answer(client, asked(drawn_))
    for part in filter(None, (got, got["previous"])):
        shown = [*part["groups"], *filter(None, [part["other"]])]
        for name in drawn_["measures"]:
            whole = part["total"]
            assert sum(number(g["total"][name]) for g in shown) == number(whole["total"][name])
            assert sum(map(number, whole["series"][name])) == number(whole["total"][name])
            for n, cell in enumerate(whole["series"][name]):
                assert sum(number(g["series"][name][n]) for g in shown) == number(cell)


@given(questions, st.integers(0, 12))
@drawn
async def test_a_total_does_not_depend_on_what_is_shown(
    client_of: Clients, drawn_: dict[str, Any], top: int
) -> None:
    async with client_of("reader") as client:
        one = await answer(client, asked(drawn_))
        two = await answer(client, asked(drawn_ | {"top": top}))
        none = await answer(client, asked(drawn_, by=[]))
    assert one["total"] == two["total"] == none["total"]
    assert one["completeness"] == two["completeness"] == none["completeness"]


@given(questions, st.sampled_from(ZONES))
@drawn
async def test_two_zones_have_one_grand_total(
    client_of: Clients, drawn_: dict[str, Any], zone: str
) -> None:
    rng = random.Random(repr(drawn_))
    async with client_of("reader") as client:
        one = await answer(client, asked(drawn_, compare=None))
        interval = rng.choice([None, "day", "month"])
        two = await answer(client, asked(drawn_, compare=None, tz=zone, interval=interval))
    assert one["total"]["total"] == two["total"]["total"]
    for a, b in zip(one["groups"], two["groups"], strict=True):
        assert (a["key"], a["total"]) == (b["key"], b["total"])
