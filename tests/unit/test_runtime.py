"""Keys, settings, health and error codes of the runtime."""

import subprocess
import sys
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from services.runtime.clickhouse import error_code
from services.runtime.health import Health, Heartbeat, routes
from services.runtime.keys import ApiKey, KeyRing, bearer, digest, parse_keys
from services.runtime.migrate import statements

SERVICES = ["ingest", "pricer", "rollup", "api"]


def key(name: str, *scopes: Any) -> ApiKey:
    return ApiKey(key_id=name, sha256=digest(f"{name}-secret"), scopes=frozenset(scopes))


def test_a_key_is_found_by_its_secret_alone_and_does_what_its_scopes_say() -> None:
    keys = (key("in", "ingest"), key("boss", "admin"))
    ring = KeyRing(keys)
    assert ring.find("in-secret") == keys[0]
    assert ring.find("IN-secret") is None
    assert ring.find("") is None
    assert [keys[0].allows(s) for s in ("ingest", "read", "admin")] == [True, False, False]
    assert [keys[1].allows(s) for s in ("ingest", "read", "admin")] == [False, True, True]


def test_secrets_come_from_either_header() -> None:
    assert bearer({"authorization": "bearer abc"}) == "abc"
    assert bearer({"x-api-key": " abc "}) == "abc"
    assert bearer({"authorization": "Basic abc"}) == ""


def test_keys_with_unknown_fields_or_plain_secrets_are_refused() -> None:
    for text in ('[{"key_id": "a", "secret": "x"}]', '[{"key_id": "a", "sha256": "x"}]', "{}"):
        with pytest.raises(ValueError, match="validation error"):
            parse_keys(text)


@pytest.mark.parametrize("service", SERVICES)
def test_check_prints_the_settings_with_secrets_masked(service: str) -> None:
    prefix = service.upper()
    auth = {f"{prefix}_AUTH": "off"} if service in ("ingest", "api") else {}
    done = run(service, {f"{prefix}_KAFKA_SASL_PASSWORD": "hunter2"} | auth)
    assert done.returncode == 0, done.stderr
    assert b"kafka_bootstrap" in done.stdout
    assert b"hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_setting_is_named(service: str) -> None:
    name = f"{service.upper()}_PORT"
    done = run(service, {name: "none"})
    assert done.returncode == 2
    assert name.encode() in done.stderr
    assert b"Traceback" not in done.stderr


def run(service: str, env: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    code = f"from services.{service}.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "--check"], env=env, capture_output=True, check=False
    )


async def test_probes_say_what_is_wrong() -> None:
    health = Health(ready_checks={"book": lambda: "not read yet"})
    app = Starlette(routes=list(routes(health)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s") as client:
        assert (await client.get("/livez")).status_code == 200
        told = await client.get("/readyz")
        assert (told.status_code, told.text) == (503, "book: not read yet\n")
        assert b"process_max_fds" in (await client.get("/metrics")).content


def test_a_heart_only_fails_while_busy() -> None:
    heart = Heartbeat(limit_seconds=-1)
    assert heart.check() == ""
    heart.beat(busy=True)
    assert "no progress" in heart.check()


def test_error_codes_are_read_from_either_form() -> None:
    assert error_code("Code: 117. DB::Exception: x") == 117
    assert error_code("HTTPDriver: code: 60, server response: Code: 60.") == 60
    assert error_code("Connection refused") == 0


def test_statements_are_split_at_line_ends_only() -> None:
    sql = "-- first; comment\nCREATE TABLE a (b String COMMENT 'x; y');\n\nSELECT 1\n"
    assert statements(sql) == ["CREATE TABLE a (b String COMMENT 'x; y')", "SELECT 1"]
