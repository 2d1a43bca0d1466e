"""Requests made from the OpenAPI documents of the running services: none is answered 5xx, and every

answer is one that the document tells: its status, its media type, its shape.
"""

import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.system import System

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
UNSAFE = {"/v1/keys", "/v1/keys/{key_id}", "/v1/session", "/v1/sessions", "/v1/prices/shipped"}
"""Changing keys or sessions would end the test; the shipped prices price what others leave open."""

ENDLESS = {"/v1/changes"}
"""A stream: each request would wait for its time-out. `test_changes.py` reads it."""


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, ways in document["paths"].items()
        for method in ways
        if path not in ENDLESS and (method == "get" or path not in UNSAFE)
    ]


@pytest.mark.parametrize("service", ["api", "ingest"])
def test_every_answer_is_one_of_the_document(system: System, service: str) -> None:
    url = system.url(service)
    document = httpx.get(f"{url}/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    headers = {"authorization": f"Bearer {system.key}"}
    for method, path in operations(document):
        made = schema[path][method.upper()].as_strategy()

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=made)
        def check(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

        check()
