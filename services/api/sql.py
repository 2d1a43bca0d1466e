"""SQL of the usage answers, rendered from a plan. Pure text; every value is a parameter."""
# ruff: noqa: S608 - names come from this module alone, every value is a query parameter

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from schemas.call import MODEL_OPERATIONS, UNATTRIBUTED
from services.api.plan import GRAINS, SECONDS, Grain, Plan, Range
from services.api.scope import Scope

DIMENSIONS: dict[str, str] = {
    "org": "org_id",
    "provider": "provider",
    "model": "model",
    "operation": "operation",
    "feature": "feature",
    "assistant": "assistant_id",
    "assistant_version": "assistant_version",
    "environment": "environment",
}
"""Names of the API and their columns."""
FILTERS = DIMENSIONS | {"status": "status"}
NARROW = frozenset({"org", "provider", "model", "operation", "status"})
"""What the narrow tables know."""
TOKENS = ("tok_in", "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning")
COUNTS = ("calls", "steps", "errors", "pending_calls", *TOKENS)
MONEY = (
    "cost", "charge", "cost_input", "cost_cache_read", "cost_cache_write", "cost_output",
    "cache_saved",
)  # fmt: skip
ORDERS = {
    "cost": ("sumIf(cost, currency = {rank_currency:String})", ("cost", "currency")),
    "charge": ("sumIf(charge, currency = {rank_currency:String})", ("charge", "currency")),
    "calls": ("sum(n)", ("calls",)),
    "tokens": (f"sum({' + '.join(TOKENS)})", TOKENS),
}
"""What ranks groups, and the fields it needs."""
SHOWN = ("calls", "steps", "errors", "pending_calls", "tokens", *MONEY)
"""The measures of an answer by name."""
_MODEL_OPERATIONS = ", ".join(f"'{name}'" for name in sorted(MODEL_OPERATIONS))
_COUNTED = {
    "calls": (f"sumIf(n, operation IN ({_MODEL_OPERATIONS}))", ("operation", "calls")),
    "steps": ("sum(n)", ("calls",)),
    "errors": ("sumIf(n, status = 'error')", ("status", "calls")),
    "pending_calls": ("sumIf(n, pending != '')", ("pending", "calls")),
} | {name: (f"sum({name})", (name,)) for name in TOKENS}
"""Counts: their SQL and the fields they need."""
_RANKED_BY = {"cost": "cost", "charge": "charge", "calls": "steps", "tokens": "tokens"}
LIMITS = (
    " SETTINGS max_execution_time = 10, max_result_rows = 200000, "
    "result_overflow_mode = 'throw', do_not_merge_across_partitions_select_final = 1"
)
"""A bucket's rows share a partition, so partitions need not be merged with each other."""
RANGES_LISTED_MAX = 8


@dataclass(frozen=True)
class Statement:
    """A query and its parameters."""

    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Slice:
    """What is asked for: rows of a scope, in a plan, with filters, by dimensions."""

    scope: Scope
    plan: Plan
    by: tuple[str, ...] = ()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    top: int = 100
    order: str = "cost"
    rank_currency: str = "USD"
    measures: tuple[str, ...] = SHOWN

    @property
    def _needed(self) -> frozenset[str]:
        return frozenset({*self.measures, _RANKED_BY[self.order]})

    @property
    def counts(self) -> tuple[str, ...]:
        """The counts to sum: those asked for, and what ranks the groups."""
        tokens = "tokens" in self._needed
        return tuple(name for name in COUNTS if name in self._needed or (tokens and name in TOKENS))

    @property
    def money(self) -> tuple[str, ...]:
        """The amounts to sum, likewise."""
        return tuple(name for name in MONEY if name in self._needed)


