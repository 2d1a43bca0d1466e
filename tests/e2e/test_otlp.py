"""Bodies of real clients through the running system: every call once, with its org and tokens."""

import asyncio
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from schemas.call import UNATTRIBUTED
from services.runtime.keys import digest
from tests.system import System
from tests.unit.otlp import bodies as otlp

pytestmark = pytest.mark.engines
CAPTURES = Path(__file__).parents[1] / "data" / "otel_captures"
CASES: list[tuple[str, Path, dict[str, Any]]] = sorted(
    (f"{path.parent.name}-{told['capture']}", path.parent / told["capture"], told)
    for path in CAPTURES.glob("*/expected*.json")
    for told in [json.loads(path.read_text())]
)  # names differ, so that the rest is never compared
PROTOBUF = "application/x-protobuf"


def bodies(folder: Path) -> list[tuple[bytes, dict[str, str]]]:
    """Each request as it was sent, or as it was after decompression."""
    found = []
    for path in sorted(folder.glob("*_traces.pb")):
        wire = path.with_suffix(".wire")
        if wire.exists():
            found.append(
                (wire.read_bytes(), {"content-type": PROTOBUF, "content-encoding": "gzip"})
            )
        else:
            found.append((path.read_bytes(), {"content-type": PROTOBUF}))
    for path in sorted(folder.glob("*_traces.json_body")):
        found.append((path.read_bytes(), {"content-type": "application/json; charset=utf-8"}))
    return found


def post(system: System, body: bytes, headers: dict[str, str], project: str) -> httpx.Response:
    told = httpx.post(
        f"{system.url('ingest')}/v1/traces",
        content=body,
        headers=headers | {"x-api-key": f"key-{project}"},
        timeout=30,
    )
    assert told.status_code == 200, told.content
    return told


