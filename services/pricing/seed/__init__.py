"""The price book that is shipped: records as NDJSON, dated, each with its source.

`verified.ndjson` was checked by a person against the provider's own page and is edited by hand;
the other files are generated (`tracetally-prices seed`), what was believed is in REPORT.md.
"""

from collections.abc import Iterator
from importlib.resources import files


def lines() -> Iterator[bytes]:
    """Every record, one encoded JSON object each, in a fixed order."""
    for entry in sorted(files(__package__).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".ndjson"):
            yield from entry.read_bytes().splitlines()
