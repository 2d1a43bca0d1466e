"""Colour is identity: the slot of a value is its place in the order of first sight."""

import time
from dataclasses import dataclass, field
from zlib import crc32

from services.api.query.dims import COLUMNS, NARROW, WIDE
from services.api.reader import Reader
from services.api.scope import Scope

FRESH_SECONDS = 60.0
VALUES_MAX = 5_000
HASHED_SLOTS = 28
"""Users and conversations are too many to be numbered: their slot follows from the name."""


@dataclass
class _Known:
    order: dict[str, int] = field(default_factory=dict)
    read_at: float = float("-inf")


class Slots:
    """The slots of each scope and dimension. Once given, a slot stays."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[tuple[str | None, str], _Known] = {}

    async def of(self, scope: Scope, dim: str, values: list[str]) -> dict[str, int]:
        """A slot for each value; none for ''."""
        wanted = [value for value in values if value]
        if dim not in WIDE:
            return {value: crc32(value.encode()) % HASHED_SLOTS for value in wanted}
        known = self._known.setdefault((scope.org_id, dim), _Known())
        is_new = any(value not in known.order for value in wanted)
        if is_new and time.monotonic() - known.read_at > FRESH_SECONDS:
            known.read_at = time.monotonic()
            await self._read(scope, dim, known)
        for value in wanted:  # seen after the last look
            known.order.setdefault(value, len(known.order))
        return {value: known.order[value] for value in wanted}

    async def _read(self, scope: Scope, dim: str, known: _Known) -> None:
        column = COLUMNS[dim]
        table = "rollup_day" if dim not in NARROW else "narrow_day"
        if table == "narrow_day" and scope.org_id is None and dim != "org":
            table = "total_day"
        fields, shown = ([], column) if dim == "org" else ([column], f"x_{column}")
        rows = scope.unnested(table, fields or ["calls"])
        found = await self._reader.query(
            f"SELECT toString({shown}) AS v, min(bucket) AS first {rows} AND v != '' "
            f"GROUP BY v ORDER BY first, v LIMIT {VALUES_MAX}",
            scope,
        )
        for row in found:
            known.order.setdefault(str(row[0]), len(known.order))
