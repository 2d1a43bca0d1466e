"""What products send that have names of their own for a kind of span, or for whom it is."""

from typing import Any

import pytest

from tests.unit.otlp.bodies import span
from tests.unit.otlp.test_agents import step, tokens
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT, READ, decoded

LAMINAR = {"lmnr.span.type": "LLM", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}
PROPERTIES = "lmnr.association.properties."


def test_a_call_of_laminar_and_one_that_failed() -> None:
    who = {
        f"{PROPERTIES}session_id": "s-1",
        f"{PROPERTIES}user_id": "u-1",
        f"{PROPERTIES}metadata.org_id": "acme",
        f"{PROPERTIES}metadata.feature": "search",
    }
    root = step(1, {"lmnr.span.type": "DEFAULT"} | who)
    answered = step(2, LAMINAR | who | {INPUT: 1010, OUTPUT: 201}, root)
    failed = step(3, LAMINAR | {"error.type": "RateLimitError"}, root) | {"status": {"code": 2}}
    calls = decoded(root, answered, failed, scope="lmnr.tracer")["calls"]
    assert sorted(call["status"] for call in calls) == ["error", "ok"]
    for call in calls:
        known = (call["org_id"], call["user_id"], call["conversation_id"], call["feature"])
        assert known == ("acme", "u-1", "s-1", "search")
    tool = step(1, {"lmnr.span.type": "TOOL", "gen_ai.request.model": "gpt-4o", INPUT: 9})
    assert decoded(tool, scope="lmnr.tracer")["calls"] == []


def test_a_total_of_laminar_that_counts_the_first_part_of_a_stream_twice() -> None:
    told = LAMINAR | {
        "gen_ai.system": "gemini",
        INPUT: 3011,
        OUTPUT: 111,
        READ.replace("cache_read.input", "cache_read_input"): 811,
        "llm.usage.total_tokens": 3284,
    }
    (call,) = decoded(step(1, told), scope="lmnr.tracer")["calls"]
    assert tokens(call) == (3011, 811, None, 111, None)


@pytest.mark.parametrize(
    ("told", "user", "conversation"),
    [
        ({"posthog.distinct_id": "u-1", "$session_id": "s-1"}, "u-1", "s-1"),
        ({"ai.telemetry.metadata.posthog_distinct_id": "u-1"}, "u-1", None),
        ({"wandb.thread_id": "t-1"}, None, "t-1"),
    ],
)
def test_who_it_is_for(told: dict[str, Any], user: str | None, conversation: str | None) -> None:
    (call,) = decoded(span(**CHAT | told), scope="x")["calls"]
    assert (call["user_id"], call["conversation_id"]) == (user, conversation)