@pytest.fixture(scope="module")
def system(kafka: Any, clickhouse: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each client writes to a project of its own: stand-in providers repeat response ids."""
    names = [name + part for name, _, _ in CASES for part in ("", "-split")]
    keys = [
        {"key_id": name, "sha256": digest(f"key-{name}"), "scopes": ["ingest"], "project": name}
        for name in names
    ]
    settings = {"INGEST_API_KEYS": json.dumps(keys)}
    home = tmp_path_factory.mktemp("otlp")
    with System(kafka.bootstrap, clickhouse.url, home, settings=settings) as started:
        yield started


def counted(system: System, project: str) -> dict[str, tuple[int, int, int, int]]:
    """Org to calls, failed ones, input and output tokens, of what counts."""
    rows = system.sql(
        "SELECT org_id, count(), countIf(status = 'error'), "
        "sum(tok_in + tok_cache_read + tok_cache_write), sum(tok_out + tok_reasoning) "
        f"FROM calls FINAL WHERE project = '{project}' AND is_void = 0 "
        "AND operation IN ('chat', 'embeddings') GROUP BY org_id FORMAT TabSeparated"
    )
    return {row[0]: tuple(map(int, row[1:])) for row in rows}  # type: ignore[misc]


def wanted(expected: dict[str, Any]) -> dict[str, tuple[int, int, int, int]]:
    """What a capture's own listing says, with the repeats that nothing ties to a call."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for call in expected["llm_calls"]:
        org = sums[call["org_id"] or UNATTRIBUTED]
        acceptable = call.get("output_tokens_acceptable")
        told = (1, call["status"] == "error", call["input_tokens_total"] or 0,
                min(acceptable) if acceptable else call["output_tokens"] or 0)  # fmt: skip
        org[:] = [have + more for have, more in zip(org, told, strict=True)]
    return {org: tuple(values) for org, values in sums.items()}  # type: ignore[misc]


@pytest.mark.parametrize(("name", "folder", "told"), CASES, ids=[name for name, _, _ in CASES])
async def test_capture_counts_each_call_once(
    system: System, name: str, folder: Path, told: dict[str, Any]
) -> None:
    for body, headers in bodies(folder):
        post(system, body, headers, name)
        post(system, body, headers, name)  # an exporter that lost the answer sends again
    await system.wait_settled()
    found = counted(system, name)
    if told["repeats_that_nothing_ties_to_a_call"]:
        assert sum(row[0] for row in found.values()) == told["counts"]["llm_calls"] + len(
            told["repeats_that_nothing_ties_to_a_call"]
        )
    else:
        assert found == wanted(told)
    await traced(system, name, found)
    system.verify()


async def traced(system: System, project: str, found: dict[str, tuple[int, int, int, int]]) -> None:
    """The trace API says the same: each call counted once, its other tellings beside it."""
    asked = {"project": project, "from": "2026-09-01T00:00Z", "limit": 200}
    listed = system.get("/v1/traces", **asked)["traces"]
    calls: dict[str, int] = defaultdict(int)
    for trace in listed:
        calls[trace["org"]] += trace["calls"]
    assert {org: n for org, n in calls.items() if n} == {org: row[0] for org, row in found.items()}
    assert all(trace["name"] for trace in listed)
    counted_steps, repeats = 0, set()
    for trace_id in {trace["trace_id"] for trace in listed}:
        whole = system.get(f"/v1/traces/{trace_id}", project=project)
        for step in whole["steps"]:
            if step["call"] and step["is_counted"]:
                counted_steps += 1
                assert step["event_id"] == step["call"]["counted"]
                repeats |= set(step["call"]["tellings"]) - {step["event_id"]}
        counted_ids = {step["event_id"] for step in whole["steps"] if step["is_counted"]}
        assert not repeats & counted_ids
        rows = system.get(f"/v1/traces/{trace_id}/steps", project=project)
        assert rows["columns"]["event_id"] == [step["event_id"] for step in whole["steps"]]
    assert counted_steps == sum(row[0] for row in found.values())


def split(folder: Path, rng: random.Random) -> list[bytes]:
    """The spans of a capture in requests of one or two, in any order."""
    alone = []
    for path in folder.glob("*_traces.pb"):
        whole = ExportTraceServiceRequest.FromString(path.read_bytes())
        for group in whole.resource_spans:
            for scoped in group.scope_spans:
                for span in scoped.spans:
                    request = ExportTraceServiceRequest()
                    made = request.resource_spans.add(resource=group.resource)
                    made.scope_spans.add(scope=scoped.scope, spans=[span])
                    alone.append(request)
    rng.shuffle(alone)
    requests = []
    while alone:
        request = alone.pop()
        if alone and rng.random() < 0.5:
            request.MergeFrom(alone.pop())
        requests.append(request.SerializeToString())
    return requests


async def test_order_and_split_into_requests_change_nothing(system: System) -> None:
    """Children before parents, tellings in different requests: some in flushes of their own."""
    rng = random.Random(20261123)
    bodies_ = [
        (name, body)
        for name, folder, _ in CASES
        if any(folder.glob("*_traces.pb"))
        for body in split(folder, rng)
    ]
    rng.shuffle(bodies_)
    for number, (name, body) in enumerate(bodies_):
        post(system, body, {"content-type": PROTOBUF}, f"{name}-split")
        if number % 40 == 0:
            await asyncio.sleep(1.0)
    await system.wait_settled()
    for name, folder, _ in CASES:
        if any(folder.glob("*_traces.pb")):
            assert counted(system, f"{name}-split") == counted(system, name), name
    system.verify()


def publish(system: System, record: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {system.key}"}
    told = httpx.put(f"{system.url('api')}/v1/prices", json=record, headers=headers, timeout=30)
    assert told.status_code == 202, told.text


async def test_the_org_that_another_span_tells_pays_its_own_prices(system: System) -> None:
    """The call is priced before its org is known; then for that org; then for a corrected one."""
    since = {"effective_from": "2026-01-01T00:00:00Z"}
    one = {"price": "1", "per": 1000}
    publish(system, {"kind": "price", "provider": "openai", "model": "m-billed",
                     "rates": {"input": one, "output": one}} | since)  # fmt: skip
    for org, factor in (("one", "3"), ("two", "7")):
        publish(system, {"kind": "markup", "scope": f"org:{org}", "rule_id": "own",
                         "multiply": factor} | since)  # fmt: skip
    project = CASES[0][0]
    call = otlp.span(7, **{"gen_ai.request.model": "m-billed"})
    call["attributes"] = [a for a in call["attributes"] if a["key"] != "org.id"]
    call["parentSpanId"] = "f" * 16
    root = otlp.span(7, **{"gen_ai.operation.name": "invoke_agent", "org.id": "one"})
    root["spanId"] = "f" * 16

    async def settled(spans: dict[str, Any]) -> list[list[str]]:
        sent = json.dumps(otlp.body(spans)).encode()
        post(system, sent, {"content-type": "application/json"}, project)
        for _ in range(2):  # what the roll-up sends back is priced and written, too
            await system.wait_settled()
            await asyncio.sleep(1)
        return system.sql(
            "SELECT org_id, toString(cost), toString(charge) FROM calls FINAL WHERE is_void = 0 "
            "AND model = 'm-billed' FORMAT TabSeparated"
        )

    assert await settled(call) == [["unattributed", "0.015", "0.015"]]
    assert await settled(root) == [["one", "0.015", "0.045"]]
    moved = {a["key"]: a for a in root["attributes"]} | {
        "org.id": {"key": "org.id", "value": {"stringValue": "two"}}
    }
    later = root | {"attributes": list(moved.values()), "endTimeUnixNano": otlp.NOW_NS + 60 * 10**9}
    rows = await settled(later)
    assert rows in (
        [["one", "0.015", "0.045"]],
        [["two", "0.015", "0.105"]],
    )  # one deterministic winner
    system.verify()


async def test_usage_that_only_the_outer_of_two_spans_tells_is_priced_once(system: System) -> None:
    """A stream whose SDK does not ask for usage, inside a library that counts tokens itself."""
    one = {"price": "1", "per": 1000}
    publish(system, {"kind": "price", "provider": "openai", "model": "m-outer",
                     "rates": {"input": one, "output": one},
                     "effective_from": "2026-01-01T00:00:00Z"})  # fmt: skip
    project = CASES[0][0]
    outer = otlp.span(8, **{"gen_ai.request.model": "m-outer"})
    inner = otlp.span(8, **{"gen_ai.request.model": "m-outer"})
    inner["attributes"] = [a for a in inner["attributes"] if "usage" not in a["key"]]
    inner |= {"spanId": "e" * 16, "parentSpanId": outer["spanId"]}
    for told in (inner, outer):
        sent = json.dumps(otlp.body(told)).encode()
        post(system, sent, {"content-type": "application/json"}, project)
        await system.wait_settled()
    rows = system.sql(
        "SELECT org_id, toString(cost), pending FROM calls FINAL WHERE is_void = 0 "
        "AND model = 'm-outer' FORMAT TabSeparated"
    )
    assert rows == [["acme", "0.015", ""]]
    whole = system.get(f"/v1/traces/{8:032x}", project=project)
    assert [step["is_counted"] for step in whole["steps"]] == [True, False]
    assert {step["call"]["why"] for step in whole["steps"]} == {"has_usage"}
    assert whole["total"]["cost"]["USD"] == "0.015", whole["total"]
    system.verify()
