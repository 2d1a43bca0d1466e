"""The examples under docs/examples, as they stand, with the real libraries, through to the API.

They run in `.venv/examples` and docs/examples/node, which `make test` sets up; the provider is a
stand-in on this machine that tells the same usage each time.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.dashboard import with_node
from tests.standin import provider
from tests.system import System

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "examples"
PYTHON = ROOT / ".venv" / "examples" / "bin" / "python"
CALLS = {"openai_otel.py": 2}
"""How many model calls each makes; one, where it is not listed."""
NAMES = sorted(path.name for path in [*FOLDER.glob("*.py"), *FOLDER.glob("node/*.mjs")])
PER_CALL = Decimal("600") * 2 / 10**6 + Decimal("400") * 1 / 10**6 + Decimal("50") * 10 / 10**6


def prices(system: System) -> None:
    """The same for both models, so that every call costs `PER_CALL`."""
    rates = {"input": "2", "cache_read": "1", "output": "10"}
    records = [
        {"kind": kind, "provider": provider_, "model": model, **more}
        for provider_, model in (("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"))
        for kind, more in (
            ("price", {"effective_from": "2026-01-01T00:00:00Z",
                       "rates": {n: {"price": p, "per": 1_000_000} for n, p in rates.items()}}),
        )
    ]  # fmt: skip
    for answered in ("gpt-4o-2024-08-06", "claude-sonnet-4-5-20250929"):
        base = records[0] if answered.startswith("gpt") else records[1]
        records.append(base | {"model": answered})
    headers = {"authorization": f"Bearer {system.key}"}
    told = httpx.put(f"{system.url('api')}/v1/prices", json=records, headers=headers, timeout=30)
    assert told.status_code == 202, told.text


def environment(system: System, standin: str, org: str) -> dict[str, str]:
    """What a user sets once."""
    known = with_node(os.environ)
    kept = {name: known[name] for name in ("PATH", "HOME", "LANG") if name in known}
    return kept | {
        "TRACETALLY_URL": system.url("ingest"), "TRACETALLY_KEY": system.key, "ORG_ID": org,
        "OTEL_EXPORTER_OTLP_ENDPOINT": system.url("ingest"),
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{system.key}",
        "OTEL_RESOURCE_ATTRIBUTES": f"org.id={org}",
        "OPENAI_BASE_URL": f"{standin}/v1", "OPENAI_API_KEY": "none",
        "ANTHROPIC_BASE_URL": standin, "ANTHROPIC_API_KEY": "none",
        "KAFKA_BOOTSTRAP": system.bootstrap, "KAFKA_TOPIC": f"{system.prefix}calls.v1",
    }  # fmt: skip


def run(name: str, system: System, standin: str) -> str:
    """The example's own words where it failed."""
    node = name.endswith(".mjs")
    found = shutil.which("node", path=with_node(os.environ)["PATH"]) or "node"
    argv = [found, f"node/{name}"] if node else [str(PYTHON), name]
    done = subprocess.run(
        argv, cwd=FOLDER, env=environment(system, standin, org_of(name)), capture_output=True,
        timeout=180, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else (done.stdout + done.stderr).decode()[-3000:]


def org_of(name: str) -> str:
    return f"org-{name.partition('.')[0]}"


@pytest.fixture(scope="module")
def told(
    kafka: Any, clickhouse: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[System, dict[str, str]]]:
    """Every example run once, two at a time."""
    home = tmp_path_factory.mktemp("examples")
    with System(kafka.bootstrap, clickhouse.url, home) as system, provider() as standin:
        prices(system)
        with ThreadPoolExecutor(2) as pool:
            failures = list(pool.map(lambda name: run(name, system, standin), NAMES))
        yield system, dict(zip(NAMES, failures, strict=True))


@pytest.mark.parametrize("name", NAMES)
async def test_an_example_reaches_the_api(name: str, told: tuple[System, dict[str, str]]) -> None:
    system, failures = told
    assert not failures[name], failures[name]
    await system.wait_settled()
    measures = ["cost", "calls", "pending_calls", "errors"]
    measures += [f"tokens.{n}" for n in ("input", "cache_read", "output")]
    usage = system.get("/v1/usage", org=org_of(name), measures=measures)
    total = usage["total"]["total"]
    calls = CALLS.get(name, 1)
    tokens = {n: total[f"tokens.{n}"] for n in ("input", "cache_read", "output")}
    assert total["calls"] == calls
    assert tokens == {"input": 600 * calls, "cache_read": 400 * calls, "output": 50 * calls}
    assert (total["pending_calls"], total["errors"]) == (0, 0)
    assert Decimal(total["cost"]) == PER_CALL * calls
    assert usage["completeness"]["other_currencies"] == []


async def test_what_langfuse_scores_is_feedback(told: tuple[System, dict[str, str]]) -> None:
    system, _ = told
    (trace,) = system.get("/v1/traces", org="org-langfuse_sdk")["traces"]
    (score,) = system.get(f"/v1/traces/{trace['trace_id']}")["outcomes"]
    assert (score["kind"], score["name"], score["value"]) == ("feedback", "helpful", "1")
    assert (trace["conversation_id"], trace["user"]) == ("c-42", "u-7")


def test_there_are_enough() -> None:
    assert len(NAMES) >= 10
