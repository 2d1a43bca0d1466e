"""Content out of spans and logs, by every convention; nothing without a key's consent."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.content import Content
from services.ingest.core import Caller
from services.ingest.otlp import contents, receive, wire
from services.ingest.otlp.conventions import CONTENTS
from services.ingest.otlp.table import TABLE
from services.ingest.redact import keep, rules
from tests.unit.otlp.bodies import NOW_NS, body, span

CAPTURES = Path(__file__).parents[2] / "data" / "otel_captures"
RULES = rules(1_000_000)
NOW = datetime.now(UTC)


def taken(told: dict[str, Any], *, is_kept: bool = True, org: str = "*") -> list[Content]:
    caller = Caller("p", org, NOW, (lambda said: keep(said, RULES)) if is_kept else None)
    got = receive.traces(orjson.dumps(told), caller, TABLE, is_json=True)
    return [Content.model_validate_json(item.line) for item in got.contents]


@pytest.mark.parametrize("attribute", sorted(CONTENTS))
def test_every_listed_attribute_is_taken(attribute: str) -> None:
    (piece,) = taken(body(span(**{attribute: '{"messages": "Hällo 🦊"}'})))
    kind, role = CONTENTS[attribute]
    assert (piece.kind, piece.role, piece.name) == (kind, role, attribute)
    assert (piece.content, piece.mime_type) == ('{"messages": "Hällo 🦊"}', "application/json")
    assert (piece.project, piece.org_id) == ("p", "acme")
    assert piece.event_id == f"{piece.trace_id}:{piece.span_id}"


def test_without_rules_nothing_is_taken() -> None:
    told = body(span(**{"gen_ai.input.messages": "secret"}))
    assert taken(told, is_kept=False) == []


def test_numbered_attributes_are_one_piece_and_equal_texts_are_one() -> None:
    told = body(span(**{
        "gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Hi",
        "input.value": "same", "traceloop.entity.input": "same", "org.id": "acme",
    }))  # fmt: skip
    pieces = {piece.name: piece for piece in taken(told)}
    assert orjson.loads(pieces["gen_ai.prompt."].content) == {"0.role": "user", "0.content": "Hi"}
    assert [piece.content for piece in pieces.values()].count("same") == 1


def test_what_a_step_is_says_what_it_returned() -> None:
    found = {}
    for operation in ("retrieval", "guardrail", "chat"):
        told = span(**{"gen_ai.operation.name": operation, "output.value": "x"})
        found[operation] = taken(body(told))[0].kind
    assert found == {"retrieval": "retrieved", "guardrail": "post_processed", "chat": "returned"}


def test_a_key_of_one_org_keeps_for_that_org() -> None:
    told = body(span(**{"input.value": "x", "org.id": "globex"}))
    assert [piece.org_id for piece in taken(told, org="acme")] == ["acme"]


def test_log_events_of_today_and_older_are_taken() -> None:
    def record(name: str, told: dict[str, Any]) -> dict[str, Any]:
        return {"traceId": "ab" * 16, "spanId": "cd" * 8, "timeUnixNano": str(NOW_NS),
                "eventName": name} | told  # fmt: skip

    said = {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "Hi"}}]}}
    messages = {"key": "gen_ai.output.messages", "value": {"stringValue": "[1]"}}
    records = [
        record("gen_ai.user.message", {"body": said}),
        record("gen_ai.user.message", {"body": said}),
        record("gen_ai.client.inference.operation.details", {"attributes": [messages]}),
        record("http.log", {"body": said}),
    ]
    told = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    logs = wire.logs(orjson.dumps(told), is_json=True)
    pieces = list(contents.of_logs(logs, lambda said: keep(said, RULES)))
    caller = Caller("p", "*", NOW)
    found = [Content.model_validate_json(item.line) for item in receive.said(pieces, caller)]
    assert [(p.kind, p.role, p.content) for p in found] == [
        ("sent", "user", '{"content":"Hi"}'), ("sent", "user", '{"content":"Hi"}'),
        ("returned", "assistant", "[1]"),
    ]  # fmt: skip
    assert found[0].content_id == found[1].content_id != found[2].content_id


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*/captures*/*_traces.pb")), ids=str)
def test_content_of_real_bodies_is_valid(path: Path) -> None:
    caller = Caller("p", "*", NOW, lambda said: keep(said, rules(2_000)))
    got = receive.traces(path.read_bytes(), caller, TABLE, is_json=False)
    for item in got.contents:
        piece = Content.model_validate_json(item.line)
        assert len(piece.content) <= 2_100
        assert piece.content.endswith("cut]") == (piece.cut_chars > 0)
