"""What is done on demand or now and then: verify, rebuild, and the sweep for far tellings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import Any

import orjson

from schemas.money import plain
from schemas.progress import AS_OF
from services.counting.telling import Place
from services.rollup import sketches
from services.rollup.cascade import Cascade
from services.rollup.columns import CALL_COLUMNS
from services.rollup.ledger import Ledger
from services.rollup.statements import KINDS
from services.rollup.unbroken import unbroken
from services.runtime.clickhouse import Store

_EXACT = Context(prec=120, traps=[Inexact])
"""Generations have up to 78 digits."""
_SUMS = "toString(sum(gen)), sum(calls), toString(sum(cost)), toString(sum(charge))"
TABLES = ("rollup_minute", "rollup_hour", "rollup_day", "narrow_hour", "narrow_day")
TOTALS = ("total_hour", "total_day")
SUBJECTS = ("users_hour", "conversations_hour")
SKETCHES = ("sketch_hour", "sketch_day", "sketch_narrow_hour", "sketch_narrow_day")
SKETCH_TOTALS = ("sketch_total_hour", "sketch_total_day")


@dataclass(frozen=True)
class Mismatch:
    """An org's day on which a table does not say what the ledger says."""

    table: str
    org_id: str
    day: str
    ledger: tuple[str, ...]
    aggregate: tuple[str, ...]


async def verify(store: Store, start: datetime, end: datetime) -> list[Mismatch]:
    """Compare every table with the ledger, per org and UTC day: gen, calls, cost, charge.

    Also the arrays inside the buckets with the bucket's own totals.
    """
    span = {"start": start, "end": end}
    within = "bucket >= {start:DateTime('UTC')} AND bucket < {end:DateTime('UTC')}"
    truth = _keyed(
        await store.rows(
            "SELECT org_id, toString(toDate(bucket)), toString(sum(toUInt256(ver))), "
            "countIf(is_void = 0), toString(sumIf(CAST(cost AS Decimal(76, 18)), is_void = 0)), "
            "toString(sumIf(CAST(charge AS Decimal(76, 18)), is_void = 0)) "
            f"FROM calls FINAL WHERE {within} GROUP BY 1, 2",
            span,
        )
    )
    wrong = []
    for table in TABLES:
        sql = (
            f"SELECT org_id, toString(toDate(bucket)), {_SUMS} FROM {table} FINAL "
            f"WHERE {within} GROUP BY 1, 2"
        )
        wrong += _compare(table, truth, _keyed(await store.rows(sql, span)))
        inside = (
            "SELECT org_id, toString(toDate(bucket)), '', sum(arraySum(x -> x.calls, d)), "
            "toString(sum(arraySum(x -> x.cost, d))), toString(sum(arraySum(x -> x.charge, d))) "
            f"FROM {table} FINAL WHERE {within} GROUP BY 1, 2"
        )
        bare = {key: ("", *row[1:]) for key, row in truth.items()}
        wrong += _compare(f"{table}.d", bare, _keyed(await store.rows(inside, span)))
    everyone = _all_orgs(truth)
    for table in TOTALS:
        sql = (
            f"SELECT '', toString(toDate(bucket)), {_SUMS} FROM {table} FINAL "
            f"WHERE {within} GROUP BY 1, 2"
        )
        wrong += _compare(table, everyone, _keyed(await store.rows(sql, span)))
    return wrong + await verify_sketches(store, start, end)


async def verify_sketches(store: Store, start: datetime, end: datetime) -> list[Mismatch]:
    """The states likewise: merged over a day they tell what the day's calls tell."""
    span, wrong = {"start": start, "end": end}, []
    for tables, org in ((SKETCHES, "org_id"), (SKETCH_TOTALS, "''")):
        truth = _keyed(await store.rows(sketches.of_calls(org), span))
        for table in tables:
            wrong += _compare(table, truth, _keyed(await store.rows(sketches.of(table), span)))
    return wrong


def _all_orgs(truth: Mapping[tuple[str, str], tuple[str, ...]]) -> dict[Any, tuple[str, ...]]:
    """The days of all orgs together."""
    days: dict[str, list[Decimal]] = {}
    for (_, day), row in truth.items():
        sums = days.setdefault(day, [Decimal(0)] * len(row))
        days[day] = [_EXACT.add(a, Decimal(b)) for a, b in zip(sums, row, strict=True)]
    return {("", day): tuple(plain(value) for value in sums) for day, sums in days.items()}


def _keyed(rows: Sequence[Sequence[object]]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(str(r[0]), str(r[1])): tuple(str(value) for value in r[2:]) for r in rows}


def _compare(
    table: str,
    truth: dict[tuple[str, str], tuple[str, ...]],
    found: dict[tuple[str, str], tuple[str, ...]],
) -> list[Mismatch]:
    return [
        Mismatch(table, *key, truth.get(key, ()), found.get(key, ()))
        for key in sorted(truth.keys() | found.keys())
        if truth.get(key) != found.get(key)
    ]


