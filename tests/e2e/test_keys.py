"""Keys made over the API work in every service within seconds, and stop working when revoked."""

import httpx
import pytest

from tests.system import System

pytestmark = pytest.mark.engines


def ask(system: System, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {system.key}"}
    told = httpx.request(
        method, f"{system.url('api')}{path}", json=body, headers=headers, timeout=30
    )
    assert told.status_code in (200, 201, 202), told.text
    return told


async def test_a_published_key_is_known_everywhere(system: System) -> None:
    ingest = system.url("ingest")
    wanted = {"key_id": "gateway", "scopes": ["ingest"], "project": "shop", "org_id": "acme"}
    made = ask(system, "POST", "/v1/keys", wanted)
    sender = {"authorization": f"Bearer {made.json()['secret']}"}
    bad = [{"event_id": "e", "occurred_at": "2026-11-22T10:00:00Z", "surprise": 1}]

    def taken() -> bool:
        answer = httpx.post(f"{ingest}/v1/calls", json=bad, headers=sender, timeout=30)
        return answer.status_code not in (401, 503)

    await system.wait_for("the key is known to ingest", taken)
    system.stop("ingest")
    system.restart("ingest")
    await system.wait_for("the key is known after a restart", taken)
    await system.wait_settled()
    [letter] = system.get("/v1/dead")["dead"]
    assert (letter["project"], letter["org_id"], letter["field"]) == ("shop", "acme", "surprise")
    mended = '{"event_id": "e", "occurred_at": "2026-11-22T10:00:00Z", "status": "error"}'
    ask(system, "POST", f"/v1/dead/{letter['dead_id']}/replay", {"corrected": mended})
    await system.wait_settled()
    assert system.sql("SELECT project, org_id FROM ledger WHERE event_id = 'e'") == [
        ["shop", "acme"]
    ]
    ask(system, "DELETE", "/v1/keys/gateway")
    await system.wait_for("the key is revoked", lambda: not taken())
    await system.wait_settled()
    entries = system.get("/v1/audit")["entries"]
    assert [(note["action"], note["actor"]) for note in entries] == [
        ("key.revoke", "test"), ("dead.replay", "test"), ("key.create", "test"),
    ]  # fmt: skip
    [second] = system.get("/v1/audit", limit=1, cursor=system.get("/v1/audit", limit=1)["next"])[
        "entries"
    ]
    assert second["action"] == "dead.replay"
