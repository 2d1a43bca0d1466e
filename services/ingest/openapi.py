"""What the OpenAPI document says of bodies and answers. Pure."""

from typing import Any

from pydantic.json_schema import models_json_schema

from services.ingest.kinds import Kind
from services.runtime import problems

DESCRIPTION = """Takes steps of AI conversations, their contents and their outcomes.

`Authorization: Bearer KEY` (or `x-api-key`). Bodies may be `gzip`, `deflate` or `zstd` encoded.
A 2xx means every accepted event is written. On 429 and 503 resend the same body after
`Retry-After`: ids make a resend harmless."""

REFUSED = {
    "type": "array",
    "description": "Items that were not taken; their bytes are kept as dead letters.",
    "items": {
        "type": "object",
        "properties": {
            "index": {"type": "integer", "description": "Place in the body, from 0."},
            "field": {"type": "string"},
            "reason": {"type": "string"},
            "detail": {"type": "string"},
        },
    },
}
ANSWER_EXAMPLE = {
    "accepted": 99,
    "refused": [
        {
            "index": 7,
            "field": "usage.input",
            "reason": "invalid_field",
            "detail": "Input should be greater than or equal to 0",
        }
    ],
}


def request_body(kind: Kind, items_max: int) -> dict[str, Any]:
    """`openapi_extra` of a route."""
    _, whole = models_json_schema([(kind.record, "validation")], ref_template="{model}")
    schema = next(iter(whole["$defs"].values()))
    many = {"type": "array", "items": schema, "maxItems": items_max}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [schema, many]},
                    "examples": {
                        "one": {"value": kind.example},
                        "several": {"value": [kind.example]},
                    },
                },
                "application/x-ndjson": {
                    "schema": {"type": "string", "description": "One object on each line."}
                },
            },
        },
    }


def responses() -> dict[int | str, dict[str, Any]]:
    """The answers of every route."""
    ok = {
        "description": "At least one item was accepted, or the batch was empty.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"accepted": {"type": "integer"}, "refused": REFUSED},
                },
                "example": ANSWER_EXAMPLE,
            }
        },
    }
    return {200: ok} | problems.openapi(400, 401, 403, 408, 413, 415, 422, 429, 503)


_STATUS = {
    "type": "object",
    "description": "A google.rpc.Status.",
    "required": ["code", "message"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
}
_PROTOBUF = {"schema": {"type": "string", "format": "binary"}}


def otlp_body(signal: str) -> dict[str, Any]:
    """`openapi_extra` of an OTLP route."""
    what = {"description": f"Export{signal.capitalize()}ServiceRequest"}
    content = {
        "application/x-protobuf": {"schema": _PROTOBUF["schema"] | what},
        "application/json": {"schema": {"type": "object"} | what},
    }
    return {"requestBody": {"required": True, "content": content}}


def otlp_responses() -> dict[int | str, dict[str, Any]]:
    """The answers of an OTLP route, in the media type of the request."""
    partial = {"type": "object", "properties": {"partialSuccess": {"type": "object"}}}
    ok = {
        "description": "Everything is written; what is odd stands in `partial_success`.",
        "content": {"application/x-protobuf": _PROTOBUF, "application/json": {"schema": partial}},
    }
    errors: dict[int | str, dict[str, Any]] = {
        status: told
        | {
            "content": {
                "application/x-protobuf": _PROTOBUF,
                "application/json": {"schema": _STATUS},
            }
        }
        for status, told in problems.openapi(400, 401, 403, 413, 415, 429, 503).items()
    }
    return {200: ok} | errors
