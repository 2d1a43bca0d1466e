"""The rows that answer a question: of which tables, with which fields. Pure text.

Every value is a parameter. Aggregates are read by whole days, then hours, then minutes; what they
do not know is read from the calls themselves.
"""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Iterable, Sequence
from typing import Any

from schemas.sketches import CALL_FIELDS, OF_CALLS, STATES
from services.api.plan import GRAINS, Grain, Plan, Range
from services.api.query.ask import Asked, Condition
from services.api.query.dims import CATEGORY, COLUMNS, level_of
from services.api.query.parts import MONEY, TOKENS

RANGES_LISTED_MAX = 8
_CATEGORIES = (
    ("input", "cost_input", "tok_in"),
    ("cache_read", "cost_cache_read", "tok_cache_read"),
    ("cache_write", "cost_cache_write", "tok_cache_write"),
    ("output", "cost_output", "tok_out + tok_reasoning"),
    ("other", "cost - cost_input - cost_cache_read - cost_cache_write - cost_output", "0"),
)
_CATEGORY_FIELDS = ("cost", *MONEY[2:6], *TOKENS)

Parameters = dict[str, Any]


def usage(asked: Asked, plan: Plan, fields: Iterable[str]) -> tuple[str, Parameters]:
    """Rows with `ts`, the dimensions' columns and `fields` (`calls` as `n`)."""
    wanted = {*fields, *(COLUMNS[name] for name in asked.by)}
    if CATEGORY in asked.names:
        return _by_category(asked, plan, wanted)
    return _rows(asked, plan, wanted)


def _rows(asked: Asked, plan: Plan, wanted: set[str]) -> tuple[str, Parameters]:
    wanted = wanted - {"org_id"}
    level = level_of(asked.names, is_one_org=asked.scope.org_id is not None)
    if level == "ledger":
        return ledger(asked, plan, {f: _OF_A_CALL.get(f, f) for f in sorted(wanted)})
    columns = ", ".join(
        [
            "toUnixTimestamp(bucket) AS ts",
            "org_id",
            *(f"x_{f} AS {_named(f)}" for f in sorted(wanted)),
        ]
    )
    filtered = {COLUMNS[c.dim] for c in asked.where} - {"org_id", CATEGORY}
    condition, parameters = conditions(asked.where, "x_")
    parameters |= asked.scope.parameters()
    parts = []
    for grain in GRAINS:
        if ranges := plan.pieces[grain]:
            held, more = within(grain, ranges)
            parameters |= more
            table = "rollup_minute" if grain == "minute" else f"{_TABLES[level]}_{grain}"
            rows = asked.scope.unnested(table, sorted(wanted | filtered))
            parts.append(f"SELECT {columns} {rows} AND {held}{condition}")
    return " UNION ALL ".join(parts), parameters


_TABLES = {"total": "total", "narrow": "narrow", "wide": "rollup"}
_OF_A_CALL = {"calls": "toUInt64(1)"}


def _named(field: str) -> str:
    return "n" if field == "calls" else field


def ledger(
    asked: Asked, plan: Plan, fields: dict[str, str], held: str = ""
) -> tuple[str, Parameters]:
    """The calls of a plan, with these fields: names and their SQL. `held`: of these rows only."""
    condition, parameters = conditions(asked.where, "")
    buckets = plan.buckets
    parameters |= asked.scope.parameters()
    parameters |= {"low": buckets[0].start, "high": buckets[-1].end}
    columns = ", ".join(f"{sql} AS {_named(name)}" for name, sql in fields.items())
    held = held or between("low", "high")
    return (
        f"SELECT toUnixTimestamp(bucket) AS ts, org_id{columns and ', '}{columns} "
        f"{asked.scope.rows('calls')} AND is_void = 0 AND {held}{condition}",
        parameters,
    )


def sketches(asked: Asked, plan: Plan, fields: Iterable[str]) -> tuple[str, Parameters]:
    """Rows with `ts`, the dimensions' columns, and fields of which some are states."""
    wanted = {*fields, *(COLUMNS[name] for name in asked.by)} - {"org_id"}
    level = level_of(asked.names, is_one_org=asked.scope.org_id is not None)
    if level == "ledger":
        return _states(asked, plan, wanted)
    filtered = {COLUMNS[c.dim] for c in asked.where} - {"org_id"}
    condition, parameters = conditions(asked.where, "x_")
    parameters |= asked.scope.parameters()
    columns = ", ".join(
        ["toUnixTimestamp(bucket) AS ts", "org_id", *(f"x_{f} AS {f}" for f in sorted(wanted))]
    )
    nested = {f: (f if f in STATES else f"k.{f}") for f in sorted(wanted | filtered)}
    parts = []
    pieces = running(plan, asked.now)
    for grain in GRAINS:
        if not (ranges := pieces[grain]):
            continue
        held, more = within(grain, ranges)
        parameters |= more
        if grain == "minute":
            text, more = _states(asked, plan, wanted, held)
            parameters |= more
        else:
            rows = asked.scope.joined(f"{_SKETCHES[level]}_{grain}", nested)
            text = f"SELECT {columns} {rows} AND {held}{condition}"
        parts.append(text)
    return " UNION ALL ".join(parts), parameters


