"""A call whose usage and whose model, or whose provider, are told by two spans."""

import json

from services.ingest.decode import decode
from services.ingest.otlp import wire
from services.ingest.otlp.events import readings
from tests.unit.otlp.bodies import body
from tests.unit.otlp.test_agents import step
from tests.unit.otlp.test_libraries import CHAT, INPUT, OUTPUT


def test_what_a_call_is_priced_by_says_the_model_of_the_call_around_it() -> None:
    """The pricer sees one step at a time."""
    told = {INPUT: 20, OUTPUT: 4, "codex.usage.total_tokens": 24}
    asked = step(1, {"model": "gpt-5"}) | {"name": "try_run_sampling_request"}
    received = step(2, {}, asked) | {"name": "receiving_stream"}
    answer = step(3, told, received) | {"name": "handle_responses"}
    embedding = step(4, {"gen_ai.operation.name": "embeddings", INPUT: 5}, asked)
    alone = step(5, told) | {"name": "handle_responses"}
    sent = json.dumps(body(answer, embedding, received, asked, alone)).encode()
    steps = {one.fields["span_id"]: one.fields for one in readings(wire.spans(sent, is_json=True))}
    assert [steps[one["spanId"]].get("request_model") for one in (answer, embedding, alone)] == [
        "gpt-5", None, None,
    ]  # fmt: skip
    assert steps[answer["spanId"]]["provider"] == "openai"


def test_the_client_of_a_gateway_tells_the_same_call_as_of_another_provider() -> None:
    told = CHAT | {INPUT: 20, OUTPUT: 4, "gen_ai.response.id": "chatcmpl-1"}
    client = step(1, told | {"gen_ai.request.model": "mine"})
    gateway = step(2, told | {"gen_ai.provider.name": "anthropic"})
    other = step(3, told | {"gen_ai.response.id": "chatcmpl-2", "gen_ai.provider.name": "openai"})
    made = body(client, other)
    made["resourceSpans"] += body(gateway)["resourceSpans"]
    made["resourceSpans"][1]["scopeSpans"][0]["scope"]["name"] = "litellm"
    calls = decode(wire.spans(json.dumps(made).encode(), is_json=True))["calls"]
    found = {call["provider"]: len(call["told_by"]) for call in calls}
    assert found == {"anthropic": 2, "openai": 1}
