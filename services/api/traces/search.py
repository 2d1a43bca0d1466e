"""SQL of the searches for traces and conversations. Pure text; every value is a parameter.

Figures are those of the steps within the range, so that the rows of all pages add up to the usage
of that range. Filters choose which subjects are shown; the figures stay those of the whole subject.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import orjson

from schemas.call import MODEL_OPERATIONS
from services.api.plan import Range
from services.api.query import source
from services.api.query.ask import Condition
from services.api.scope import Scope
from services.api.statement import LIMITS, Statement

Order = Literal["recent", "cost", "duration"]
HOUR = 3_600
WINDOWS = (HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR)
"""How far back the newest are sought before the whole range is read."""
MATCHES = {
    "project": "project", "user": "user_id", "conversation": "conversation_id",
    "provider": "provider", "model": "model",
    "assistant": "assistant_id", "assistant_version": "assistant_version", "feature": "feature",
    "environment": "environment", "operation": "operation",
}  # fmt: skip
"""Filters by the value of a column: a subject is shown when one step has all of them."""
STATUSES = {"ok": "errors = 0", "error": "errors > 0", "pending": "pending_calls > 0"}
_MODEL_OPERATIONS = ", ".join(f"'{name}'" for name in sorted(MODEL_OPERATIONS))
_TRACE_KEY = "reinterpretAsUInt128(sipHash128('trace', project, trace_id))"


@dataclass(frozen=True)
class Subject:
    """What is searched for: the columns that name it, and its key in `subject_hours`."""

    keys: tuple[str, ...]
    id: str
    kind: int
    hashed: str
    more: tuple[str, ...]


TRACE = Subject(
    ("org_id", "project", "trace_id"), "trace_id", 1, f"toUInt64({_TRACE_KEY})",
    ("max(conversation_id)", "max(user_id)"),
)  # fmt: skip
CONVERSATION = Subject(
    ("org_id", "conversation_id"), "conversation_id", 2, "sipHash64(conversation_id)",
    ("max(user_id)", "arraySort(groupUniqArrayIf(20)(toString(assistant_id), assistant_id != ''))",
     "uniqExactIf(project, trace_id, trace_id != '')"),
)  # fmt: skip


class Sums(NamedTuple):
    """One subject found, as the statement tells it."""

    started_ms: int
    ended_ms: int
    steps: int
    calls: int
    errors: int
    pending_calls: int
    costs: tuple[Sequence[str], Sequence[Any]]
    charges: tuple[Sequence[str], Sequence[Any]]


SUMS = (
    "min(toUnixTimestamp64Milli(occurred_at) - ifNull(duration_ms, 0)) AS started_ms",
    "max(toUnixTimestamp64Milli(occurred_at)) AS ended_ms",
    "count() AS steps",
    f"countIf(operation IN ({_MODEL_OPERATIONS})) AS calls",
    "countIf(status = 'error') AS errors",
    "countIf(pending != '') AS pending_calls",
    "sumMapIf([toString(currency)], [CAST(cost AS Decimal(76, 18))], currency != '' AND "
    "pending = '') AS costs",
    "sumMapIf([toString(currency)], [CAST(charge AS Decimal(76, 18))], currency != '' AND "
    "pending = '') AS charges",
)
_COST = (
    "sumIf(CAST(cost AS Decimal(76, 18)), currency = {currency:String} AND pending = '')"
)  # fmt: skip
_RANKS: dict[Order, str] = {
    "recent": "ended_ms",
    "cost": _COST,
    "duration": "(ended_ms - started_ms)",
}
_AFTER: dict[Order, str] = {
    "recent": "toInt64({rank:String})",
    "cost": "toDecimal256({rank:String}, 18)",
    "duration": "toInt64({rank:String})",
}


_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_RANK: dict[Order, re.Pattern[str]] = {
    "recent": _WHOLE,
    "cost": re.compile(r"-?\d{1,38}(\.\d{1,18})?", re.ASCII),
    "duration": _WHOLE,
}


@dataclass(frozen=True)
class Search:
    """What is asked for. `bounds` are conditions on the figures, by name of `BOUNDS`."""

    scope: Scope
    subject: Subject
    whole: Range
    currency: str = "USD"
    order: Order = "recent"
    limit: int = 50
    orgs: Sequence[str] = ()
    matches: Mapping[str, Sequence[str]] = field(default_factory=dict)
    where: Sequence[Condition] = ()
    """What the same step must have besides."""
    status: str = ""
    bounds: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    after: Sequence[str] = ()
    """The rank and the key of the last one shown."""


BOUNDS = {
    "min_cost": f"{_COST} >= toDecimal256({{min_cost:String}}, 18)",
    "max_cost": f"{_COST} <= toDecimal256({{max_cost:String}}, 18)",
    "min_duration_ms": "ended_ms - started_ms >= toInt64({min_duration_ms:String})",
    "max_duration_ms": "ended_ms - started_ms <= toInt64({max_duration_ms:String})",
}


def page(asked: Search, edge: int | None = None) -> Statement:
    """One subject more than the limit, if there is one.

    With an `edge` (epoch seconds), only subjects whose last step is not before it, with the figures
    of all their steps: they are sought in the rows after the edge, and completed in the hours that
    are known to hold others of them.
    """
    subject, rank = asked.subject, _RANKS[asked.order]
    keys = ", ".join(subject.keys)
    having, parameters = _having(asked)
    rows = _rows(asked)
    if edge is not None:
        late = f"{rows} AND bucket >= toDateTime({{edge:UInt32}}, 'UTC')"
        hours = (
            f"SELECT slot {asked.scope.rows('subject_hours', final=False)} "
            f"AND kind = {subject.kind} AND key IN (SELECT {subject.hashed} {late})"
        )
        rows += f" AND ({keys}) IN (SELECT {keys} {late}) AND toStartOfHour(bucket) IN ({hours})"
        having.append("ended_ms >= toInt64({edge:UInt32}) * 1000")
        parameters["edge"] = edge
    columns = ", ".join([keys, *subject.more, *SUMS, f"toString({rank}) AS told_rank"])
    held = f" HAVING {' AND '.join(having)}" if having else ""
    down = ", ".join(f"{key} DESC" for key in subject.keys)
    sql = (
        f"SELECT {columns} {rows} GROUP BY {keys}{held} ORDER BY {rank} DESC, {down} "
        "LIMIT {limit:UInt32}"
    )
    return Statement(sql + LIMITS, parameters)


def _rows(asked: Search) -> str:
    among = " AND org_id IN {orgs:Array(String)}" if asked.orgs else ""
    for name, kind in (("conversation", 2), ("user", 3)):
        if asked.matches.get(name):
            among += (
                f" AND (org_id, toStartOfHour(bucket)) IN (SELECT org_id, slot "
                f"{asked.scope.rows('subject_hours', final=False)} AND kind = {kind} "
                f"AND key IN (SELECT sipHash64(arrayJoin({{{name}:Array(String)}}))))"
            )
    return f"{_within(asked)} AND {asked.subject.id} != ''{among}"


def _within(asked: Search) -> str:
    """The caller's calls of the range."""
    return (
        f"{asked.scope.rows('calls')} AND is_void = 0 "
        "AND bucket >= toDateTime({low:UInt32}, 'UTC') "
        "AND bucket < toDateTime({high:UInt32}, 'UTC')"
    )