def running(plan: Plan, now: int) -> dict[Grain, tuple[Range, ...]]:
    """The pieces of a plan, the hour that runs as a whole one: nothing is in it after now.

    Its calls alone may be millions, and states are no exact figures.
    """
    minutes = plan.pieces["minute"]
    if not minutes or minutes[-1].end < now:
        return plan.pieces
    hour = Range(minutes[-1].end // 3_600 * 3_600, -(-minutes[-1].end // 3_600) * 3_600)
    if hour.start < max(minutes[-1].start, plan.buckets[-1].start):
        return plan.pieces
    before = Range(minutes[-1].start, hour.start)
    rest = (*minutes[:-1], *([before] if before.start < before.end else []))
    return {**plan.pieces, "minute": rest, "hour": (*plan.pieces["hour"], hour)}


_SKETCHES = {"total": "sketch_total", "narrow": "sketch_narrow", "wide": "sketch"}


def _states(asked: Asked, plan: Plan, wanted: set[str], held: str = "") -> tuple[str, Parameters]:
    """The same from the calls, summed for each bucket and member."""
    plain, made = sorted(wanted - OF_CALLS.keys()), sorted(wanted & OF_CALLS.keys())
    rows, parameters = ledger(asked, plan, {f: f for f in (*plain, *CALL_FIELDS)}, held)
    bucket = "any(ts)"
    if len(plan.buckets) > 1:
        parameters["starts"] = [bucket.start for bucket in plan.buckets]
        bucket = "roundDown(ts, {starts:Array(UInt32)})"
    org = ["org_id"] if "org" in asked.by else []
    groups = [*(["at"] if len(plan.buckets) > 1 else []), *org, *plain]
    inner = [f"{bucket} AS at", *org, *plain, *(f"{OF_CALLS[f]} AS m_{f}" for f in made)]
    outer = [
        "toUInt32(at) AS ts",
        "org_id" if org else "'' AS org_id",
        *(f"m_{f} AS {f}" if f in OF_CALLS else f for f in sorted(wanted)),
    ]
    by = f" GROUP BY {', '.join(groups)}" if groups else ""
    text = f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM ({rows}){by})"
    return text, parameters


def _by_category(asked: Asked, plan: Plan, wanted: set[str]) -> tuple[str, Parameters]:
    """One row for each category of a row: its cost, its tokens as `tok_in`."""
    rows, parameters = _rows(asked, plan, {*wanted, *_CATEGORY_FIELDS} - {CATEGORY})
    parts = ", ".join(
        f"('{name}', CAST({cost} AS Decimal(76, 18)), toUInt64({tokens}))"
        for name, cost, tokens in _CATEGORIES
    )
    zeros = ", ".join(f"toUInt64(0) AS {name}" for name in TOKENS[1:])
    kept = sorted(wanted - {*_CATEGORY_FIELDS, CATEGORY, "org_id", "calls"})
    columns = ", ".join(["ts", "org_id", *kept, *(["n"] if "calls" in wanted else [])])
    condition, more = conditions(asked.where, "", only=CATEGORY)
    cut = f"SELECT {columns}, arrayJoin([{parts}]) AS c FROM ({rows})"
    text = (
        f"SELECT {columns}, c.1 AS token_category, c.2 AS cost, c.3 AS tok_in, {zeros} "
        f"FROM ({cut}) WHERE (c.2 != 0 OR c.3 != 0){condition.replace(CATEGORY, 'c.1')}"
    )
    return text, parameters | more


def conditions(where: Sequence[Condition], prefix: str, only: str = "") -> tuple[str, Parameters]:
    """AND of all conditions but those on the category, or of those on `only`."""
    text, parameters = "", {}
    for number, condition in enumerate(where):
        if (condition.dim == CATEGORY) != (only == CATEGORY):
            continue
        column = COLUMNS[condition.dim]
        place = column if column == "org_id" else prefix + column
        negation = "NOT " if condition.is_not else ""
        text += f" AND {place} {negation}IN {{w{number}:Array(String)}}"
        parameters[f"w{number}"] = list(condition.values)
    return text, parameters


def within(grain: Grain, ranges: Sequence[Range]) -> tuple[str, Parameters]:
    """A condition on `bucket`: few ranges are listed, many are looked up by their start."""
    parameters: Parameters = {f"{grain}_low": ranges[0].start, f"{grain}_high": ranges[-1].end}
    whole = between(f"{grain}_low", f"{grain}_high")
    if len(ranges) == 1:
        return whole, parameters
    if len(ranges) <= RANGES_LISTED_MAX:
        listed = []
        for number, piece in enumerate(ranges):
            low, high = f"{grain}_low_{number}", f"{grain}_high_{number}"
            parameters |= {low: piece.start, high: piece.end}
            listed.append(f"({between(low, high)})")
        return f"{whole} AND ({' OR '.join(listed)})", parameters
    starts, ends = f"{grain}_starts", f"{grain}_ends"
    parameters |= {starts: [r.start for r in ranges], ends: [r.end for r in ranges]}
    at = "toUnixTimestamp(bucket)"
    looked_up = (
        f"{at} < transform(roundDown({at}, {{{starts}:Array(UInt32)}}), "
        f"{{{starts}:Array(UInt32)}}, {{{ends}:Array(UInt32)}}, toUInt32(0))"
    )
    return f"{whole} AND {looked_up}", parameters


def between(low: str, high: str) -> str:
    """A condition on `bucket`: from the instant of one parameter up to that of another."""
    return (
        f"bucket >= toDateTime({{{low}:UInt32}}, 'UTC') AND "
        f"bucket < toDateTime({{{high}:UInt32}}, 'UTC')"
    )