FAR = (
    "SELECT key, groupUniqArray((toUnixTimestamp(to_slot), to_trace, to_span, to_shape)), "
    "uniqExactIf((revision, payload), kind = 1) > uniqExactIf(revision, kind = 1) AS conflict "
    f"FROM links WHERE {KINDS} AND key % {{shards:UInt8}} = {{shard:UInt8}} "
    "AND slot >= {start:DateTime('UTC')} AND slot < {end:DateTime('UTC')} "
    "GROUP BY key HAVING uniqExact(to_slot, to_trace, to_span, to_shape) > 1 "
    "AND (any(kind) != 3 OR max(to_slot) - min(to_slot) >= {far:UInt32})"
)
COPY_LINKS = (
    "INSERT INTO links SELECT s.slot AS slot, l.key, l.kind, l.to_slot, l.to_trace, l.to_span, "
    "l.to_shape, l.payload, l.revision, l.emitter FROM (SELECT * FROM links "
    f"WHERE {KINDS} AND key IN (SELECT key FROM {{keys}})) AS l INNER JOIN "
    "(SELECT DISTINCT key, to_slot AS slot FROM links "
    f"WHERE {KINDS} AND key IN (SELECT key FROM {{keys}})) AS s ON s.key = l.key "
    "WHERE s.slot != l.slot"
)
SWEEP_SHARDS = 16


async def sweep(
    ledger: Ledger, cascade: Cascade, start: datetime, end: datetime, *, everything: bool = False
) -> None:
    """Find calls told at places too far apart for a flush to see, settle and report them.

    Their links are copied into each other's hours: from then on every flush sees them as near.
    With `everything` also the traces whose spans are near, which every flush sees by itself.
    """
    store, scratch = ledger.store, ledger.scratch
    for shard in range(SWEEP_SHARDS):
        span = {"start": start, "end": end, "shards": SWEEP_SHARDS, "shard": shard}
        span["far"] = 0 if everything else ledger.near_seconds + 1
        found = await store.rows(FAR, span)
        if not found:
            continue
        async with unbroken(store, scratch):
            await ledger.fill(scratch.keys, [{"key": int(row[0])} for row in found])
            await store.command(COPY_LINKS.replace("{keys}", scratch.keys))
        places = {Place(*map(int, place)) for row in found for place in row[1]}
        cascade.touch(await ledger.settle(places))
        conflicting = {int(row[0]) for row in found if row[2]}
        if conflicting:
            beside = {Place(*map(int, place)) for row in found if row[2] for place in row[1]}
            async with unbroken(store, scratch):
                await ledger.report(conflicting, beside)


async def rebuild(ledger: Ledger, cascade: Cascade, start: datetime, end: datetime) -> None:
    """Write calls, minutes and everything coarser of `[start, end)` anew from the tellings.

    Buckets whose generation no longer follows from the ledger (a restore, a lost part) are
    removed first, since the highest generation would otherwise stand.
    """
    span = {"start": start, "end": end}
    within = "bucket >= {start:DateTime('UTC')} AND bucket < {end:DateTime('UTC')}"
    for table in (*TABLES, *TOTALS, *SUBJECTS, *SKETCHES, *SKETCH_TOTALS):
        await ledger.store.command(
            f"DELETE FROM {table} WHERE {within} SETTINGS lightweight_deletes_sync = 2", span
        )
    columns = ", ".join(CALL_COLUMNS)
    await ledger.store.command(
        f"INSERT INTO calls (org_id, bucket, call_key, ver, is_void, tellings, {columns}) "
        "SELECT org_id, toStartOfMinute(toDateTime(occurred_at, 'UTC')), call_key, ver, is_void, "
        f"1, {columns} FROM tellings FINAL WHERE slot >= {{start:DateTime('UTC')}} "
        "AND slot < {end:DateTime('UTC')}",
        span,
    )
    await sweep(ledger, cascade, start, end, everything=True)
    day = start
    while day < end:  # a day at a time: one partition, neighbouring keys
        until = min(day + timedelta(days=1), end)
        buckets = f"SELECT DISTINCT org_id, bucket FROM calls WHERE {within}"
        await ledger.recompute(buckets, {"start": day, "end": until})
        day = until
    hours = await ledger.store.rows(
        f"SELECT DISTINCT org_id, toUnixTimestamp(toStartOfHour(bucket)) FROM calls WHERE {within}",
        span,
    )
    cascade.touch(frozenset((str(org), int(hour)) for org, hour in hours))
    await cascade.refresh(everything=True)


def report(wrong: list[Mismatch]) -> bytes:
    """One JSON line per mismatch."""
    return b"".join(orjson.dumps(entry) + b"\n" for entry in wrong)


BEHIND = (
    f"SELECT countIf({AS_OF} < {{end:DateTime('UTC')}}) FROM progress FINAL "
    "WHERE topic IN ('calls.v1', 'priced.v1')"
)
WAITING = (
    "SELECT sum(arraySum(x -> if(x.pending = '', 0, x.calls), d)) FROM total_day FINAL "
    "WHERE bucket >= {start:DateTime('UTC')} AND bucket < {end:DateTime('UTC')}"
)


async def still_open(store: Store, month: date) -> str:
    """Why the figures of a month are still to change; empty when only late calls could do so."""
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = (start + timedelta(days=32)).replace(day=1)
    if datetime.now(UTC) < end:
        return "it is not over yet"
    ((behind,),) = await store.rows(BEHIND, {"end": end})
    if behind:
        return "the ledger is behind its end"
    ((waiting,),) = await store.rows(WAITING, {"start": start, "end": end})
    return f"{waiting} of its calls are pending" if waiting else ""


async def close_month(store: Store, month: date, by: str, *, closed: bool, reason: str) -> None:
    """From now on no repricing changes the month's calls; or, reopened, it may again."""
    row = {
        "month": month.replace(day=1).isoformat(), "closed_at": datetime.now(UTC).isoformat(),
        "is_closed": int(closed), "closed_by": by, "reason": reason,
    }  # fmt: skip
    await store.insert_bytes("closed_months", orjson.dumps(row))
