"""What becomes of a body: a table of malformed inputs and the laws of shape and grouping."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.call import CallEvent
from schemas.ndjson import join, split
from services.ingest import batch, core
from services.ingest.kinds import CALL_KIND, CONTENT_KIND, OUTCOME_KIND

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANY = core.Caller("acme-app", "*", NOW)
BOUND = core.Caller("acme-app", "acme", NOW)
ITEMS_MAX = 1_000


def event(**fields: Any) -> dict[str, Any]:
    return {"event_id": "e1", "occurred_at": "2026-11-22T11:00:00Z"} | fields


def line(**fields: Any) -> bytes:
    return orjson.dumps(event(**fields))


def raw(rest: bytes) -> bytes:
    return b'{"event_id":"e1","occurred_at":"2026-11-22T11:00:00Z",' + rest + b"}"


def decide(body: bytes, caller: core.Caller = ANY) -> core.Decision:
    return core.decide(CALL_KIND, body, caller, ITEMS_MAX)


def days_off(days: int) -> str:
    return (NOW + timedelta(days=days)).isoformat()


TOO_DEEP = ("too_deep", "")
BAD: dict[str, tuple[bytes, str, str]] = {
    "not UTF-8": (raw(b'"name":"\xff"'), "not_utf8", ""),
    "not JSON": (b'{"event_id": oops}', "not_json", ""),
    "cut off": (line()[:-1], "not_json", ""),
    "not an object": (b"3", "not_an_object", ""),
    "unknown field": (line(cost="1"), "unknown_field", "cost"),
    "NaN tokens": (raw(b'"usage":{"input":NaN}'), "invalid_field", "usage.input"),
    "1e400 tokens": (raw(b'"usage":{"input":1e400}'), "invalid_field", "usage.input"),
    "negative tokens": (line(usage={"input": -1}), "invalid_field", "usage.input"),
    "unknown dimension": (line(usage={"tokens": 1}), "invalid_field", "usage.tokens"),
    "NaN in payload": (raw(b'"usage_payload":{"a":NaN}'), "not_json", "usage_payload"),
    "1e400 in payload": (raw(b'"usage_payload":{"a":[1e400]}'), "not_json", "usage_payload"),
    "400 days ago": (line(occurred_at=days_off(-400)), "time_out_of_bounds", "occurred_at"),
    "2 hours ahead": (
        line(occurred_at=(NOW + timedelta(hours=2)).isoformat()),
        "time_out_of_bounds",
        "occurred_at",
    ),
    "no zone": (line(occurred_at="2026-11-22T11:00:00"), "invalid_field", "occurred_at"),
    "deep payload": (
        raw(b'"usage_payload":{"a":' + b"[" * 50 + b"]" * 50 + b"}"),
        "too_deep",
        "usage_payload",
    ),
    "very deep": (
        raw(b'"usage_payload":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
        "too_deep",
        "",
    ),
    "wide payload": (
        line(usage_payload={str(n): n for n in range(3_000)}),
        "too_large",
        "usage_payload",
    ),
    "too large": (line(usage_payload={"a": "x" * 1_100_000}), "too_large", ""),
    "number of 5,000 digits": (raw(b'"duration_ms":' + b"9" * 5_000), "not_json", ""),
    "another project": (line(project="other"), "invalid_field", "project"),
    "no id": (b'{"occurred_at":"2026-11-22T11:00:00Z"}', "invalid_field", "event_id"),
    "lone surrogate": (raw(b'"name":"\\ud800"'), "not_json", ""),
}


@pytest.mark.parametrize("form", ["lines", "array"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_item_is_refused_and_the_good_ones_are_taken(name: str, form: str) -> None:
    bad, reason, field = BAD[name]
    items = [line(event_id="a"), bad, line(event_id="b")]
    body = join(items) if form == "lines" else b"[" + b",".join(items) + b"]"
    decision = decide(body)
    if form == "array" and decision.broken:
        assert name in {"not JSON", "cut off", "very deep", "lone surrogate"}
        return
    assert [json.loads(taken.line)["event_id"] for taken in decision.taken] == ["a", "b"]
    [refused] = decision.refused
    assert (refused.index, refused.refusal.reason, refused.refusal.field) == (1, reason, field)
    assert refused.original == bad


@pytest.mark.parametrize("name", BAD)
def test_a_bad_item_alone(name: str) -> None:
    bad, reason, _ = BAD[name]
    decision = decide(bad)
    assert not decision.taken
    refusals = [r.refusal for r in decision.refused]
    assert [r.reason for r in [*refusals, *filter(None, [decision.broken])]] == [reason]


def test_shapes_of_a_body() -> None:
    pretty = json.dumps(event(), indent=2).encode()
    for body, count in {
        line(): 1,
        line() + b"\n": 1,
        pretty: 1,
        b"[" + pretty + b", \n" + pretty + b"\n] ": 2,
        b"\n\n".join([line(), line()]): 2,
        b"\r\n".join([line(), line()]): 2,
        b"[]": 0,
        b" [ ] ": 0,
        b"[" + line() + b"]": 1,
    }.items():
        decision = decide(body)
        assert len(decision.taken) == count, body
        assert not decision.refused
        assert not decision.broken


@pytest.mark.parametrize(
    "body", [b"hello", b"{", b"[1,", b"[1] 2", b"[1 2]", b"\xff\xfe", b"{\n{", b"]", b"[,]", b'"']
)
def test_a_body_that_is_not_json_is_broken_as_a_whole(body: bytes) -> None:
    assert decide(body).broken is not None


def test_too_many_items_or_values_are_refused_as_a_whole() -> None:
    for body in (
        b"[" + b",".join([line()] * (ITEMS_MAX + 1)) + b"]",
        b"[" + b",".join([b"1"] * (ITEMS_MAX + 1)) + b"]",
        join([line()] * (ITEMS_MAX + 1)),
        b"[" + b"1," * (core.VALUES_MAX + 1) + b"1]",
    ):
        with pytest.raises(core.TooManyError):
            decide(body)


def test_project_and_org_come_from_the_key() -> None:
    [free] = decide(line(org_id="globex")).taken
    [own] = decide(line(), BOUND).taken
    [named] = decide(line(org_id="acme", project="acme-app"), BOUND).taken
    assert CallEvent.model_validate_json(free.line).org_id == "globex"
    for taken in (own, named):
        call = CallEvent.model_validate_json(taken.line)
        assert (call.project, call.org_id) == ("acme-app", "acme")
    [foreign] = decide(line(org_id="globex"), BOUND).refused
    assert foreign.refusal.field == "org_id"


def test_a_taken_line_is_the_event_and_nothing_else() -> None:
    sent = event(usage={"input": 3, "web_search": "1.5"}, metadata={"a": 1, "b": True}, name="ü\n")
    [taken] = decide(orjson.dumps(sent)).taken
    assert b"\n" not in taken.line
    assert json.loads(taken.line) == sent | {"project": "acme-app"}


def test_contents_and_outcomes() -> None:
    for kind in (CONTENT_KIND, OUTCOME_KIND):
        [taken] = core.decide(kind, orjson.dumps(kind.example), ANY, 1).taken
        assert kind.one.validate_json(taken.line).project == "acme-app"


taken_items = st.lists(
    st.builds(
        core.Taken,
        st.sampled_from("abcdefgh"),
        st.binary(min_size=1, max_size=8).map(lambda b: b.hex().encode() * 9_000),
    ),
    max_size=40,
)


@given(taken_items)
def test_grouping_loses_nothing_and_keeps_limits(taken: list[core.Taken]) -> None:
    made = batch.envelopes("p", taken)
    assert sorted(x for e in made for x in split(e.value)) == sorted(t.line for t in taken)
    assert all(len(e.value) <= batch.MESSAGE_BYTES_WANTED or len(split(e.value)) == 1 for e in made)
    if sum(len(t.line) + 1 for t in taken) <= batch.MESSAGE_BYTES_WANTED:
        assert len(made) == bool(taken)


def test_a_large_batch_keeps_each_trace_in_one_message() -> None:
    taken = [core.Taken(f"t{n % 90}", b"x" * 20) for n in range(4_500)]
    made = [set(split(e.value)) and e for e in batch.envelopes("p", taken)]
    assert len(made) <= 10
    assert all(len(split(e.value)) <= batch.MESSAGE_LINES_WANTED for e in made)


def test_dead_letters_repeat_their_id() -> None:
    decision = decide(join([line(), b"oops"]))
    refused = [(r.refusal, r.original) for r in decision.refused]
    [one] = batch.letters(refused, ANY)
    [two] = batch.letters(refused, core.Caller("acme-app", "*", NOW + timedelta(minutes=1)))
    first, second = json.loads(one.value), json.loads(two.value)
    assert first["dead_id"] == second["dead_id"]
    assert first["source"] == "http/acme-app"
    assert batch.letters([], ANY) == []


@given(st.binary(max_size=60), st.sampled_from([b"", b"[", b"{", b'{"event_id":']))
def test_no_bytes_make_it_raise(body: bytes, start: bytes) -> None:
    decision = decide(start + body)
    assert decision.taken or decision.refused or decision.broken or body.strip(b" \t\r\n[]") == b""
