"""Writes the public contracts from the models: JSON Schemas and the AsyncAPI document.

python -m deploy.schemas [--check]
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas.topics import TOPICS, Topic

TARGET = Path(__file__).parents[1] / "schemas" / "json"
DIALECT = "https:" + "//json-schema.org/draft/2020-12/schema"


def schema(topic: Topic) -> dict[str, Any]:
    """The JSON Schema of one line of a topic, as a producer must write it."""
    body = TypeAdapter(topic.record).json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, "$id": f"{topic.name}.json", **body}


def asyncapi() -> dict[str, Any]:
    """The topics as an AsyncAPI 3.0 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tracetally topics",
            "version": "1",
            "description": "Message values are NDJSON: one or more JSON objects, one per line.",
        },
        "defaultContentType": "application/x-ndjson",
        "channels": {
            topic.name: {
                "address": topic.name,
                "description": topic.description,
                "messages": {"line": {"payload": {"$ref": f"./{topic.name}.json"}}},
                "bindings": {
                    "kafka": {
                        "partitions": topic.partitions,
                        "topicConfiguration": {
                            "cleanup.policy": [topic.cleanup],
                            "retention.ms": topic.retention_ms,
                        },
                    }
                },
                "x-key": topic.key,
                "x-writers": list(topic.writers),
                "x-readers": list(topic.readers),
            }
            for topic in TOPICS
        },
    }


def contents() -> dict[str, str]:
    """File name -> text of everything generated."""
    documents = {f"{topic.name}.json": schema(topic) for topic in TOPICS}
    documents["asyncapi.json"] = asyncapi()
    return {
        name: json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, body in documents.items()
    }


def stale() -> list[str]:
    """Files that are missing or differ from the models."""
    return [
        name
        for name, text in contents().items()
        if not (TARGET / name).exists() or (TARGET / name).read_text() != text
    ]


def main() -> None:
    """Write, or with --check only compare."""
    if "--check" in sys.argv[1:]:
        if found := stale():
            raise SystemExit(f"schemas/json is behind the models: {', '.join(found)}")
        return
    TARGET.mkdir(exist_ok=True)
    for name, text in contents().items():
        (TARGET / name).write_text(text)
    print(f"wrote {len(contents())} files to schemas/json")


if __name__ == "__main__":
    main()