def usage(asked: Slice) -> Statement:
    """Every bucket and group, those beyond `top` as one: a partition of all rows, so it adds up.

    One reading: summed by bucket and group, then ranked over the whole range, then folded.
    """
    keys = [DIMENSIONS[name] for name in asked.by]
    order, fields = ORDERS[asked.order]
    measured = {name for count in asked.counts for name in _COUNTED[count][1]}
    wanted = (*keys, "currency", *sorted(measured), *asked.money, *fields)
    text, parameters = source(asked, wanted)
    names = [f"k{n}" for n in range(len(keys))]
    parameters |= {"top": asked.top, "rank_currency": asked.rank_currency}
    grouped = ", ".join(["b", *names, "currency"])
    keyed = "".join(f"{key} AS {name}, " for key, name in zip(keys, names, strict=True))
    columns = f"{keyed}currency, {_measures(asked)}, {order} AS part"
    summed = f"SELECT {_bucket(asked, parameters)}, {columns} FROM ({text}) GROUP BY {grouped}"
    ranked, shown = f"SELECT *, 1 AS is_top FROM ({summed})", ""
    if keys:
        members = ", ".join(names)
        whole = f"SELECT *, sum(part) OVER (PARTITION BY {members}) AS whole FROM ({summed})"
        place = f"dense_rank() OVER (ORDER BY whole DESC, {members})"
        ranked = f"SELECT *, {place} <= {{top:UInt32}} AS is_top FROM ({whole})"
        shown = "".join(f"if(is_top, toString({name}), '') AS s_{name}, " for name in names)
    groups = ", ".join(["b", "is_top", *(f"s_{name}" for name in names), "currency"])
    totals = ", ".join(f"sum(m_{name})" for name in (*asked.counts, *asked.money))
    sql = f"SELECT b, is_top, {shown}currency, {totals} FROM ({ranked}) GROUP BY {groups}"
    return Statement(sql + LIMITS, parameters)


def pending(asked: Slice) -> Statement:
    """The unpriced part of the same rows, by provider."""
    text, parameters = source(asked, ("provider", "pending", "calls", *TOKENS))
    tokens = ", ".join(f"sum({name})" for name in TOKENS)
    sql = (
        "SELECT if(pending = '', '', toString(provider)) AS p, pending != '' AS is_pending, "
        f"sum(n), {tokens}, min(ts) FROM ({text}) GROUP BY p, is_pending"
    )
    return Statement(sql + LIMITS, parameters)


def unattributed(asked: Slice) -> Statement | None:
    """The steps of the same rows that name no org; None where there can be none."""
    among = asked.filters.get("org", (UNATTRIBUTED,))
    if UNATTRIBUTED not in among or not asked.scope.allows(UNATTRIBUTED):
        return None
    text, parameters = source(
        replace(asked, filters={**asked.filters, "org": (UNATTRIBUTED,)}), ("calls",)
    )
    return Statement(f"SELECT sum(n) FROM ({text})" + LIMITS, parameters)


def pending_groups(asked: Slice) -> Statement:
    """Pending calls by reason, provider, model and org."""
    text, parameters = source(asked, ("org_id", "provider", "model", "pending", "calls", *TOKENS))
    tokens = ", ".join(f"sum({name})" for name in TOKENS)
    sql = (
        f"SELECT pending, provider, model, org_id, sum(n) AS c, {tokens}, min(ts) FROM ({text}) "
        "WHERE pending != '' GROUP BY pending, provider, model, org_id "
        "ORDER BY c DESC, pending, provider, model, org_id LIMIT {top:UInt32}"
    )
    return Statement(sql + LIMITS, parameters | {"top": asked.top})


def oldest_pending(asked: Slice, start: int, end: int) -> Statement:
    """The instant of the oldest pending call, once its bucket is known."""
    conditions, parameters = _filters(asked, "")
    parameters |= asked.scope.parameters() | {"low": start, "high": end}
    sql = (
        f"SELECT toUnixTimestamp64Milli(min(occurred_at)), count() {asked.scope.rows('calls')} "
        "AND bucket >= toDateTime({low:UInt32}, 'UTC') AND bucket < toDateTime({high:UInt32}, "
        f"'UTC') AND is_void = 0 AND pending != ''{conditions}"
    )
    return Statement(sql + LIMITS, parameters)


