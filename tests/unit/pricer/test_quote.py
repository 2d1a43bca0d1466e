"""`tracetally-pricer quote`: the command as a user runs it, without Kafka."""

import codecs
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.pricer.quote import run
from tests.unit.pricing.make import price_record, rates

CALL = {
    "id": "a", "provider": "openai", "model": "m1", "time": "2026-11-20T14:00:00Z",
    "usage_payload": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
}  # fmt: skip


def quoted(tmp_path: Path, *calls: Any, records: Any = None) -> tuple[int, list[dict[str, Any]]]:
    book = tmp_path / "book.ndjson"
    told = records or [price_record(fallback={"reasoning": "output"})]
    book.write_bytes(b"\n".join(map(orjson.dumps, told)) + b"\n")
    lines = b"\n".join(c if isinstance(c, bytes) else orjson.dumps(c) for c in calls)
    sink = io.BytesIO()
    status = run(["--book", str(book)], io.BytesIO(lines + b"\n\n"), sink)
    return status, [json.loads(line) for line in sink.getvalue().splitlines()]


def test_answer_holds_everything_to_recompute_it(tmp_path: Path) -> None:
    status, [answer] = quoted(tmp_path, CALL)
    assert status == 0
    assert answer == {
        "id": "a", "outcome": "priced", "reason": None, "detail": None, "cost_usd": "0.003",
        "charge_usd": "0.003", "currency": "USD", "cost": "0.003", "charge": "0.003",
        "lines": [
            {"dimension": "input", "quantity": "1000", "price": "2", "per": 1000000,
             "amount": "0.002"},
            {"dimension": "output", "quantity": "100", "price": "10", "per": 1000000,
             "amount": "0.001"},
        ],
        "record": "price|*|openai|m1|2026-01-01T00:00:00Z", "revision": 1, "variant": None,
        "normaliser": "openai.chat@3",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "outcome", "reason"),
    [
        ({"model": "m2"}, "pending", "model_unknown"),
        ({"provider": None}, "pending", "provider_unknown"),
        ({"model": None}, "pending", "model_missing"),
        ({"usage_payload": None}, "pending", "usage_missing"),
        ({"attributes": {"processing": "batch"}}, "pending", "variant_missing"),
        ({"time": "2025-01-01T00:00:00Z"}, "pending", "no_version_at_time"),
        ({"usage_payload": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 3}},
         "quarantined", "usage_invalid"),
        ({"usage_payload": None, "usage": {"image": 1}}, "pending", "rate_missing"),
        ({"attributes": {"speed": "standard", "region": None}}, "priced", None),
    ],
)  # fmt: skip
def test_outcomes(tmp_path: Path, change: Any, outcome: str, reason: str | None) -> None:
    status, [answer] = quoted(tmp_path, CALL | change)
    assert status == 0
    assert (answer["outcome"], answer["reason"]) == (outcome, reason)
    assert (answer["cost_usd"] is None) is (outcome != "priced")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "Invalid JSON"),
        (CALL | {"time": "2026-11-20"}, "time:"),
        (CALL | {"time": None}, "time:"),
        (CALL | {"atributes": {}}, "atributes:"),
        (CALL | {"attributes": {"tier": "x"}}, "attributes.tier:"),
        (CALL | {"usage": {"input": 1}}, "usage, usage_payload: give one of the two"),
        (CALL | {"flavour": "openai.telepathy"}, "flavour: 'openai.telepathy' is not known"),
        (CALL | {"usage_payload": {"tokens": 3}}, "flavour"),
        (CALL | {"usage_payload": None, "usage": {"input": -1}}, "usage.input: "),
        (CALL | {"usage_payload": None, "usage": {"thoughts": 1}}, "usage.thoughts"),
    ],
)  # fmt: skip
def test_a_bad_line_is_an_error_line_and_the_next_goes_on(
    tmp_path: Path, line: Any, told: str
) -> None:
    status, [wrong, right] = quoted(tmp_path, line, CALL)
    assert status == 1
    assert set(wrong) == {"id", "error"}
    assert told in wrong["error"]
    assert right["outcome"] == "priced"


def test_org_prices_and_markups_apply(tmp_path: Path) -> None:
    records = [
        price_record(), price_record(scope="org:acme", rates=rates(input="1", output="5")),
        {"kind": "markup", "scope": "*", "rule_id": "fee", "multiply": "2",
         "effective_from": "2026-01-01T00:00:00Z"},
    ]  # fmt: skip
    _, [other, acme] = quoted(tmp_path, CALL, CALL | {"org_id": "acme"}, records=records)
    assert (other["cost_usd"], other["charge_usd"]) == ("0.003", "0.006")
    assert (acme["cost_usd"], acme["charge_usd"]) == ("0.0015", "0.003")
    assert acme["lines"][-1] == {
        "dimension": "fee", "quantity": None, "price": None, "per": 1, "amount": "0.0015",
        "kind": "markup", "multiply": "2",
    }  # fmt: skip


def test_another_currency_is_never_told_as_dollars(tmp_path: Path) -> None:
    _, [answer] = quoted(tmp_path, CALL, records=[price_record(currency="EUR")])
    assert (answer["cost_usd"], answer["currency"], answer["cost"]) == (None, "EUR", "0.003")


def test_wrong_book_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FileNotFoundError):
        (tmp_path / "none").read_bytes()
    assert run(["--book", str(tmp_path / "none")], io.BytesIO(), io.BytesIO()) == 2
    wrong = [price_record(), price_record(effective_to="2020-01-01T00:00:00Z")]
    assert quoted(tmp_path, CALL, records=wrong) == (2, [])
    assert "line 2" in capsys.readouterr().err


def test_command_uses_the_shipped_book() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("tracetally-pricer")), "quote"],
        input=orjson.dumps(CALL | {"model": "gpt-4o"}), capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["cost_usd"] == "0.0035"


def test_a_byte_order_mark_is_no_part_of_the_line(tmp_path: Path) -> None:
    status, [answer] = quoted(tmp_path, codecs.BOM_UTF8 + orjson.dumps(CALL))
    assert (status, answer["outcome"]) == (0, "priced")


@pytest.mark.parametrize("number", [10**30, 2**64, -(2**63) - 1])
def test_an_id_that_no_answer_can_hold_is_an_error_of_its_line(tmp_path: Path, number: int) -> None:
    line = json.dumps(CALL | {"id": number}).encode()
    status, [answer, after] = quoted(tmp_path, line, CALL)
    assert (status, after["outcome"]) == (1, "priced")
    assert answer["error"].startswith("id: ")


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    command = [str(Path(sys.executable).with_name("tracetally-pricer")), "quote"]
    lines = orjson.dumps(CALL, option=orjson.OPT_APPEND_NEWLINE) * 2000
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as quoting:
        assert quoting.stdout is not None
        quoting.stdout.close()
        quoting.stdout = None
        _, complaint = quoting.communicate(lines)
    assert (quoting.returncode, complaint) == (2, b"")


def test_a_wrong_record_of_a_book_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quoted(tmp_path, CALL, records=[{"kind": "price"}]) == (2, [])
    assert capsys.readouterr().err.count("\n") == 1
