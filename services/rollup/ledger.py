"""One flush: priced.v1 lines in, tellings, links, calls and minutes out. Offsets come after.

Each statement is idempotent, and a crash after any of them is healed by the redelivery of the
same lines: they carry the same identities and versions wherever the batch boundaries fall.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import orjson

from services.counting.resolve import resolve
from services.counting.telling import CallRow, Identity, Place, Telling
from services.rollup import statements
from services.rollup.columns import IDENTITY
from services.rollup.stage import LEFT_BEHIND, Scratch
from services.rollup.unbroken import unbroken
from services.runtime.clickhouse import DataError, Store, StoreAwayError
from services.runtime.telemetry import CONFLICTS, FLUSH_SECONDS, FLUSHED

HOUR = 3600
BUCKETS_PER_STATEMENT = 20_000

Crash = Callable[[str], None]
"""Called after each step with its name; fault tests end the process here."""


def _no_crash(_: str) -> None:
    return


@dataclass(frozen=True)
class Window:
    """How far from a telling's own hour its other tellings are looked for; the sweep finds more."""

    near_hours: int = 24


@dataclass(frozen=True)
class Flushed:
    """What a flush did: rows staged, lines the engine refused, (org, hour) pairs it touched."""

    rows: int
    refused: tuple[tuple[bytes, str], ...]
    hours: frozenset[tuple[str, int]]


