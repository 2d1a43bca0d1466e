"""Evaluation events and Langfuse scores become feedback."""

from typing import Any

import httpx
import orjson

from services.runtime.fakes import FakePublisher
from tests.unit.otlp.bodies import NOW_NS, any_value
from tests.unit.otlp.test_receiver import client, publisher

__all__ = ["client", "publisher"]


async def test_evaluation_events_become_feedback(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    told = {"gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.label": "good",
            "gen_ai.response.id": "chatcmpl-1"}  # fmt: skip
    record = {
        "eventName": "gen_ai.evaluation.result", "timeUnixNano": str(NOW_NS), "traceId": "A" * 32,
        "spanId": "b" * 16,
        "attributes": [{"key": key, "value": any_value(value)} for key, value in told.items()]
        + [{"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.75}}],
    }  # fmt: skip
    other = record | {"eventName": "gen_ai.user.message"}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, other]}]}]}
    for _ in range(2):
        assert (await client.post("/v1/logs", json=logs)).json() == {}
    one, again = (orjson.loads(m.value or b"") for m in publisher.written)
    assert one == again
    assert (one["kind"], one["name"], one["value"], one["label"]) == (
        "feedback", "Relevance", "0.75", "good",
    )  # fmt: skip
    assert (one["trace_id"], one["response_id"]) == ("a" * 32, "chatcmpl-1")


async def test_langfuse_scores_become_feedback(
    client: httpx.AsyncClient, publisher: FakePublisher
) -> None:
    score = {"id": "s1", "traceId": "t1", "name": "thumbs", "value": 1.0, "comment": "helpful"}
    assert (await client.post("/api/public/scores", json=[score])).json() == {"id": "s1"}
    events: list[tuple[str, Any]] = [
        ("score-create", score), ("sdk-log", {}), ("generation-create", {"model": "gpt-4o"}),
        ("score-create", {"name": "of nothing"}), ("score-create", score | {"timestamp": "soon"}),
    ]  # fmt: skip
    batch = [{"id": f"e{n}", "type": kind, "body": body} for n, (kind, body) in enumerate(events)]
    told = await client.post("/api/public/ingestion", json={"batch": batch})
    assert told.status_code == 207
    assert told.json()["successes"] == [{"id": f"e{n}", "status": 201} for n in (0, 1)]
    assert [(e["id"], e["status"]) for e in told.json()["errors"]] == [
        ("e2", 400), ("e3", 400), ("e4", 400)
    ]  # fmt: skip
    assert "OpenTelemetry" in told.json()["errors"][0]["message"]
    first, second = (
        orjson.loads(m.value or b"") for m in publisher.written if m.topic != "dead.v1"
    )
    assert (first["outcome_id"], first["value"], first["comment"]) == ("s1", "1", "helpful")
    assert second["outcome_id"] == "s1"
    assert (await client.post("/api/public/scores", json={"name": "x"})).status_code == 422
