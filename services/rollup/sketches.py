"""SQL of the mergeable states: percentiles and distinct counts, from the ledger and upwards.

An hour is computed whole from `calls FINAL`; days, the narrow and the total tables merge states.
Generations are those of the minutes they cover.
"""

from schemas.sketches import OF_CALLS, STATES, SUMS
from services.rollup.columns import DIMENSIONS, NARROW

WIDE = tuple(name for name in DIMENSIONS if name != "pending")
FEW = tuple(name for name in NARROW if name != "pending")


def recompute_hours(hours: str) -> str:
    """Dirty hours, each one row. `hours` names a table of (org_id, bucket)."""
    dims = ", ".join(WIDE)
    minutes = f"SELECT org_id, bucket + 60 * m FROM {hours} ARRAY JOIN range(60) AS m"
    generations = (
        "SELECT org_id AS g_org, toStartOfHour(bucket) AS g_bucket, sum(gen) AS g "
        f"FROM rollup_minute FINAL WHERE (org_id, bucket) IN ({minutes}) GROUP BY g_org, g_bucket"
    )
    columns = ", ".join(f"{sql} AS {name}_" for name, sql in OF_CALLS.items())
    return (
        f"INSERT INTO sketch_hour SELECT g_org, g_bucket, g, {_arrays(WIDE)} "
        f"FROM ({generations}) AS e LEFT JOIN (SELECT org_id, toStartOfHour(bucket) AS hour, "
        f"{dims}, {columns} FROM calls FINAL WHERE is_void = 0 AND (org_id, bucket) IN ({minutes}) "
        f"GROUP BY org_id, hour, {dims}) AS c ON c.org_id = e.g_org AND c.hour = e.g_bucket "
        "GROUP BY g_org, g_bucket, g"
    )


def _arrays(dims: tuple[str, ...], prefix: str = "") -> str:
    names = ", ".join([*(f"{prefix}{d}" for d in dims), *(f"{name}_" for name in SUMS)])
    states = ", ".join(f"groupArrayIf({name}_, calls_ > 0)" for name in STATES)
    return f"groupArrayIf(({names}), calls_ > 0), {states}"


def recompute_merged(
    source: str, target: str, dims: tuple[str, ...], which: tuple[str, str]
) -> str:
    """Buckets of a coarser or narrower table. `which`: a subquery of dirty (org_id, bucket) pairs
    of the source, and the SQL that maps a source bucket to its target bucket."""
    pairs, start = which
    rows = f"SELECT org_id AS o, {start} AS b, * FROM {source} FINAL "
    return _merged(target, dims, f"{rows} WHERE (org_id, bucket) IN ({pairs})")


def recompute_total(source: str, target: str, buckets: str) -> str:
    """Buckets of all orgs together. `buckets` is a subquery of dirty buckets."""
    rows = f"SELECT '' AS o, bucket AS b, * FROM {source} FINAL WHERE bucket IN ({buckets})"
    return _merged(target, FEW, rows)


def _merged(target: str, dims: tuple[str, ...], rows: str) -> str:
    keys = ", ".join(f"x.{name} AS k_{name}" for name in dims)
    sums = ", ".join(f"sum(x.{name}) AS {name}_" for name in SUMS)
    states = ", ".join(
        f"{f.format('MergeState')}(s_{name}) AS {name}_" for name, f in STATES.items()
    )
    joined = ", ".join(["k AS x", *(f"{name} AS s_{name}" for name in STATES)])
    grouped = ", ".join(["o", "b", *(f"k_{name}" for name in dims)])
    return (
        f"INSERT INTO {target} SELECT o, b, any(bg), {_arrays(dims, 'k_')} "
        f"FROM (SELECT o, b, any(g) AS bg, {keys}, {sums}, {states} "
        f"FROM (SELECT *, sum(gen) OVER (PARTITION BY o, b) AS g FROM ({rows})) "
        f"LEFT ARRAY JOIN {joined} GROUP BY {grouped}) GROUP BY o, b"
    )


_WITHIN = "bucket >= {start:DateTime('UTC')} AND bucket < {end:DateTime('UTC')}"
_DAY = "toString(toDate(bucket)) AS day"


def of_calls(org: str) -> str:
    """What the calls of each (org, day) tell: generation, sums, states; all as text."""
    told = ", ".join(
        f"toString({f'finalizeAggregation({sql})' if name in STATES else sql})"
        for name, sql in OF_CALLS.items()
    )
    generations = (
        f"SELECT {org} AS o, {_DAY}, toString(sum(toUInt256(ver))) AS g FROM calls FINAL "
        f"WHERE {_WITHIN} GROUP BY o, day"
    )
    sums = (
        f"SELECT {org} AS o, {_DAY}, [{told}] AS told FROM calls FINAL "
        f"WHERE {_WITHIN} AND is_void = 0 GROUP BY o, day"
    )
    return _both(generations, sums)


def of(table: str) -> str:
    """What a table tells of each (org, day), likewise."""
    read = [f"sum(x.{name})" for name in SUMS]
    read += [f"{function.format('Merge')}(s_{name})" for name, function in STATES.items()]
    joined = ", ".join(["k AS x", *(f"{name} AS s_{name}" for name in STATES)])
    generations = (
        f"SELECT org_id AS o, {_DAY}, toString(sum(gen)) AS g FROM {table} FINAL "
        f"WHERE {_WITHIN} GROUP BY o, day"
    )
    told = ", ".join(f"toString({sql})" for sql in read)
    sums = (
        f"SELECT org_id AS o, {_DAY}, [{told}] AS told FROM {table} FINAL ARRAY JOIN {joined} "
        f"WHERE {_WITHIN} GROUP BY o, day"
    )
    return _both(generations, sums)


def _both(generations: str, sums: str) -> str:
    """A day may hold voids alone: it has a generation, but tells nothing."""
    return (
        f"SELECT g.o, g.day, g.g, s.told FROM ({generations}) AS g LEFT JOIN ({sums}) AS s "
        "ON s.o = g.o AND s.day = g.day"
    )
