"""The shipped prices against both price libraries, over their whole books.

Each library runs in an environment of its own (`make peers`). What differs is in
`differences.ndjson` with the reason; the rest is equal to the digit: exactly with genai-prices,
up to the noise of its floats with litellm.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.pricer.quote import read_book
from services.prices import naming
from services.pricing import seed
from services.pricing.book import PriceBook
from services.pricing.providers import canonical
from services.pricing.quote import quote_line

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / ".venv" / "peers" / "bin" / "python"
AT = "2026-11-20T14:00:00Z"
KNOWN = {
    (row["library"], row["provider"], row["model"]): row["reason"]
    for row in map(orjson.loads, (HERE / "differences.ndjson").read_bytes().splitlines())
}
SAME_MIN = {"genai-prices": 4_500, "litellm": 3_900}


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return read_book(seed.lines(), "seed")


def told(library: str) -> Iterator[dict[str, Any]]:
    if not PEERS.exists():
        pytest.fail("the libraries are not installed: make peers")
    done = subprocess.run(
        [str(PEERS), str(HERE / "tell.py"), library], capture_output=True, check=True
    )
    yield from map(json.loads, done.stdout.splitlines())


def named(library: str, line: dict[str, Any]) -> tuple[str, str, str] | None:
    """Our provider, model and region; None for what no call can be billed by."""
    kind, key = line["provider"], line["key"]
    if library == "genai-prices":
        own = naming.GENAI_PROVIDERS.get(kind, (canonical(kind),))[0]
        return None if kind in naming.GENAI_SKIPPED else (own, key, "")
    if kind in naming.LITELLM_SKIPPED or naming._COMMITTED.search(key):
        return None
    model, place = naming._name(key, kind)
    if naming._COMMITTED.search(model):
        return None
    return naming._provider(kind), model, place


def outcome(library: str, line: dict[str, Any], place: tuple[str, str, str], book: Any) -> str:
    provider, model, region = place
    call = {"id": 1, "provider": provider, "model": model, "time": AT, "usage": line["usage"],
            "attributes": {"region": region}}  # fmt: skip
    answer, _ = quote_line(orjson.dumps(call), book)
    theirs = Decimal(line["cost"] or 0)
    if answer["outcome"] == "pending":
        if answer["reason"] == "rate_missing":
            return "we do not know a rate that the library takes from another"
        return "the library says zero" if not theirs else "unknown to us"
    ours = Decimal(answer["cost"])
    if not theirs and ours:
        return "the library says zero"
    close = ours * Decimal("1e-9") if library == "litellm" else ours * Decimal("1e-18")
    return "same" if abs(ours - theirs) <= close else "differs"


@pytest.mark.parametrize("library", ["genai-prices", "litellm"])
def test_whole_book_agrees_or_the_reason_is_written_down(library: str, book: PriceBook) -> None:
    seen: Counter[str] = Counter()
    unexplained = []
    for line in told(library):
        if (place := named(library, line)) is None:
            continue
        what = outcome(library, line, place, book)
        seen[what] += 1
        if what in ("differs", "unknown to us") and (library, *place[:2]) not in KNOWN:
            unexplained.append((place, line, what))
    assert unexplained == []
    assert seen["same"] >= SAME_MIN[library], seen
