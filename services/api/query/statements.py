"""SQL of the answers: which members are shown, then what they sum to. Pure text."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Sequence
from dataclasses import dataclass

from services.api.plan import Plan
from services.api.query import source
from services.api.query.ask import CHANGE, Asked, Level
from services.api.query.dims import COLUMNS
from services.api.query.measures import OPERATIONS, PARTS, TIMED, ranking
from services.api.sql import LIMITS, Statement

Key = tuple[str, ...]


@dataclass(frozen=True)
class Members:
    """The members shown at each level, largest first, and how many there are at the first."""

    levels: tuple[tuple[Key, ...], ...] = ()
    count: int = 0


def rank(asked: Asked) -> Statement:
    """Members in order: their keys, their place at each level, the number at the first level.

    Over the whole range, ties by name. With 'change' over both ranges, by absolute difference.
    """
    measure = asked.measures[0] if asked.order == CHANGE else asked.order
    parts = ranking(measure)
    fields = [name for part in parts for name in PARTS[part].fields]
    value = " + ".join(PARTS[part].sql for part in parts)
    rows, parameters = _keyed(asked, asked.plan, fields, value)
    if asked.order == CHANGE and asked.compared is not None:
        before, more = _keyed(asked, asked.compared, fields, f"-({value})")
        renamed, more = _apart(before, more)
        rows, parameters = f"{rows} UNION ALL {renamed}", parameters | more
    keys = _keys(asked)
    text = f"SELECT {', '.join(keys)}, sum(part) AS part FROM ({rows}) GROUP BY {', '.join(keys)}"
    sign = "abs" if asked.order == CHANGE else ""
    width = 0
    for number, level in enumerate(asked.levels):
        within = ", ".join(keys[: level.width])
        text = (
            f"SELECT *, {sign}(sum(part) OVER (PARTITION BY {within})) AS w{number} FROM ({text})"
        )
        partition = f"PARTITION BY {', '.join(keys[:width])} " if width else ""
        place = f"dense_rank() OVER ({partition}ORDER BY w{number} DESC, {within})"
        text = f"SELECT *, {place} AS p{number} FROM ({text})"
        width = level.width
    places = [f"p{number}" for number in range(len(asked.levels))]
    held = " AND ".join(
        f"{place} <= {max(level.top, 1)}" for place, level in zip(places, asked.levels, strict=True)
    )
    shown = ", ".join([*(f"toString({key})" for key in keys[:width]), *places])
    text = (
        f"SELECT {shown}, count FROM (SELECT *, max(p0) OVER () AS count FROM ({text})) "
        f"WHERE {held} ORDER BY {', '.join(places)}"
    )
    return Statement(text + LIMITS, parameters | {"currency": asked.currency})


def _keys(asked: Asked) -> list[str]:
    return [f"k{n}" for n in range(len(asked.by))]


def _keyed(
    asked: Asked, plan: Plan, fields: Sequence[str], value: str
) -> tuple[str, source.Parameters]:
    text, parameters = source.usage(asked, plan, fields)
    keys = ", ".join(f"{COLUMNS[name]} AS k{n}" for n, name in enumerate(asked.by))
    grouped = ", ".join(_keys(asked))
    return f"SELECT {keys}, {value} AS part FROM ({text}) GROUP BY {grouped}", parameters


def _apart(text: str, parameters: source.Parameters) -> tuple[str, source.Parameters]:
    """The same statement with names of its own for the parameters of its plan."""
    told = {}
    for name, value in parameters.items():
        if name.partition("_")[0] in ("minute", "hour", "day", "low", "high"):
            text = text.replace(f"{{{name}:", f"{{b_{name}:")
            told[f"b_{name}"] = value
        else:
            told[name] = value
    return text, told


def members(asked: Asked, rows: Sequence[Sequence[object]]) -> Members:
    """From the rows of `rank`."""
    levels: list[tuple[Key, ...]] = []
    width = asked.levels[-1].width if asked.levels else 0
    for number, level in enumerate(asked.levels):
        keys = [
            tuple(str(value) for value in row[: level.width])
            for row in rows
            if all(
                int(str(row[width + n])) <= before.top
                for n, before in enumerate(asked.levels[: number + 1])
            )
        ]
        levels.append(tuple(dict.fromkeys(keys)))
    return Members(tuple(levels), int(str(rows[0][-1])) if rows else 0)


def sums(asked: Asked, plan: Plan, parts: Sequence[str], shown: Members) -> Statement:
    """Sums by bucket and member: a partition of all rows, so that everything adds up.

    Columns: bucket, how much of the key is shown (0: other), the key, the parts.
    """
    fields = [name for part in parts for name in PARTS[part].fields]
    rows, parameters = source.usage(asked, plan, fields)
    head, more = folded(asked, plan, shown)
    values = ", ".join(f"{PARTS[part].sql} AS v_{part}" for part in parts)
    groups = ", ".join(grouped(asked))
    text = f"SELECT {head}, {values} FROM ({rows}) GROUP BY {groups}"
    return Statement(text + LIMITS, parameters | more | {"currency": asked.currency})


def sketches(asked: Asked, plan: Plan, parts: Sequence[str], shown: Members) -> Statement:
    """Merged states: of every member and of all, in each bucket and over the range.

    Columns: which of (bucket, member) are not told apart, then as `sums`.
    """
    names = {name for part in parts for name in PARTS[part].fields}
    rows, parameters = source.sketches(asked, plan, names)
    head, more = folded(asked, plan, shown)
    values = ", ".join(PARTS[part].sql.replace(TIMED, timed(asked)) for part in parts)
    member = ", ".join(grouped(asked)[1:])
    sets = [f"({member})", "()"]
    bucket = "1 AS g, grouping(depth) AS h, toUInt32(0) AS at"
    if len(plan.buckets) > 1:
        sets += [f"(b, {member})", "(b)"]
        bucket = "grouping(b) AS g, grouping(depth) AS h, b"
    text = (
        f"SELECT {bucket}, {member}, {values} "
        f"FROM (SELECT *, {head} FROM ({rows})) GROUP BY GROUPING SETS ({', '.join(sets)})"
    )
    return Statement(text + LIMITS, parameters | more | {"currency": asked.currency})


def timed(asked: Asked) -> str:
    """Model calls that did not fail, unless the question itself cuts by these."""
    conditions = []
    if "status" not in asked.names:
        conditions.append("status != 'error'")
    if "operation" not in asked.names:
        conditions.append(f"operation IN ({OPERATIONS})")
    return " AND ".join(conditions) or "1"


def grouped(asked: Asked) -> list[str]:
    """The names `folded` gives."""
    return ["b", "depth", *(f"s{n}" for n in range(len(asked.by)))]


def folded(asked: Asked, plan: Plan, shown: Members) -> tuple[str, source.Parameters]:
    """Bucket and member of a row; of members that are not shown only what is."""
    parameters: source.Parameters = {}
    bucket = "toUInt32(0)"
    if len(plan.buckets) > 1:
        parameters["starts"] = [bucket.start for bucket in plan.buckets]
        bucket = "roundDown(ts, {starts:Array(UInt32)})"
    cases = []
    for level, keys in reversed(list(zip(asked.levels, shown.levels, strict=True))):
        if keys:
            name = f"m{level.width}"
            cases.append(f"{_member(asked, level, name)}, {level.width}")
            parameters[name] = [key[0] for key in keys] if level.width == 1 else list(keys)
    depth = f"multiIf({', '.join(cases)}, 0)" if cases else "0"
    names = [
        f"if(depth > {n}, toString({COLUMNS[name]}), '') AS s{n}" for n, name in enumerate(asked.by)
    ]
    return ", ".join([f"{bucket} AS b", f"toUInt8({depth}) AS depth", *names]), parameters


def _member(asked: Asked, level: Level, name: str) -> str:
    columns = [COLUMNS[dim] for dim in asked.by[: level.width]]
    if level.width == 1:
        return f"{columns[0]} IN {{{name}:Array(String)}}"
    texts = ", ".join(f"toString({column})" for column in columns)
    return f"({texts}) IN {{{name}:Array(Tuple({', '.join(['String'] * level.width)}))}}"
