"""The SQL of the flush cycle, rendered from the column lists. Pure text.

Only names from `columns` and the worker's own table names are put into the text; every value is a
query parameter. Statement order, and why it is right under crashes and zombies: DECISIONS.md; the
laws are tested on the real engine in tests/laws/test_ledger_laws.py.
"""

from services.pricing.recall import COLUMNS as RECALLED
from services.rollup.columns import (
    CALL_COLUMNS,
    CALL_KIND,
    DIMENSIONS,
    IDENTITY,
    MEASURES,
    MONEY_PARTS,
    TELLING_COLUMNS,
    TOKENS,
)
from services.rollup.stage import Scratch


def insert_tellings(scratch: Scratch) -> str:
    """Step 2."""
    columns = ", ".join(TELLING_COLUMNS)
    return f"INSERT INTO tellings ({columns}) SELECT {columns} FROM {scratch.stage}"


def insert_links(scratch: Scratch) -> str:
    """Step 3: how the other tellings of an event, a response and a trace are found."""
    return (
        "INSERT INTO links SELECT slot, l.1, l.2, slot, trace_key, span_key, shape, "
        f"payload_hash, revision, emitter FROM {scratch.stage} "
        "ARRAY JOIN arrayFilter(l -> l.2 > 0, "
        "[(toUInt64(event_key), 1), (toUInt64(call_key), if(by_response, 2, 0)), "
        "(toUInt64(trace_key), if(trace_id != '', 3, 0))]) AS l"
    )


_PLACE = "(toUnixTimestamp(to_slot), to_trace, to_span, to_shape)"
_IS_SPAN = "trace_id != '' AND emitter != 'native'"
"""Spans of libraries hang together in their trace. Native steps say themselves what they are."""
KINDS = "(kind IN (1, 2) OR kind = 3 AND emitter != 'native')"
"""Links that make one call of several tellings: by event, by response, by the trace of spans."""


def linked_keys(scratch: Scratch) -> str:
    """Step 5: keys of the stage told at more than one place, or with two payloads.

    Parameters: from_slot, to_slot (the stage's rows), low, high (where to look).
    """
    return (
        f"SELECT key, kind, groupUniqArray({_PLACE}), "
        "uniqExact(revision, payload) > uniqExact(revision) AS conflict FROM links "
        f"WHERE {KINDS} AND slot BETWEEN {{low:DateTime('UTC')}} AND {{high:DateTime('UTC')}} "
        "AND key IN (SELECT arrayJoin(arrayConcat([toUInt64(event_key)], "
        "if(by_response, [toUInt64(call_key)], []), "
        f"if({_IS_SPAN}, [toUInt64(trace_key)], []))) FROM {scratch.stage} "
        "WHERE slot BETWEEN {from_slot:DateTime('UTC')} AND {to_slot:DateTime('UTC')}) "
        "GROUP BY key, kind HAVING conflict OR uniqExact(to_slot, to_trace, to_span, to_shape) > 1"
    )


def linked_places(scratch: Scratch) -> str:
    """Step 7: every place that tells one of the keys in `keys`. Parameters: low, high."""
    return (
        f"SELECT DISTINCT {_PLACE} AS p FROM links WHERE {KINDS} "
        "AND slot BETWEEN {low:DateTime('UTC')} AND {high:DateTime('UTC')} "
        f"AND key IN (SELECT key FROM {scratch.keys})"
    )


def _at_places(scratch: Scratch, final: str = "FINAL") -> str:
    return (
        f"FROM tellings {final} WHERE (slot, trace_key, span_key, shape) IN "
        f"(SELECT toDateTime(slot, 'UTC'), trace_key, span_key, shape FROM {scratch.places})"
    )


def tellings_at(scratch: Scratch) -> str:
    """Step 7: the tellings at `places`, as `resolve` wants them: see `ledger._telling`."""
    identity = ", ".join(("org_own", *IDENTITY))
    return (
        "SELECT toUnixTimestamp(slot), trace_key, span_key, shape, call_key, ver, is_void, "
        "toUnixTimestamp(toStartOfMinute(toDateTime(occurred_at, 'UTC'))), usage_rank, wire_rank, "
        f"{CALL_KIND}, if({_IS_SPAN}, own_key, 0), "
        f"if({_IS_SPAN}, parent_key, 0), billed, billed_org, from_resource, {identity} "
        f"{_at_places(scratch)}"
    )


def stage_slots(scratch: Scratch) -> str:
    """The hours the stage's rows fall into."""
    return f"SELECT DISTINCT toUnixTimestamp(slot) AS s FROM {scratch.stage} ORDER BY s"


def insert_told_once(scratch: Scratch) -> str:
    """Step 6: calls told at one place go straight from the stage to the ledger."""
    columns = ", ".join(CALL_COLUMNS)
    return (
        f"INSERT INTO calls (org_id, bucket, call_key, ver, is_void, tellings, {columns}) "
        f"SELECT org_id, bucket, call_key, ver, is_void, 1, {columns} FROM {scratch.stage} "
        f"WHERE call_key NOT IN (SELECT call_key FROM {scratch.resolved})"
    )


