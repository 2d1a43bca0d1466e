"""Requests made from the OpenAPI documents of the running services: none is answered 5xx."""

import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from tests.system import System

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "4"))
CHECKS = [not_a_server_error]
UNSAFE = {"/v1/keys", "/v1/keys/{key_id}", "/v1/session", "/v1/sessions", "/v1/traces",
          "/v1/logs", "/v1/metrics"}  # fmt: skip
"""Changing keys or sessions would end the test; OTLP bodies are fuzzed in tests/unit/otlp."""


def operations(document: dict[str, Any], service: str) -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, ways in document["paths"].items()
        for method in ways
        if method == "get" or path not in UNSAFE
        if not (service == "ingest" and path in UNSAFE)
    ]


@pytest.mark.parametrize("service", ["api", "ingest"])
def test_no_request_breaks_a_service(system: System, service: str) -> None:
    url = system.url(service)
    document = httpx.get(f"{url}/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    headers = {"authorization": f"Bearer {system.key}"}
    for method, path in operations(document, service):
        made = schema[path][method.upper()].as_strategy()

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=made)
        def check(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

        check()
