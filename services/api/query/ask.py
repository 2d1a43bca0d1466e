"""From a question on the wire to one that can be answered: names, instants, limits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from services.api.asked import CELLS_MAX, RefusedError, plan_of, refuse, zone_of
from services.api.plan import Interval, Plan, Range
from services.api.query import combine, form, relative
from services.api.query.dims import COLUMNS
from services.api.query.measures import MEASURES, families_of
from services.api.scope import Scope

CHANGE = "change"
_INTERVAL: dict[str | None, str] = {None: "none", "1m": "minute"}


@dataclass(frozen=True)
class Condition:
    """Rows whose dimension is, or is not, one of some values; '' is none."""

    dim: str
    values: tuple[str, ...]
    is_not: bool = False


@dataclass(frozen=True)
class Level:
    """The `top` largest by the first `width` dimensions, inside the members of the level before."""

    width: int
    top: int


@dataclass(frozen=True)
class Asked:
    """A question that can be answered. `compared` is the plan of the range before."""

    scope: Scope
    plan: Plan
    zone: ZoneInfo
    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    where: tuple[Condition, ...] = ()
    order: str = "cost"
    currency: str = "USD"
    interval: Interval = "none"
    compared: Plan | None = None
    now: int = 0
    """When it was asked, in epoch seconds."""
    query: form.Query | None = field(default=None, compare=False, repr=False)
    """The question as it was asked, to be asked again."""
    around: int = 0
    """How many seconds before and after the range its answer depends on as well."""

    @property
    def names(self) -> frozenset[str]:
        """Every dimension that is cut or filtered by."""
        return frozenset({*self.by, *(c.dim for c in self.where)})

    @property
    def whole(self) -> Range:
        """The range."""
        return Range(self.plan.buckets[0].start, self.plan.buckets[-1].end)


def unknown(field: str, what: str, name: str, known: Sequence[str]) -> RefusedError:
    """A name nobody knows, with the nearest one that is known."""
    near = get_close_matches(name, known, 1)
    more: dict[str, Any] = {"hint": f"did you mean {near[0]!r}?"} if near else {}
    return refuse(field, f"unknown {what} {name[:64]!r}", allowed=sorted(known), **more)


def asked(query: form.Query, scope: Scope, now: datetime) -> Asked:
    """What a question means for this caller; a `RefusedError` names what is wrong with it."""
    zone = zone_of(query.tz)
    measures = _measures(query.measures)
    by, where = _by(query.by), tuple(condition(n, w) for n, w in enumerate(query.where))
    order = _order(query, measures)
    combine.check(measures, frozenset({*by, *(c.dim for c in where)}), order)
    whole = relative.range_of(query.start, query.end, zone, now)
    interval, plan = plan_of(whole, _INTERVAL.get(query.interval, query.interval or ""), zone)
    _check_cells(query, plan)
    return Asked(
        scope=scope, plan=plan, zone=zone, measures=measures, by=by, where=where, order=order,
        levels=tuple(Level(n + 1, b.top) for n, b in enumerate(query.by)),
        currency=query.currency, interval=interval,
        compared=_compared(query, whole, (interval, zone, now)), now=int(now.timestamp()),
        query=query,
    )  # fmt: skip


def _measures(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in MEASURES:
            raise unknown("measures", "measure", name, list(MEASURES))
    return tuple(dict.fromkeys(names))


def _by(items: Sequence[form.By]) -> tuple[str, ...]:
    names = tuple(item.dim for item in items)
    for name in names:
        if name not in COLUMNS:
            raise unknown("by", "dimension", name, list(COLUMNS))
    if len(set(names)) < len(names):
        raise refuse("by", "a dimension stands there twice")
    return names


def condition(number: int, where: form.Where) -> Condition:
    """What the n-th condition means."""
    field = f"where.{number}"
    if where.dim not in COLUMNS:
        raise unknown(f"{field}.dim", "dimension", where.dim, list(COLUMNS))
    given = [where.among is not None, where.not_in is not None, where.is_null is not None]
    if sum(given) != 1:
        raise refuse(field, "exactly one of 'in', 'not_in', 'is_null'")
    if where.is_null is not None:
        return Condition(where.dim, ("",), is_not=not where.is_null)
    values = where.among if where.among is not None else where.not_in or ()
    told = tuple(dict.fromkeys(value or "" for value in values))
    return Condition(where.dim, told, is_not=where.among is None)


def _order(query: form.Query, measures: Sequence[str]) -> str:
    """What ranks the members: one order for all levels."""
    additive = [
        name for name, measure in MEASURES.items()
        if measure.is_additive and families_of(name) == {"usage"}
    ]  # fmt: skip
    named = list(dict.fromkeys(item.order for item in query.by if item.order))
    if len(named) > 1:
        raise refuse("by", "one 'order' for all dimensions")
    if not named:
        return next((name for name in measures if name in additive), "cost")
    if named[0] == CHANGE:
        if query.compare is None:
            raise refuse("by.0.order", "'change' needs 'compare'", hint='"compare": "previous"')
        if measures[0] not in additive:
            raise refuse("measures", "'change' ranks by the first measure", allowed=additive)
        return CHANGE
    if named[0] not in additive:
        raise unknown("by.0.order", "order", named[0], [*additive, CHANGE])
    return named[0]


def _check_cells(query: form.Query, plan: Plan) -> None:
    groups = 1
    for item in query.by:
        groups *= item.top + 1
    cells = (groups + 1) * len(plan.buckets) * len(query.measures)
    if cells > CELLS_MAX:
        detail = f"too many cells: {cells} of groups x buckets x measures, at most {CELLS_MAX}"
        hint = "a coarser interval, a lower top, fewer measures; or /v1/export"
        raise refuse("by", detail, 422, hint=hint)


def _compared(
    query: form.Query, whole: Range, way: tuple[Interval, ZoneInfo, datetime]
) -> Plan | None:
    """The plan of the range to compare with: of a running range the part that has elapsed."""
    interval, zone, now = way
    if query.compare is None:
        return None
    if isinstance(query.compare, form.Span):
        span = relative.range_of(query.compare.start, query.compare.end, zone, now)
        return plan_of(span, interval, zone)[1]
    elapsed = int(now.timestamp()) // 60 * 60 - whole.start
    is_running = elapsed > 0 and whole.end >= int(now.timestamp())
    first, last = _moved(query.compare, whole, zone, is_running=is_running)
    if is_running:
        last = min(last, first + elapsed)
    if not 0 <= first < last:
        raise refuse("compare", "the range to compare with lies before 1970 or is empty")
    return plan_of(Range(first, last), interval, zone)[1]


def _moved(way: str, whole: Range, zone: ZoneInfo, *, is_running: bool) -> tuple[int, int]:
    start, end = (datetime.fromtimestamp(at, zone) for at in (whole.start, whole.end))
    if way == "year":
        moved = relative.moved(start, -1, "y"), relative.moved(end, -1, "y")
    else:
        back = timedelta(days=7) if way == "week" else _length(start, end, is_running=is_running)
        moved = start - back, end - back
    first, last = (int(at.timestamp()) // 60 * 60 for at in moved)
    return first, last


def _length(start: datetime, end: datetime, *, is_running: bool) -> timedelta:
    """How far back the period before begins: of a running range whole days or hours.

    So its buckets are those of the range itself, not cut at the minute it is now.
    """
    length = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    if not is_running or start.minute:
        return length
    unit = timedelta(hours=1) if start.hour else timedelta(days=1)
    return -(-length // unit) * unit