def source(asked: Slice, fields: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The plan's rows of all tables, with these fields of their arrays."""
    names = set(asked.by) | set(asked.filters)
    conditions, parameters = _filters(asked, "x_")
    parameters |= asked.scope.parameters()
    wanted = [name for name in dict.fromkeys(fields) if name != "org_id"]
    columns = ", ".join(
        ["toUnixTimestamp(bucket) AS ts", "org_id", *(f"x_{f} AS {_renamed(f)}" for f in wanted)]
    )
    filtered = [FILTERS[name] for name in asked.filters if name != "org"]
    joined = sorted({*wanted, *filtered})
    parts = []
    for grain in GRAINS:
        if ranges := asked.plan.pieces[grain]:
            within, more = _within(grain, ranges)
            parameters |= more
            whole = asked.scope.org_id is None and "org_id" not in fields and "org" not in names
            rows = asked.scope.unnested(_table(grain, names, whole=whole), joined)
            parts.append(f"SELECT {columns} {rows} AND {within}{conditions}")
    return " UNION ALL ".join(parts), parameters


def _renamed(field_: str) -> str:
    return "n" if field_ == "calls" else field_


def _table(grain: Grain, names: set[str], *, whole: bool) -> str:
    """The smallest table that knows these dimensions; `whole`: of all orgs as one."""
    if grain != "minute" and names <= NARROW:
        return f"total_{grain}" if whole else f"narrow_{grain}"
    return f"rollup_{grain}"


def _within(grain: Grain, ranges: Sequence[Range]) -> tuple[str, dict[str, Any]]:
    """A condition on `bucket`: few ranges are listed, many are looked up by their start."""
    at = "toUnixTimestamp(bucket)"
    parameters: dict[str, Any] = {f"{grain}_low": ranges[0].start, f"{grain}_high": ranges[-1].end}
    whole = _between(f"{grain}_low", f"{grain}_high")
    if len(ranges) == 1:
        return whole, parameters
    if len(ranges) <= RANGES_LISTED_MAX:
        listed = []
        for number, piece in enumerate(ranges):
            low, high = f"{grain}_low_{number}", f"{grain}_high_{number}"
            parameters |= {low: piece.start, high: piece.end}
            listed.append(f"({_between(low, high)})")
        return f"{whole} AND ({' OR '.join(listed)})", parameters
    starts, ends = f"{grain}_starts", f"{grain}_ends"
    parameters |= {starts: [r.start for r in ranges], ends: [r.end for r in ranges]}
    looked_up = (
        f"{at} < transform(roundDown({at}, {{{starts}:Array(UInt32)}}), "
        f"{{{starts}:Array(UInt32)}}, {{{ends}:Array(UInt32)}}, toUInt32(0))"
    )
    return f"{whole} AND {looked_up}", parameters


def _between(low: str, high: str) -> str:
    return (
        f"bucket >= toDateTime({{{low}:UInt32}}, 'UTC') AND "
        f"bucket < toDateTime({{{high}:UInt32}}, 'UTC')"
    )


def _filters(asked: Slice, prefix: str) -> tuple[str, dict[str, Any]]:
    text, parameters = "", {}
    for name, values in asked.filters.items():
        column = FILTERS[name]
        place = column if column == "org_id" else prefix + column
        text += f" AND {place} IN {{f_{name}:Array(String)}}"
        parameters[f"f_{name}"] = list(values)
    return text, parameters


def _bucket(asked: Slice, parameters: dict[str, Any]) -> str:
    if len(asked.plan.buckets) < 2:
        return "toUInt32(0) AS b"
    parameters["starts"] = [bucket.start for bucket in asked.plan.buckets]
    return "roundDown(ts, {starts:Array(UInt32)}) AS b"


def _measures(asked: Slice) -> str:
    counts = [f"{_COUNTED[name][0]} AS m_{name}" for name in asked.counts]
    money = [f"sum(CAST({name} AS Decimal(76, 18))) AS m_{name}" for name in asked.money]
    return ", ".join([*counts, *money])


def size_of(grain_start: int, asked: Slice) -> int:
    """The length of the row that starts at this instant."""
    for grain in GRAINS:
        if any(r.start <= grain_start < r.end for r in asked.plan.pieces[grain]):
            return SECONDS[grain]
    return SECONDS["minute"]
