"""Content through the running system: kept by consent, redacted, found, forgotten; and whose."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.runtime.keys import digest
from tests.system import System
from tests.unit.otlp.bodies import NOW_NS, any_value

pytestmark = pytest.mark.engines
KEYS = {
    "keeps": {"scopes": ["ingest"], "content": {
        "redact_patterns": [r"[\w.]+@[\w.]+"], "redact_paths": ["$..secret"], "chars_max": 500}},
    "silent": {"scopes": ["ingest"]},
}  # fmt: skip
READERS = {"acme": {"scopes": ["read"], "org_id": "acme"},
           "globex": {"scopes": ["read"], "org_id": "globex"},
           "platform": {"scopes": ["read"], "org_id": "platform"},
           "admin": {"scopes": ["admin"]}}  # fmt: skip


def keys(named: dict[str, Any]) -> str:
    return json.dumps([{"key_id": n, "sha256": digest(f"key-{n}")} | k for n, k in named.items()])


@pytest.fixture(scope="module")
def system(kafka: Any, clickhouse: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    settings = {"INGEST_API_KEYS": keys(KEYS), "API_KEYS": keys(READERS),
                "ROLLUP_SWEEP_SECONDS": "2"}  # fmt: skip
    home = tmp_path_factory.mktemp("contents")
    with System(kafka.bootstrap, clickhouse.url, home, settings=settings) as started:
        yield started


def ask(system: System, key: str, path: str, method: str = "GET", **asked: Any) -> Any:
    headers = {"authorization": f"Bearer key-{key}"}
    told = httpx.request(
        method, f"{system.url('api')}{path}", params=asked, headers=headers, timeout=30
    )
    assert told.status_code in (200, 202, 404), told.text
    return told.json()


def trace(number: int, user: str, said: str) -> dict[str, Any]:
    """A root that knows the org, and a call below it that knows nothing but its usage."""
    trace_id = f"{number:032x}"

    def made(n: int, name: str, parent: str, **told: Any) -> dict[str, Any]:
        return {"traceId": trace_id, "spanId": f"{number:014x}{n:02x}", "parentSpanId": parent,
                "name": name, "kind": 3, "startTimeUnixNano": str(NOW_NS - 10**9),
                "endTimeUnixNano": str(NOW_NS),
                "attributes": [{"key": k, "value": any_value(v)} for k, v in told.items()],
                }  # fmt: skip

    org = "acme" if number % 2 else "globex"
    root = made(1, "invoke_agent", "", **{
        "gen_ai.operation.name": "invoke_agent", "org.id": org, "user.id": user,
        "gen_ai.conversation.id": f"talk-{number}"})  # fmt: skip
    call = made(2, "chat m", f"{number:014x}01", **{
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o", "gen_ai.response.id": f"resp-{number}",
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5,
        "gen_ai.input.messages": json.dumps([{"role": "user", "content": said, "secret": "s3"}]),
        "gen_ai.output.messages": "z" * 900})  # fmt: skip
    scoped = {"scope": {"name": "opentelemetry.instrumentation.openai"}, "spans": [root, call]}
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [scoped]}]}


def send(system: System, key: str, number: int, user: str, said: str) -> str:
    post(system, key, trace(number, user, said))
    return f"{number:032x}"


def post(system: System, key: str, body: dict[str, Any]) -> None:
    told = httpx.post(f"{system.url('ingest')}/v1/traces", json=body, timeout=30,
                      headers={"x-api-key": f"key-{key}"})  # fmt: skip
    assert told.status_code == 200, told.text


def native(system: System, key: str, trace_id: str, content: str) -> httpx.Response:
    piece = {"content_id": f"n-{content}", "occurred_at": datetime.now(UTC).isoformat(),
             "trace_id": trace_id, "kind": "retrieved", "content": content}  # fmt: skip
    return httpx.post(f"{system.url('ingest')}/v1/contents", json=piece,
                      headers={"x-api-key": f"key-{key}"}, timeout=30)  # fmt: skip


async def test_content_is_kept_by_consent_found_and_forgotten(system: System) -> None:
    one = send(system, "keeps", 1, "u1", "my invoice, write to bob@example.com")
    two = send(system, "keeps", 2, "u2", "an Überweisung_100%")
    silent = send(system, "silent", 3, "u1", "nothing of my invoice")
    assert native(system, "keeps", one, "document about bob@example.com").status_code == 200
    refused = native(system, "silent", silent, "no consent")
    assert (refused.status_code, "content" in refused.json()["detail"]) == (403, True)
    assert native(system, "keeps", "", "hush").status_code == 422
    await system.wait_settled()

    def pieces() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(system, "admin", f"/v1/traces/{one}/contents")["contents"]
        return found

    await system.wait_for("contents", lambda: len(pieces()) == 3)
    said = {piece["name"]: piece for piece in pieces()}
    (message,) = json.loads(said["gen_ai.input.messages"]["content"])
    assert message == {"role": "user", "content": "my invoice, write to [redacted]",
                       "secret": "[redacted]"}  # fmt: skip
    assert said["gen_ai.output.messages"]["cut_chars"] == 400
    assert said["gen_ai.output.messages"]["content"].endswith("…[400 characters cut]")
    assert said[""]["content"] == "document about [redacted]"
    assert ask(system, "admin", f"/v1/traces/{silent}/contents")["contents"] == []
    short = ask(system, "admin", f"/v1/traces/{one}/contents", chars=5)["contents"]
    assert all(len(piece["content"]) == 5 and piece["is_preview"] for piece in short)
    kept = system.sql("SELECT base64Decode(original) FROM dead_letters FINAL")
    assert not [row for row in kept if "hush" in row[0]]

    def found(text: str, key: str = "admin", what: str = "traces") -> list[str]:
        listed = ask(system, key, f"/v1/{what}", text=text)[what]
        return sorted(item[f"{what[:-1]}_id"] for item in listed)

    assert found("MY INVOICE") == [one]
    assert found("überweisung_100%") == [two]
    assert found("überweisungX100%") == found("bob@example.com") == []
    assert found("invoice", what="conversations") == ["talk-1"]
    await whose(system, one, two)
    await forgotten(system, one, two, found)


async def whose(system: System, one: str, two: str) -> None:
    """An org sees its calls also where only the span above names it, and what they said."""
    whole = ask(system, "acme", f"/v1/traces/{one}")
    assert [step["operation"] for step in whole["steps"]] == ["invoke_agent", "chat"]
    assert [step["contents"] for step in whole["steps"]] == [0, 2]
    assert len(ask(system, "acme", f"/v1/traces/{one}/contents")["contents"]) == 2
    assert ask(system, "acme", f"/v1/traces/{two}/contents")["contents"] == []
    assert ask(system, "globex", f"/v1/traces/{one}").get("status") == 404
    assert [t["trace_id"] for t in ask(system, "acme", "/v1/traces", user="u1")["traces"]] != [two]


async def forgotten(system: System, one: str, two: str, found: Any) -> None:
    """At once for readers, soon on the disk, and for what comes later."""
    asked = ask(system, "admin", "/v1/contents", "DELETE", user_id="u1")
    assert asked["status"] in ("hidden", "done")
    assert ask(system, "admin", f"/v1/traces/{one}/contents")["contents"] == []
    assert found("invoice") == []
    done = f"/v1/deletions/{asked['deletion_id']}"
    await system.wait_for("done", lambda: ask(system, "admin", done)["status"] == "done")
    assert ask(system, "admin", done)["pieces"] == 3
    assert system.sql(f"SELECT count() FROM contents WHERE trace_id = '{one}'") == [["0"]]
    later = send(system, "keeps", 5, "u1", "a later invoice")
    other = send(system, "keeps", 7, "u7", "an invoice of another user")
    native(system, "keeps", one, "late")
    await system.wait_settled()
    await system.wait_for("the other's", lambda: found("invoice") == [other])
    assert ask(system, "admin", f"/v1/traces/{later}/contents")["contents"] == []
    gone = f"SELECT count() FROM contents WHERE trace_id IN ('{later}', '{one}')"
    await system.wait_for("late ones gone", lambda: system.sql(gone) == [["0"]])
    for what in ({"trace_id": two}, {"conversation_id": "talk-7"}):
        ask(system, "admin", "/v1/contents", "DELETE", **what)
    assert found("überweisung") == found("invoice") == []
    assert ask(system, "admin", "/v1/deletions/none").get("status") == 404
    calls = ask(system, "admin", "/v1/usage")["total"]["total"]["calls"]
    assert calls == 5, "calls and their costs stay"


async def test_a_step_above_says_whose_a_call_is_before_the_process_does(system: System) -> None:
    """A process that serves many orgs names its operator; the root of a trace names the org."""
    told = trace(11, "u11", "a question")
    shared = {"key": "org.id", "value": any_value("platform")}
    told["resourceSpans"][0]["resource"] = {"attributes": [shared]}
    spans = told["resourceSpans"][0]["scopeSpans"][0]["spans"]
    around = spans[1] | {"spanId": f"{11:014x}03", "name": "around", "attributes": [
        one for one in spans[1]["attributes"] if one["key"] != "gen_ai.response.id"]}  # fmt: skip
    spans[1]["parentSpanId"] = around["spanId"]
    for part in ([spans[1]], [around], [spans[0]]):
        told["resourceSpans"][0]["scopeSpans"][0]["spans"] = part
        post(system, "keeps", told)
        await system.wait_settled()
    at = f"/v1/traces/{11:032x}"
    steps = ask(system, "acme", at)["steps"]
    assert [(s["name"], s["org_id"], s["is_counted"]) for s in steps] == [
        ("invoke_agent", "acme", True),
        ("around", "acme", False),
        ("chat m", "acme", True),
    ]

    def pieces(key: str) -> int:
        return len(ask(system, key, f"{at}/contents")["contents"])

    await system.wait_for("contents", lambda: pieces("acme") == 4)
    assert ask(system, "platform", at).get("status") == 404
    assert pieces("platform") == 0
    assert ask(system, "platform", "/v1/usage")["total"]["total"]["calls"] == 0


async def test_feedback_is_joined_early_and_late(system: System) -> None:
    trace_id = f"{9:032x}"
    judged = [
        {"trace_id": trace_id}, {"trace_id": trace_id, "span_id": f"{9:014x}02"},
        {"conversation_id": "talk-9"}, {"response_id": "resp-9"}, {"trace_id": "other"},
    ]  # fmt: skip

    def tell(n: int, ties: dict[str, str]) -> None:
        outcome = {"outcome_id": f"o{n}", "occurred_at": datetime.now(UTC).isoformat(),
                   "kind": "feedback", "name": "helpful", "value": str(n), **ties}  # fmt: skip
        told = httpx.post(f"{system.url('ingest')}/v1/outcomes", json=outcome,
                          headers={"x-api-key": "key-keeps"}, timeout=30)  # fmt: skip
        assert told.status_code == 200, told.text

    for n, ties in enumerate(judged[:2]):
        tell(n, ties)
    await system.wait_settled()
    send(system, "silent", 9, "u9", "")
    for n, ties in enumerate(judged[2:], 2):
        tell(n, ties)
    await system.wait_settled()

    def said(key: str) -> list[str]:
        whole = ask(system, key, f"/v1/traces/{trace_id}")
        return [outcome["outcome_id"] for outcome in whole.get("outcomes", ())]

    await system.wait_for("outcomes", lambda: said("admin") == ["o0", "o1", "o2", "o3"])
    assert said("acme") == ["o1", "o3"], "those that judge a step of its own"
    assert said("globex") == []
    talk = ask(system, "admin", "/v1/conversations/talk-9")
    assert [o["outcome_id"] for o in talk["outcomes"]] == ["o2"]
    assert [o["outcome_id"] for o in talk["turns"][0]["outcomes"]] == ["o0", "o1"]
