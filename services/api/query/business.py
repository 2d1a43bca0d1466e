"""Outcomes, feedback and revenue: what became of conversations, and what an org pays. Pure SQL."""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

from collections.abc import Sequence

from services.api.plan import Plan
from services.api.query import source
from services.api.query.ask import Asked
from services.api.query.dims import COLUMNS
from services.api.query.parts import PARTS
from services.api.query.statements import Members, folded, grouped
from services.api.statement import LIMITS, Statement

TALKS_BEFORE_SECONDS = 7 * 86_400
"""How long before an outcome its conversation may have been."""


def outcomes(asked: Asked, plan: Plan, parts: Sequence[str], shown: Members) -> Statement:
    """Sums of outcomes: bucket, how much of the key is shown, the key, the parts."""
    rows, parameters = rows_of(asked, plan)
    head, more = folded(asked, plan, shown)
    values = ", ".join(f"{PARTS[part].sql} AS v_{part}" for part in parts)
    groups = ", ".join(grouped(asked))
    text = f"SELECT {head}, {values} FROM ({rows}) GROUP BY {groups}"
    return Statement(text + LIMITS, parameters | more | {"currency": asked.currency})


def rows_of(asked: Asked, plan: Plan) -> tuple[str, source.Parameters]:
    """Outcomes of a plan; the assistant is the last one that spoke in the conversation."""
    start, end = plan.buckets[0].start, plan.buckets[-1].end
    parameters = asked.scope.parameters() | {
        "low": start, "high": end, "talks_low": start - TALKS_BEFORE_SECONDS,
    }  # fmt: skip
    told = (
        "SELECT toUnixTimestamp(occurred_at) AS ts, if(org_id = '', 'unattributed', org_id) "
        "AS org_id, conversation_id, kind, name, label, value, unit "
        f"{asked.scope.rows('outcomes')} AND occurred_at >= toDateTime({{low:UInt32}}, 'UTC') "
        "AND occurred_at < toDateTime({high:UInt32}, 'UTC')"
    )
    if {"assistant", "assistant_version"} & asked.names:
        told = (
            "SELECT o.*, t.assistant_id AS assistant_id, t.assistant_version AS assistant_version "
            f"FROM ({told}) AS o LEFT JOIN ({_talks(asked)}) AS t "
            "ON t.conversation_id = o.conversation_id"
        )
    conditions, more = source.conditions(asked.where, "")
    return f"SELECT * FROM ({told}) WHERE 1{conditions}", parameters | more


def _talks(asked: Asked) -> str:
    """Conversations of the hours around, each with the assistant that spoke last."""
    names = (COLUMNS["assistant"], COLUMNS["assistant_version"])
    fields = {name: f"d.{name}" for name in ("conversation_id", *names, "last_at")}
    rows = asked.scope.joined("conversations_hour", fields)
    last = ", ".join(f"argMax(toString(x_{name}), x_last_at) AS {name}" for name in names)
    return (
        f"SELECT x_conversation_id AS conversation_id, {last} {rows} "
        "AND bucket >= toDateTime({talks_low:UInt32}, 'UTC') "
        "AND bucket < toDateTime({high:UInt32}, 'UTC') GROUP BY conversation_id"
    )
