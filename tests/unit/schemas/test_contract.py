"""The public contract: generated files follow the models, examples parse for ever."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from deploy import schemas as generator
from schemas import ndjson
from schemas.call import CallEvent
from schemas.price import BOOK_RECORD, book_key
from schemas.priced import PricedCall
from schemas.topics import TOPICS, Topic
from services.rollup.columns import NAMES, TELLING_COLUMNS, TEXT
from services.rollup.stage import create_stage

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"


def test_generated_files_follow_the_models() -> None:
    assert generator.stale() == [], "run: make schemas"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_examples_parse(topic: Topic) -> None:
    found = sorted(EXAMPLES.glob(f"{topic.name}*.ndjson"))
    assert found, f"schemas/examples/{topic.name}.ndjson is missing"
    adapter = TypeAdapter(topic.record)
    for path in found:
        for line in ndjson.split(path.read_bytes()):
            record = adapter.validate_json(line)
            again = adapter.validate_json(adapter.dump_json(record, by_alias=True))
            assert again == record


def test_every_priced_field_has_a_column_in_the_stage() -> None:
    ddl = create_stage("stage")
    for name in PricedCall.model_fields:
        assert f" {name} " in ddl.replace("(", " (").replace(",", " ,").replace("( ", "(") or (
            name in (*TEXT, *NAMES)
        ), f"{name} would be dropped silently"


def test_every_call_field_is_kept_in_the_ledger() -> None:
    renamed = {"time_to_first_token_ms": "ttft_ms"}
    for name in CallEvent.model_fields:
        assert renamed.get(name, name) in TELLING_COLUMNS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_at", '"2026-11-22T10:00:00"'),
        ("occurred_at", "1763805600"),
        ("usage", '{"input": -1}'),
        ("usage", '{"input": 1.5}'),
        ("usage", '{"input": 1e400}'),
        ("usage", '{"input": NaN}'),
        ("usage", '{"prompt_tokens": 1}'),
        ("provider_reported_cost", "0.1"),
        ("provider_reported_cost", '"-1"'),
        ("org_id", "7"),
        ("surprise", "1"),
        ("duration_ms", "-1"),
        ("operation", '"chatting"'),
    ],
)
def test_calls_refuse_what_would_have_to_be_guessed(field: str, value: str) -> None:
    known = {"event_id": '"e"', "occurred_at": '"2026-11-22T10:00:00Z"'} | {field: value}
    text = "{" + ", ".join(f'"{name}": {raw}' for name, raw in known.items()) + "}"
    with pytest.raises(ValidationError) as caught:
        CallEvent.model_validate_json(text)
    assert caught.value.errors()[0]["loc"][0] in (field, *range(0)) or "NaN" in value


def test_book_keys_hold_the_instant_and_encode_each_field() -> None:
    record = BOOK_RECORD.validate_python(
        {
            "kind": "price",
            "scope": "org:A|b",
            "provider": "OpenAI",
            "model": "GPT|4/o",
            "effective_from": __import__("datetime").datetime.fromisoformat(
                "2026-11-22T12:00:00+02:00"
            ),
        }
    )
    assert book_key(record) == "price|org:A%7Cb|openai|gpt%7C4%2Fo|2026-11-22T10:00:00Z"