class Ledger:
    """Writes one worker's flushes. Not concurrent: its scratch tables belong to one flush."""

    def __init__(
        self, store: Store, worker: str, window: Window = Window(), crash: Crash = _no_crash
    ) -> None:
        self.store = store
        self.scratch = Scratch(worker)
        self._window = window
        self.bills: dict[Place, str] = {}
        self._crash = crash

    @property
    def near_seconds(self) -> int:
        """How far apart tellings may be for a flush to see them together."""
        return self._window.near_hours * HOUR

    async def prepare(self) -> None:
        """Create the scratch tables, remove what killed workers left."""
        for (name,) in await self.store.rows(LEFT_BEHIND):
            await self.store.command(f"DROP TABLE IF EXISTS {name}")
        for ddl in self.scratch.create():
            await self.store.command(ddl)

    async def close(self) -> None:
        """Drop the scratch tables."""
        for ddl in self.scratch.drop():
            await self.store.command(ddl)

    async def flush(self, lines: Sequence[bytes]) -> Flushed:
        """Write the lines and everything that follows from them, up to the minutes."""
        async with unbroken(self.store, self.scratch):
            return await self._flush(lines)

    async def _flush(self, lines: Sequence[bytes]) -> Flushed:
        for table in (self.scratch.stage, self.scratch.resolved, self.scratch.dirty):
            await self.store.command(f"TRUNCATE TABLE {table}")
        refused = await self._stage(lines)
        if len(refused) == len(lines):
            return Flushed(0, tuple(refused), frozenset())
        await self._step("tellings", statements.insert_tellings(self.scratch))
        await self._step("links", statements.insert_links(self.scratch))
        await self._resolve()
        await self._write_calls()
        hours = await self._minutes()
        FLUSHED.labels("calls").inc(len(lines) - len(refused))
        return Flushed(len(lines) - len(refused), tuple(refused), hours)

    async def settle(self, places: set[Place]) -> frozenset[tuple[str, int]]:
        """Resolve the calls told at `places` anew (the sweep's part of the cycle)."""
        async with unbroken(self.store, self.scratch):
            for table in (self.scratch.stage, self.scratch.resolved, self.scratch.dirty):
                await self.store.command(f"TRUNCATE TABLE {table}")
            await self._resolve_places(places, far=True)
            await self._write_calls()
            return await self._minutes()

    async def _step(
        self, name: str, sql: str, parameters: Mapping[str, object] | None = None
    ) -> None:
        with FLUSH_SECONDS.labels(name).time():
            await self.store.command(sql, parameters)
        self._crash(name)

    async def _stage(self, lines: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """Insert the lines, bisecting out those the engine refuses; only data errors are."""
        try:
            with FLUSH_SECONDS.labels("stage").time():
                await self.store.insert_bytes(self.scratch.stage, b"\n".join(lines))
            return []
        except DataError:
            refused: list[tuple[bytes, str]] = []
            good = await self._bisect(list(lines), refused)
            await self.store.command(f"TRUNCATE TABLE {self.scratch.stage}")
            if good:
                await self.store.insert_bytes(self.scratch.stage, b"\n".join(good))
            return refused

    async def _bisect(self, lines: list[bytes], refused: list[tuple[bytes, str]]) -> list[bytes]:
        try:
            await self.store.insert_bytes(self.scratch.stage, b"\n".join(lines))
            return lines
        except DataError as error:
            if len(lines) == 1:
                refused.append((lines[0], str(error)[:2000]))
                return []
        half = len(lines) // 2
        return await self._bisect(lines[:half], refused) + await self._bisect(lines[half:], refused)

    async def _resolve(self) -> None:
        """Steps 5 and 7: find what is told twice, decide it."""
        slots = [int(row[0]) for row in await self.store.rows(statements.stage_slots(self.scratch))]
        if not slots:
            raise StoreAwayError("ClickHouse restarted in between: the stage is empty")
        edge = slots[-1] - self.near_seconds
        groups = [g for g in ([s for s in slots if s >= edge], [s for s in slots if s < edge]) if g]
        places: set[Place] = set()
        conflicting: set[int] = set()
        beside: set[Place] = set()
        for group in groups:
            found = await self.store.rows(
                statements.linked_keys(self.scratch),
                self._span(group[0], group[-1])
                | {"from_slot": _utc(group[0]), "to_slot": _utc(group[-1])},
            )
            for key, kind, told, conflict in found:
                at = {Place(*map(int, place)) for place in told}
                if len(at) > 1:
                    places |= at
                if kind == 1 and conflict:
                    conflicting.add(int(key))
                    beside |= at
        if conflicting:
            CONFLICTS.inc(len(conflicting))
            await self.report(conflicting, beside)
        if places:
            await self._resolve_places(places)
        self._crash("resolve")

    def _span(self, low: int, high: int) -> dict[str, object]:
        near = self.near_seconds
        return {"low": _utc(low - near), "high": _utc(high + near)}

    async def report(self, keys: set[int], places: set[Place]) -> None:
        """Keep both sides of ids told in two ways."""
        await self.fill(self.scratch.keys, [{"key": key} for key in keys])
        await self.fill(self.scratch.places, [place_row(place) for place in places])
        await self._step("conflicts", statements.insert_conflicts(self.scratch))

    async def _resolve_places(self, places: set[Place], *, far: bool = False) -> None:
        """Close `places` under shared keys, resolve, leave the rows in scratch."""
        seen: set[Place] = set()
        keys: set[int] = set()
        tellings: list[Telling] = []
        fresh = places
        while fresh:
            seen |= fresh
            await self.fill(self.scratch.places, [place_row(place) for place in fresh])
            rows = await self.store.rows(statements.tellings_at(self.scratch))
            tellings += [_telling(row) for row in rows]
            wanted = {key for row in rows for key in _link_keys(row)} - keys
            keys |= wanted
            fresh = (await self._linked(wanted, [p.slot for p in seen], far=far)) - seen
        decided = resolve(tellings)
        self.bills |= {row.winner: row.bill for row in decided if row.bill is not None}
        await self.fill(self.scratch.resolved, [_call_row(row) for row in decided])

    async def _linked(self, keys: set[int], slots: list[int], *, far: bool) -> set[Place]:
        if not keys:
            return set()
        await self.fill(self.scratch.keys, [{"key": key} for key in keys])
        span = (
            {"low": _utc(0), "high": _utc(2**32 - 1)} if far else self._span(min(slots), max(slots))
        )
        rows = await self.store.rows(statements.linked_places(self.scratch), span)
        return {Place(*map(int, row[0])) for row in rows}

    async def fill(self, table: str, rows: list[dict[str, object]]) -> None:
        """Replace the content of a scratch table."""
        await self.store.command(f"TRUNCATE TABLE {table}")
        if rows:
            await self.store.insert_bytes(table, b"\n".join(map(orjson.dumps, rows)))

    async def _write_calls(self) -> None:
        """Steps 6 and 8: voids before live rows, so that a moved call is briefly missing."""
        await self._step("void", statements.insert_resolved(self.scratch), {"is_void": 1})
        await self._step("told_once", statements.insert_told_once(self.scratch))
        await self._step("live", statements.insert_resolved(self.scratch), {"is_void": 0})

    async def recompute(self, buckets: str, parameters: Mapping[str, object]) -> None:
        """Recompute the minutes a query names."""
        async with unbroken(self.store, self.scratch):
            await self.store.command(f"TRUNCATE TABLE {self.scratch.dirty}")
            await self.store.command(f"INSERT INTO {self.scratch.dirty} {buckets}", parameters)
            await self._recompute_dirty()

    async def _recompute_dirty(self) -> None:
        ((count,),) = await self.store.rows(f"SELECT count() FROM {self.scratch.dirty}")
        shards = int(count) // BUCKETS_PER_STATEMENT + 1
        for shard in range(shards):
            await self._step("minutes", statements.recompute_minutes(self.scratch, shards, shard))

    async def _minutes(self) -> frozenset[tuple[str, int]]:
        """Step 9, and which hours it touched."""
        await self._step("dirty", statements.mark_dirty(self.scratch))
        await self._recompute_dirty()
        rows = await self.store.rows(
            "SELECT DISTINCT org_id, toUnixTimestamp(toStartOfHour(bucket)) "
            f"FROM {self.scratch.dirty}"
        )
        return frozenset((str(org), int(hour)) for org, hour in rows)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(max(0, min(seconds, 2**32 - 1)), UTC)


def place_row(place: Place) -> dict[str, object]:
    """A place, as the scratch table holds it."""
    return {
        "slot": place.slot,
        "trace_key": str(place.trace_key),
        "span_key": str(place.span_key),
        "shape": str(place.shape),
    }


def _link_keys(row: Sequence[object]) -> Iterator[int]:
    """The keys under which the other tellings of a row are found: 64-bit halves."""
    trace, event, call, own = (int(str(row[n])) for n in (1, 2, 4, 11))
    yield from (event, call % 2**64)
    if own:
        yield trace % 2**64


def _telling(row: Sequence[object]) -> Telling:
    slot, trace, span, shape, call, ver = (int(str(value)) for value in row[:6])
    void, minute, usage, wire, kind, own, parent = (int(str(value)) for value in row[6:13])
    return Telling(
        place=Place(slot, trace, span, shape),
        call_key=call,
        ver=ver,
        is_void=bool(void),
        identity=Identity(*map(str, row[16:])),
        minute=minute,
        usage_rank=usage,
        wire_rank=wire,
        is_call=kind > 0,
        is_reading=kind > 1,
        own_key=own,
        parent_key=parent,
        from_resource=tuple(map(str, cast("list[object]", row[15]))),
        billed_org=str(row[14]) if int(str(row[13])) else None,
    )


def _call_row(row: CallRow) -> dict[str, object]:
    return {
        "org_id": row.org_id,
        "bucket": row.minute,
        "call_key": str(row.call_key),
        "ver": str(row.ver),
        "is_void": int(row.is_void),
        "is_home": int(row.is_home),
        "tellings": row.tellings,
        "w_slot": row.winner.slot,
        "w_trace": str(row.winner.trace_key),
        "w_span": str(row.winner.span_key),
        "w_shape": str(row.winner.shape),
        **{f"i_{name}": getattr(row.identity, name) for name in IDENTITY},
    }
