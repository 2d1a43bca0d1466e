"""SQL of what is open in the rows of a question: pending calls, steps without an org. Pure text."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from dataclasses import replace

from schemas.call import UNATTRIBUTED
from services.api.plan import GRAINS, SECONDS
from services.api.query import source
from services.api.query.ask import Asked, Condition
from services.api.query.dims import CATEGORY
from services.api.query.parts import TOKENS
from services.api.statement import LIMITS, Statement

_TOKENS = ", ".join(f"sum({name})" for name in TOKENS)


def plainly(asked: Asked) -> Asked:
    """The same rows, cut by nothing: a call is pending as a whole, not by category."""
    where = tuple(c for c in asked.where if c.dim != CATEGORY)
    return replace(asked, by=(), levels=(), where=where)


def by_provider(asked: Asked) -> Statement:
    """Provider, calls, tokens, start of the first row."""
    rows, parameters = source.usage(
        plainly(asked), asked.plan, ("provider", "pending", "calls", *TOKENS)
    )
    sql = (
        f"SELECT toString(provider) AS p, sum(n), {_TOKENS}, min(ts) FROM ({rows}) "
        "WHERE pending != '' GROUP BY p"
    )
    return Statement(sql + LIMITS, parameters)


def unattributed(asked: Asked) -> Asked | None:
    """The same about the steps that name no org; None where there can be none."""
    if not asked.scope.allows(UNATTRIBUTED) or not all(_keeps(c) for c in asked.where):
        return None
    plain = plainly(asked)
    where = (*(c for c in plain.where if c.dim != "org"), Condition("org", (UNATTRIBUTED,)))
    return replace(plain, where=where)


def _keeps(condition: Condition) -> bool:
    if condition.dim != "org":
        return True
    return (UNATTRIBUTED in condition.values) != condition.is_not


def by_reason(asked: Asked, top: int) -> Statement:
    """Pending calls by reason, provider, model and org."""
    fields = ("org_id", "provider", "model", "pending", "calls", *TOKENS)
    whole = replace(plainly(asked), by=("org",))
    rows, parameters = source.usage(whole, asked.plan, fields)
    sql = (
        f"SELECT pending, provider, model, org_id, sum(n) AS c, {_TOKENS}, min(ts) FROM ({rows}) "
        "WHERE pending != '' GROUP BY pending, provider, model, org_id "
        "ORDER BY c DESC, pending, provider, model, org_id LIMIT {top:UInt32}"
    )
    return Statement(sql + LIMITS, parameters | {"top": top})


def oldest(asked: Asked, start: int) -> Statement:
    """The instant of the oldest pending call, once the start of its row is known."""
    condition, parameters = source.conditions(plainly(asked).where, "")
    parameters |= asked.scope.parameters() | {"low": start, "high": start + size_of(start, asked)}
    sql = (
        f"SELECT toUnixTimestamp64Milli(min(occurred_at)), count() {asked.scope.rows('calls')} "
        "AND bucket >= toDateTime({low:UInt32}, 'UTC') AND bucket < toDateTime({high:UInt32}, "
        f"'UTC') AND is_void = 0 AND pending != ''{condition}"
    )
    return Statement(sql + LIMITS, parameters)


def size_of(start: int, asked: Asked) -> int:
    """The length of the row that starts at this instant."""
    for grain in GRAINS:
        if any(r.start <= start < r.end for r in asked.plan.pieces[grain]):
            return SECONDS[grain]
    return SECONDS["minute"]
