"""Conversations that begin in a range, one row each: what they cost. Pure SQL.

A conversation belongs where it begins, as a whole: to no range it only reaches into. It has begun
before when it was heard of in the `TALKS_BEFORE_SECONDS` before the range, and goes on for as long
after it, both to the hour.
"""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from services.api.plan import SECONDS
from services.api.query import source
from services.api.query.ask import Asked
from services.api.query.business import TALKS_BEFORE_SECONDS
from services.api.query.dims import COLUMNS
from services.api.query.parts import TOKENS
from services.api.statement import LIMITS, Statement

SAMPLE_MAX = 50_000
OUTLIERS_MAX = 50
OF_HOURS = frozenset({"org", "assistant", "assistant_version"})
"""What the table of hours tells conversations apart by: a row an hour, where the ledger has one a
call."""
_BIN = "if(c > 0, toInt32(floor(log2(toFloat64(c)))), -1000)"


def costs(asked: Asked) -> Statement:
    """In one reading: how many, the sum, P50 P95 P99, how many still wait for prices, the
    histogram by powers of two, and the dearest as (-cost, conversation, org, calls, is waiting).
    """
    rows, parameters = _of_hours(asked) if asked.names <= OF_HOURS else _of_calls(asked, {})
    sql = (
        "SELECT count(), sum(c), quantilesExact(0.5, 0.95, 0.99)(c), countIf(waiting > 0), "
        f"sumMap([{_BIN}], [toUInt64(1)]), "
        f"groupArraySorted({OUTLIERS_MAX})((-c, conversation_id, org_id, calls, waiting > 0)) "
        f"FROM ({_each(asked, rows)}) WHERE priced > 0"
    )
    return Statement(sql + LIMITS, parameters)


def sample(asked: Asked) -> Statement:
    """Of `SAMPLE_MAX` at most, always the same: cost, tokens, calls, the sum of the calls'
    durations, first and last call in epoch milliseconds, and whether some still wait for prices.
    """
    wanted = {"tokens": " + ".join(TOKENS), "duration_ms": "ifNull(duration_ms, 0)"}
    rows, parameters = _of_calls(asked, wanted)
    sums = "sum(tokens) AS t, sum(duration_ms) AS d, max(first_at) AS last_at"
    sql = (
        "SELECT c, t, calls, d, toUnixTimestamp64Milli(begins), toUnixTimestamp64Milli(last_at), "
        f"waiting > 0 FROM ({_each(asked, rows, sums)}) WHERE priced > 0 "
        f"ORDER BY cityHash64(org_id, conversation_id) LIMIT {SAMPLE_MAX}"
    )
    return Statement(sql + LIMITS, parameters)


def _of_calls(asked: Asked, more: dict[str, str]) -> tuple[str, source.Parameters]:
    """A row for each call."""
    fields = {
        "conversation_id": "conversation_id", "cost": "CAST(cost AS Decimal(76, 18))",
        "currency": "currency", "pending": "pending", "n": "toUInt64(1)",
        "first_at": "occurred_at",
    }  # fmt: skip
    held = source.between("low", "ends")
    rows, parameters = source.ledger(asked, asked.plan, fields | more, held)
    return rows, parameters | _around(asked)


def _of_hours(asked: Asked) -> tuple[str, source.Parameters]:
    """A row for each hour of a conversation, assistant and currency.

    In the hour in which the range begins, those that began before it are told by their first call.
    """
    fields = ("conversation_id", "cost", "currency", "pending", "calls", "first_at")
    filtered = sorted({COLUMNS[c.dim] for c in asked.where} - {"org_id"})
    nested = {name: f"d.{name}" for name in (*fields, *filtered)}
    columns = ", ".join(f"x_{name} AS {'n' if name == 'calls' else name}" for name in fields)
    condition, parameters = source.conditions(asked.where, "x_")
    rows = (
        f"SELECT org_id, {columns} {asked.scope.joined('conversations_hour', nested)} "
        f"AND {source.between('begins', 'ends')}{condition}"
    )
    return rows, parameters | asked.scope.parameters() | _around(asked)


def _around(asked: Asked) -> source.Parameters:
    low, high, hour = asked.whole.start, asked.whole.end, SECONDS["hour"]
    return {
        "low": low, "high": high, "currency": asked.currency, "begins": low // hour * hour,
        "ends": -(-(high + TALKS_BEFORE_SECONDS) // hour) * hour,
        "before": max(0, low - TALKS_BEFORE_SECONDS) // hour * hour,
    }  # fmt: skip


def _each(asked: Asked, rows: str, sums: str = "0") -> str:
    """A row for each conversation, from rows of parts of them."""
    known = {"id": "d.conversation_id", "first_at": "d.first_at"}
    begun = (
        f"SELECT org_id, x_id {asked.scope.joined('conversations_hour', known)} "
        f"AND {source.between('before', 'low')} "
        "AND x_first_at < toDateTime64({low:UInt32}, 3, 'UTC')"
    )
    return (
        "SELECT org_id, conversation_id, sumIf(cost, currency = {currency:String}) AS c, "
        "sum(n) AS calls, sumIf(n, currency = {currency:String}) AS priced, "
        f"sumIf(n, pending != '') AS waiting, min(first_at) AS begins, {sums} "
        f"FROM ({rows}) WHERE conversation_id != '' "
        f"AND (org_id, conversation_id) NOT IN ({begun}) GROUP BY org_id, conversation_id "
        "HAVING begins < toDateTime64({high:UInt32}, 3, 'UTC')"
    )