def insert_resolved(scratch: Scratch) -> str:
    """Step 8: decided rows, their columns from the telling that speaks. Parameter: is_void."""
    columns = ", ".join(f"r.i_{n}" if n in IDENTITY else f"t.{n}" for n in CALL_COLUMNS)
    names = ", ".join(CALL_COLUMNS)
    return (
        f"INSERT INTO calls (org_id, bucket, call_key, ver, is_void, is_home, tellings, {names}) "
        "SELECT r.org_id, toDateTime(r.bucket, 'UTC'), r.call_key, r.ver, r.is_void, r.is_home, "
        "r.tellings, "
        f"{columns} FROM {scratch.resolved} AS r INNER JOIN (SELECT * FROM tellings FINAL WHERE "
        "(slot, trace_key, span_key, shape) IN (SELECT toDateTime(w_slot, 'UTC'), w_trace, w_span, "
        f"w_shape FROM {scratch.resolved})) AS t ON toUnixTimestamp(t.slot) = r.w_slot "
        "AND t.trace_key = r.w_trace AND t.span_key = r.w_span AND t.shape = r.w_shape "
        "WHERE r.is_void = {is_void:UInt8}"
    )


def stored_at(scratch: Scratch) -> str:
    """The calls at `places`, whole: columns of `recall`."""
    return f"SELECT {', '.join(RECALLED)} {_at_places(scratch)}"


def insert_conflicts(scratch: Scratch) -> str:
    """Ids told with two payloads or times: the stage's side by `keys`, the other by `places`.

    Read without FINAL: the losing side is what one wants to see.
    """
    columns = (
        "project, event_id, revision, payload_hash, org_id, occurred_at, provider, model, cost, "
        "currency"
    )
    return (
        f"INSERT INTO conflicts SELECT {columns} FROM {scratch.stage} "
        f"WHERE span_key IN (SELECT key FROM {scratch.keys}) "
        f"UNION ALL SELECT {columns} {_at_places(scratch, final='')}"
    )


def mark_dirty(scratch: Scratch) -> str:
    """Every place this flush writes in `calls`."""
    return (
        f"INSERT INTO {scratch.dirty} SELECT DISTINCT org_id, bucket FROM (SELECT org_id, bucket "
        f"FROM {scratch.stage} WHERE call_key NOT IN (SELECT call_key FROM {scratch.resolved}) "
        f"UNION ALL SELECT org_id, toDateTime(bucket, 'UTC') FROM {scratch.resolved})"
    )


def recompute_minutes(scratch: Scratch, shards: int, shard: int) -> str:
    """Step 9: the dirty minutes (those of one hash shard), each one row, from the ledger."""
    dims = ", ".join(DIMENSIONS)
    sums = ", ".join(f"sumIf({name}, is_void = 0) AS {name}_" for name in (*TOKENS, *MONEY_PARTS))
    return (
        "INSERT INTO rollup_minute SELECT org_id, bucket, sum(g), sum(n), sum(cost_), "
        f"sum(charge_), groupArrayIf(({dims}, n, {', '.join(t + '_' for t in TOKENS)}, dur_ms_, "
        f"dur_calls_, cost_, charge_, {', '.join(m + '_' for m in MONEY_PARTS)}), n > 0) "
        f"FROM (SELECT org_id, bucket, {dims}, sum(toUInt256(ver)) AS g, "
        f"countIf(is_void = 0) AS n, {sums}, "
        "sumIf(toUInt64(ifNull(duration_ms, 0)), is_void = 0) AS dur_ms_, "
        "countIf(is_void = 0 AND duration_ms IS NOT NULL) AS dur_calls_, "
        "sumIf(CAST(cost AS Decimal(76, 18)), is_void = 0) AS cost_, "
        "sumIf(CAST(charge AS Decimal(76, 18)), is_void = 0) AS charge_ "
        f"FROM calls FINAL WHERE (org_id, bucket) IN (SELECT org_id, bucket FROM {scratch.dirty} "
        f"WHERE cityHash64(org_id, bucket) % {shards} = {shard}) "
        f"GROUP BY org_id, bucket, {dims}) GROUP BY org_id, bucket"
    )


def recompute_coarser(
    source: str, target: str, dims: tuple[str, ...], buckets: str, start: str
) -> str:
    """Step 10: buckets of a coarser or narrower table from the finer one, gen summed.

    `buckets` is a subquery of dirty (org_id, bucket) pairs *of the source*; `start` is the SQL
    that maps a source bucket to its target bucket.
    """
    rows = f"SELECT org_id AS o, {start} AS b, d, gen FROM {source} FINAL "
    return _summed(target, dims, f"{rows} WHERE (org_id, bucket) IN ({buckets})")


def recompute_total(source: str, target: str, dims: tuple[str, ...], buckets: str) -> str:
    """Step 10: buckets of all orgs together. `buckets` is a subquery of dirty buckets."""
    rows = f"SELECT '' AS o, bucket AS b, d, gen FROM {source} FINAL "
    return _summed(target, dims, f"{rows} WHERE bucket IN ({buckets})")


def _summed(target: str, dims: tuple[str, ...], rows: str) -> str:
    keys = ", ".join(f"x.{name} AS {name}_k" for name in dims)
    sums = ", ".join(f"sum(x.{name}) AS {name}_s" for name in MEASURES)
    names = ", ".join([*(f"{d}_k" for d in dims), *(f"{m}_s" for m in MEASURES)])
    group = ", ".join(f"{name}_k" for name in dims)
    return (
        f"INSERT INTO {target} SELECT o, b, any(bg), sum(calls_s), sum(cost_s), "
        f"sum(charge_s), groupArrayIf(({names}), calls_s > 0) "
        f"FROM (SELECT o, b, any(g) AS bg, {keys}, {sums} "
        f"FROM (SELECT o, b, d, sum(gen) OVER (PARTITION BY o, b) AS g FROM ({rows})) "
        f"LEFT ARRAY JOIN d AS x GROUP BY o, b, {group}) GROUP BY o, b"
    )
