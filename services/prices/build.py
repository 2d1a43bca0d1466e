"""Writes the shipped price book from both libraries: records by provider, and a report."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from schemas.money import plain
from schemas.price import BOOK_RECORD, PriceRecord
from services.prices.merge import Difference, Merged, Taken, merge, ratio
from services.prices.naming import Named, from_genai, from_litellm, patterns
from services.pricing.providers import canonical, plain_name
from services.pricing.publishing import flaws

ALONE = 100
"""Providers with so many records have a file of their own."""
VERIFIED = "verified.ndjson"
DOUBTED = {
    Named("ibm.watsonx.ai", "core42/jais-13b-chat"): (
        "500 and 2,000 per million tokens, where models of its size cost 1 to 3: a price for 1,000 "
        "tokens seems to stand for one"
    ),
    Named("gcp.gemini", "gemini-1.0-pro-vision-001"): (
        "0.125 and 0.375 are what Vertex took for a million characters, not tokens"
    ),
}
"""Left out until somebody has seen the provider's page: pending is better than a wrong price."""
_LEAST = Decimal("0.002")


def doubts(record: Mapping[str, Any]) -> list[str]:
    """Why the price may be that of something else: of a step of an image model, for example."""
    cheap = [
        f"{name} costs {rate['price']} per million, which no token does: an inference step might"
        for name, rate in record.get("rates", {}).items()
        if name in ("input", "output") and 0 < Decimal(rate["price"]) < _LEAST
    ]
    known = DOUBTED.get(Named(record["provider"], record.get("model", "")))
    return [*([known] if known else []), *cheap]


def generate(
    dated: Sequence[Any], undated: Mapping[str, Mapping[str, Any]], verified: bytes, taken: Taken
) -> tuple[Merged, list[str]]:
    """The records, and the keys of those that were left out because a check refuses them."""
    mapped = from_litellm(undated)
    names: dict[str, list[str]] = {}
    for named in mapped:
        names.setdefault(named.provider, []).append(named.model)
    merged = merge(from_genai(dated, names), mapped, _series(verified), taken)
    kept, refused = [], []
    for record in merged.records:
        parsed = BOOK_RECORD.validate_json(orjson.dumps(record))
        against = [f"{flaw.field}: {flaw.detail}" for flaw in flaws(parsed, None)]
        against += doubts(record)
        if against:
            refused.append(f"{record['provider']} {record['model']}: {against[0]}")
        else:
            kept.append(record)
    known = _series(verified) | {Named(record["provider"], record["model"]) for record in kept}
    rules = [rule for rule in patterns(dated) if Named(rule["provider"], rule["model"]) in known]
    return Merged(kept + rules, merged.differences), refused


def _series(verified: bytes) -> frozenset[Named]:
    parsed = (BOOK_RECORD.validate_json(line) for line in verified.splitlines())
    return frozenset(
        Named(canonical(r.provider), plain_name(r.model))
        for r in parsed
        if isinstance(r, PriceRecord)
    )


def write(folder: Path, merged: Merged, refused: Sequence[str], taken: Taken) -> None:
    """The generated files replace those that were there; the verified one stays."""
    for old in folder.glob("*.ndjson"):
        if old.name != VERIFIED:
            old.unlink()
    counts = Counter(record["provider"] for record in merged.records)
    files: dict[str, list[dict[str, Any]]] = {}
    for record in merged.records:
        provider = record["provider"]
        name = provider if counts[provider] >= ALONE else "others"
        files.setdefault(name, []).append(record)
    for name, records in files.items():
        body = b"".join(orjson.dumps(r, option=orjson.OPT_APPEND_NEWLINE) for r in records)
        (folder / f"{name}.ndjson").write_bytes(body)
    (folder / "REPORT.md").write_text("\n".join(report(merged, refused, taken)) + "\n")


def report(merged: Merged, refused: Sequence[str], taken: Taken) -> Iterator[str]:
    """For people: what is in the book, and every rate the libraries tell differently."""
    confidence = Counter(r["source"]["confidence"] for r in merged.records)
    providers = Counter(r["provider"] for r in merged.records)
    yield "# Where the shipped prices come from"
    yield ""
    yield f"Generated from {taken.dated} and {taken.undated}, both MIT. Not to be edited by hand."
    yield "What a person wrote down is in `verified.ndjson` and stands above both; its `confidence`"
    yield "says whether the page itself was seen (`verified`) or only quoted (`second hand`)."
    yield ""
    yield f"{len(merged.records)} generated records, {len(providers)} providers."
    yield ""
    yield from _table(("confidence", "records"), confidence.most_common())
    yield "## Believed against the other library"
    yield ""
    yield "The dated library is believed, unless it knows the model only by a pattern of names and"
    yield "tells another base price; then the one that names the model is."
    yield ""
    head = ("provider", "model", "mode", "above", "dimension", "believed", "other", "ratio")
    yield from _table(head, map(_difference, sorted(merged.differences, key=_order)))
    yield "## Left out"
    yield ""
    yield "Refused by the checks that every published price passes, or doubted by a person."
    yield ""
    yield from (f"- {line}" for line in refused)


def _order(difference: Difference) -> tuple[Any, ...]:
    return (*difference.named, difference.cell, difference.dimension)


def _difference(found: Difference) -> tuple[Any, ...]:
    (believed, per), (other, other_per) = found.believed, found.other
    mode, above = found.cell
    return (
        *found.named, mode or "standard", above or "", found.dimension,
        f"{plain(believed)} / {per}", f"{plain(other)} / {other_per}", f"{ratio(found):.3g}",
    )  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""
