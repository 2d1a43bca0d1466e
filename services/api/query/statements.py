"""SQL of the answers: who is shown and what they sum to, then states of the same. Pure text."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.api.plan import Plan
from services.api.query import pending, source
from services.api.query.ask import CHANGE, Asked, Level
from services.api.query.dims import CATEGORY, COLUMNS, level_of
from services.api.query.measures import ranking
from services.api.query.parts import OPERATIONS, PARTS, TIMED
from services.api.statement import LIMITS, Statement

Key = tuple[str, ...]


@dataclass(frozen=True)
class Members:
    """The members shown at each level, largest first, and how many there are at the first."""

    levels: tuple[tuple[Key, ...], ...] = ()
    count: int = 0


NOW, BEFORE, NAMELESS = 0, 1, 2
"""Sides of the one reading: the range, the range to compare with, steps that name no org."""


def knows_orgs(asked: Asked) -> bool:
    """True when the rows of the range themselves tell which steps name no org."""
    level = level_of(asked.names, is_one_org=asked.scope.org_id is not None)
    return level != "total" and CATEGORY not in asked.names


def sums(asked: Asked, parts: Sequence[str], *, nameless: bool) -> Statement:
    """Sums of both ranges by bucket and member, and the members' places: all of one reading.

    `nameless`: also those of the steps that name no org, where the rows themselves do not tell.

    Columns: side, bucket, how much of the key is shown (0: other), the key, the place at each
    level, the last place at the first level, the parts. Members are ranked over the whole
    range, ties by name; with 'change' over both ranges, by absolute difference.
    """
    text, parameters = _sides(asked, parts, nameless=nameless)
    keys, fold = _keys(asked), [_again(part) for part in parts]
    if not keys:
        return Statement(f"SELECT side, b, toUInt8(0), toUInt64(0), {', '.join(_named(parts))} "
                         f"FROM ({text})" + LIMITS, parameters)  # fmt: skip
    conditions: list[str] = []
    for number, level in enumerate(asked.levels):
        text = _placed(asked, number, text)
        held = f"h{number} AND p{number} <= {level.top}"
        conditions.append(f"{conditions[-1]} AND {held}" if conditions else held)
    cases = [f"{condition}, {n + 1}" for n, condition in enumerate(conditions)]
    depth = f"toUInt8(multiIf({', '.join(reversed(cases))}, 0)) AS depth"
    shown = [f"if(depth > {n}, toString({key}), '') AS s{n}" for n, key in enumerate(keys)]
    groups = ", ".join(["side", "b", "depth", *(f"s{n}" for n in range(len(keys)))])
    places = [f"min(p{n})" for n in range(len(keys))]
    head = ", ".join(["side", "b", depth, *shown, *places, "maxIf(p0, h0)", *fold])
    return Statement(f"SELECT {head} FROM ({text}) GROUP BY {groups}" + LIMITS, parameters)


def _sides(asked: Asked, parts: Sequence[str], *, nameless: bool) -> tuple[str, source.Parameters]:
    """The sums of each side by bucket and key, with what ranks the members."""
    text, parameters = _side(asked, parts, NOW)
    sides = [BEFORE] if asked.compared else []
    if nameless and not knows_orgs(asked) and pending.unattributed(asked):
        sides += [NAMELESS]
    for side in sides:
        more, own = _apart(*_side(asked, parts, side), side)
        text, parameters = f"{text} UNION ALL {more}", parameters | own
    return text, parameters | {"currency": asked.currency}


def _side(asked: Asked, parts: Sequence[str], side: int) -> tuple[str, source.Parameters]:
    ranks = ranking(asked.measures[0] if asked.order == CHANGE else asked.order)
    fields = sorted({name for part in (*parts, *ranks) for name in PARTS[part].fields})
    plan = (asked.compared or asked.plan) if side == BEFORE else asked.plan
    nameless = pending.unattributed(asked) if side == NAMELESS else None
    rows, parameters = source.usage(nameless or asked, plan, fields)
    bucket, keys = "toUInt32(0)", [COLUMNS[name] for name in asked.by]
    if nameless:
        keys = ["''"] * len(keys)
    elif len(plan.buckets) > 1:
        parameters["starts"] = [bucket.start for bucket in plan.buckets]
        bucket = "roundDown(ts, {starts:Array(UInt32)})"
    columns = [f"toUInt8({side}) AS side", f"{bucket} AS b"]
    columns += [f"{key} AS {name}" for key, name in zip(keys, _keys(asked), strict=True)]
    if keys:
        columns += [f"{' + '.join(PARTS[part].sql for part in ranks)} AS part"]
    columns += [f"{PARTS[part].sql} AS v_{part}" for part in parts]
    grouped = ", ".join(["b", *_keys(asked)])
    return f"SELECT {', '.join(columns)} FROM ({rows}) GROUP BY {grouped}", parameters


def _placed(asked: Asked, number: int, text: str) -> str:
    """The rows with the place of their member at a level, inside its member of the level before.

    `h`: the member has rows in the range (with 'change': in either range).
    """
    keys = _keys(asked)
    before, within = ", ".join(keys[:number]), ", ".join(keys[: number + 1])
    over = f"OVER (PARTITION BY {within})"
    whole, latest = f"sumIf(part, side = {NOW}) {over}", NOW
    if asked.order == CHANGE:
        whole, latest = f"abs({whole} - sumIf(part, side = {BEFORE}) {over})", BEFORE
    text = (
        f"SELECT *, {whole} AS w{number}, min(side) {over} <= {latest} AS h{number} FROM ({text})"
    )
    partition = f"PARTITION BY {before} " if before else ""
    order = f"ORDER BY h{number} DESC, w{number} DESC, {within}"
    return f"SELECT *, dense_rank() OVER ({partition}{order}) AS p{number} FROM ({text})"


def _again(part: str) -> str:
    """How sums of a part are summed."""
    return f"{PARTS[part].again}(v_{part})"


def _named(parts: Sequence[str]) -> list[str]:
    return [f"v_{part}" for part in parts]


def _keys(asked: Asked) -> list[str]:
    return [f"k{n}" for n in range(len(asked.by))]


def _apart(text: str, parameters: source.Parameters, side: int) -> tuple[str, source.Parameters]:
    """The same statement with names of its own for the parameters."""
    told = {}
    for name, value in parameters.items():
        text = text.replace(f"{{{name}:", f"{{side{side}_{name}:")
        told[f"side{side}_{name}"] = value
    return text, told


def members(asked: Asked, rows: Sequence[Sequence[Any]]) -> Members:
    """From the rows of `sums`."""
    width = len(asked.by)
    if not width:
        return Members()
    found: list[dict[Key, tuple[int, ...]]] = [{} for _ in range(width)]
    for side, _, depth, *rest in rows:
        if side != NAMELESS:
            for n in range(depth):
                found[n][tuple(rest[: n + 1])] = tuple(rest[width : width + n + 1])
    levels = (tuple(sorted(level, key=level.__getitem__)) for level in found)
    return Members(tuple(levels), max((int(row[3 + 2 * width]) for row in rows), default=0))


def sketches(asked: Asked, plan: Plan, parts: Sequence[str], shown: Members) -> Statement:
    """Merged states: of every member and of all, in each bucket and over the range.

    Each is merged once, by bucket and member; the few that makes are merged further. Columns: which
    of (bucket, member) are not told apart, then as `sums`.
    """
    names = {name for part in parts for name in PARTS[part].fields}
    rows, parameters = source.sketches(asked, plan, names)
    head, more = folded(asked, plan, shown)
    made = ", ".join(f"{PARTS[p].sql.replace(TIMED, timed(asked))} AS v_{p}" for p in parts)
    merged = ", ".join(map(_again, parts))
    member = ", ".join(grouped(asked)[1:]) if asked.by else "toUInt8(0)"
    sets = [f"({member})", "()"] if asked.by else ["()"]
    told = "grouping(depth)" if asked.by else "1"
    bucket = f"1 AS g, {told} AS h, toUInt32(0) AS at"
    if len(plan.buckets) > 1:
        sets += [f"(b, {member})", "(b)"] if asked.by else ["(b)"]
        bucket = f"grouping(b) AS g, {told} AS h, b"
    text = (
        f"SELECT {bucket}, {member}, {merged} FROM (SELECT {', '.join(grouped(asked))}, {made} "
        f"FROM (SELECT *, {head} FROM ({rows})) GROUP BY {', '.join(grouped(asked))}) "
        f"GROUP BY GROUPING SETS ({', '.join(sets)})"
    )
    return Statement(text + LIMITS, parameters | more | {"currency": asked.currency})


def timed(asked: Asked) -> str:
    """Model calls that did not fail, unless the question itself cuts by these."""
    conditions: list[str] = []
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
