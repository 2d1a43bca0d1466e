"""Books compared, and the commands that need no running product."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.prices import cli, diff
from tests.unit.pricing.make import price_record, rates


def book(*records: dict[str, Any]) -> dict[str, Any]:
    return diff.read(map(orjson.dumps, records), "test")


def test_new_changed_withdrawn_and_suspicious() -> None:
    now = book(price_record("a"), price_record("b"), price_record("c"))
    then = book(
        price_record("a"),
        price_record("b", rates=rates(input="3", output="10")),
        price_record("d"),
        price_record("a", effective_from="2026-06-01T00:00:00Z", rates=rates(input="90")),
    )
    changes = diff.compare(now, then)
    assert changes.new == [
        "price|*|openai|a|2026-06-01T00:00:00Z", "price|*|openai|d|2026-01-01T00:00:00Z",
    ]  # fmt: skip
    assert changes.changed == ["price|*|openai|b|2026-01-01T00:00:00Z"]
    assert changes.withdrawn == ["price|*|openai|c|2026-01-01T00:00:00Z"]
    assert list(changes.suspicious) == ["price|*|openai|a|2026-06-01T00:00:00Z"]
    told = list(diff.told(changes, now, then))
    assert "~ price|*|openai|b|2026-01-01T00:00:00Z  input 2/1000000 -> 3/1000000" in told
    assert told[-1] == "2 new, 1 changed, 1 only in the first, 1 suspicious"


def test_who_said_it_is_no_change() -> None:
    one = book(price_record(revision=1, audit={"published_by": "a"}))
    two = book(price_record(revision=2, source={"url": "x"}))
    assert diff.compare(one, two) == diff.Changes()


def test_only_some_providers() -> None:
    then = book(price_record("a"), price_record("a", provider="groq"))
    assert diff.compare({}, then, only=frozenset({"groq"})).new == [
        "price|*|groq|a|2026-01-01T00:00:00Z"
    ]


def test_encoded_says_only_what_was_told() -> None:
    [record] = book(price_record()).values()
    assert orjson.loads(diff.encoded(record)) == price_record()


def run(*arguments: str) -> int:
    parsed = cli.parse(arguments)
    return int(parsed.run(parsed))


def test_commands_on_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    good.write_bytes(orjson.dumps(price_record()) + b"\n")
    bad.write_bytes(orjson.dumps(price_record(rates=rates(input="2", cache_read="3"))) + b"\n")
    assert run("validate", str(good)) == 0
    assert run("validate", str(bad)) == 1
    assert "rates.cache_read" in capsys.readouterr().out
    assert run("diff", str(good), str(good)) == 0
    assert run("diff", str(good), str(bad)) == 1
    assert run("diff", "seed", "seed") == 0


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.ndjson"
    wrong.write_bytes(orjson.dumps(price_record()) + b'\n{"kind":"price"}\n')
    with pytest.raises(diff.RecordError, match=r"wrong\.ndjson, line 2: price\.provider"):
        run("validate", str(wrong))