def _having(asked: Search) -> tuple[list[str], dict[str, Any]]:
    parameters: dict[str, Any] = asked.scope.parameters() | {
        "low": asked.whole.start, "high": asked.whole.end, "currency": asked.currency,
        "limit": asked.limit + 1,
    }  # fmt: skip
    if asked.orgs:
        parameters["orgs"] = list(asked.orgs)
    having = []
    where, more = source.conditions(asked.where, "")
    parameters |= more
    if match := [
        *(f"{MATCHES[name]} IN {{{name}:Array(String)}}" for name in asked.matches),
        *([where.removeprefix(" AND ")] if where else []),
        *_containing(asked),
    ]:
        having.append(f"countIf({' AND '.join(match)}) > 0")
        parameters |= {name: list(values) for name, values in asked.matches.items()}
    if asked.text:
        parameters["pattern"] = f"%{like(asked.text)}%"
    having += [BOUNDS[name] for name in asked.bounds]
    parameters |= asked.bounds
    if asked.status:
        having.append(STATUSES[asked.status])
    if asked.after:
        rank, *key = asked.after
        names = [f"after_{name}" for name in asked.subject.keys]
        parameters |= {"rank": rank} | dict(zip(names, key, strict=True))
        last = ", ".join(f"{{{name}:String}}" for name in names)
        keys = ", ".join(f"toString({key})" for key in asked.subject.keys)
        having.append(f"({_RANKS[asked.order]}, {keys}) < ({_AFTER[asked.order]}, {last})")
    return having, parameters


def _containing(asked: Search) -> list[str]:
    """Steps of traces whose content, as far as it is kept, has the text.

    What an org's own steps tell without an org is sought in the traces of its own calls.
    """
    if not asked.text:
        return []
    calls = f"{_within(asked)} AND trace_id != ''"
    hours = (
        f"SELECT slot {asked.scope.rows('subject_hours', final=False)} AND kind = {TRACE.kind} "
        f"AND key IN (SELECT {TRACE.hashed} {calls})"
    )
    among = f" AND trace_key IN (SELECT {_TRACE_KEY} {calls})"
    return [
        f"(project, trace_id) IN (SELECT project, trace_id "
        f"{asked.scope.contents(hours, among)} "
        "AND occurred_at >= toDateTime({low:UInt32}, 'UTC') "
        "AND occurred_at < toDateTime({high:UInt32}, 'UTC') "
        "AND lowerUTF8(content) LIKE lowerUTF8({pattern:String}))"
    ]


def cursor(order: Order, last: Sequence[str]) -> str:
    """Where the next page begins."""
    return base64.urlsafe_b64encode(orjson.dumps([order, *last])).decode().rstrip("=")


def after(told: str, order: Order, subject: Subject) -> tuple[str, ...]:
    """The rank and key that a cursor holds; ValueError for another order's, or none at all."""
    if not told:
        return ()
    try:
        kind, *place = orjson.loads(base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)))
    except (TypeError, binascii.Error) as wrong:
        raise ValueError("not a cursor") from wrong
    fits = kind == order and len(place) == 1 + len(subject.keys)
    if not fits or not all(isinstance(part, str) for part in place):
        raise ValueError("a cursor of another search")
    if not _RANK[order].fullmatch(place[0]):
        raise ValueError("a cursor without a rank")
    return tuple(place)


def like(text: str) -> str:
    """The text as a pattern that matches only itself."""
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text


def edges(asked: Search) -> list[int | None]:
    """Where to begin to look: near the end first, if the newest are wanted, the whole range last.

    Each window is several times the one before, so that looking in vain costs little.
    """
    end = asked.whole.end
    if asked.order == "recent" and asked.after:
        end = min(end, int(asked.after[0]) // 1000 + 60)
    if asked.order != "recent":
        return [None]
    return [*(end - w for w in WINDOWS if end - w > asked.whole.start), None]
