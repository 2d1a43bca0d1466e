"""What SQL sums (or merges) over any rows: the parts that measures are made of, as data. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from schemas.call import MODEL_OPERATIONS, UNATTRIBUTED
from schemas.money import EXACT, ZERO
from schemas.sketches import DISTINCT, QUANTILES

Family = Literal["usage", "sketch", "outcome", "revenue"]
TOKENS = ("tok_in", "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning")
TOKEN_NAMES = {name: name.removeprefix("tok_") for name in TOKENS} | {
    "tok_in": "input", "tok_out": "output",
}  # fmt: skip
MONEY = (
    "cost", "charge", "cost_input", "cost_cache_read", "cost_cache_write", "cost_output",
    "cache_saved",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A sum over rows: its SQL, the fields it reads, the family of tables that has them.

    Sums, or the states `sql` makes, are summed by `again`.
    """

    family: Family
    sql: str
    fields: tuple[str, ...]
    again: str = "sum"


OPERATIONS = ", ".join(f"'{name}'" for name in sorted(MODEL_OPERATIONS))
_IN_CURRENCY = "currency = {currency:String}"


def _usage(sql: str, *fields: str) -> Part:
    return Part("usage", sql, fields)


PARTS: dict[str, Part] = {
    "calls": _usage(f"sumIf(n, operation IN ({OPERATIONS}))", "operation", "calls"),
    "steps": _usage("sum(n)", "calls"),
    "errors": _usage("sumIf(n, status = 'error')", "status", "calls"),
    "pending_calls": _usage("sumIf(n, pending != '')", "pending", "calls"),
    "billed": _usage(f"sumIf(n, {_IN_CURRENCY})", "currency", "calls"),
    "other_currency_calls": _usage("sumIf(n, currency NOT IN ('', {currency:String}))", "currency",
                                   "calls"),
    "unattributed": _usage(f"sumIf(n, org_id = '{UNATTRIBUTED}')", "calls"),
    "currencies": Part(
        "usage", "groupUniqArrayIf(toString(currency), currency != '')", ("currency",),
        "groupUniqArrayArray",
    ),
    **{name: _usage(f"sum({name})", name) for name in TOKENS},
    "tok_priced": _usage(f"sumIf({' + '.join(TOKENS)}, {_IN_CURRENCY})", *TOKENS, "currency"),
    **{
        name: _usage(
            f"sumIf(CAST({name} AS Decimal(76, 18)), {_IN_CURRENCY})", name, "currency"
        )
        for name in MONEY
    },
}  # fmt: skip


TIMED = "@timed"
"""Stands for the condition on calls whose time counts: see `statements.timed`."""


def _sketch(sql: str, *fields: str, again: str = "sum") -> Part:
    return Part("sketch", sql, fields, again)


def _timed(name: str) -> Part:
    return _sketch(f"sumIf({name}, {TIMED})", name, "status", "operation")


def _quantiles(name: str) -> Part:
    sql = f"{QUANTILES.format('MergeStateIf')}({name}, {TIMED})"
    return _sketch(sql, name, "status", "operation", again=QUANTILES.format("Merge"))


def _uniques(name: str) -> Part:
    return _sketch(f"{DISTINCT.format('MergeState')}({name})", name, again=DISTINCT.format("Merge"))


PARTS |= {
    **{n: _timed(n) for n in ("dur_calls", "dur_ms", "ttft_calls", "gen_ms", "gen_tokens")},
    "duration": _quantiles("duration"),
    "ttft": _quantiles("ttft"),
    "talks": _uniques("talks"),
    "users": _uniques("users"),
    "priced_talks": _sketch(
        f"{DISTINCT.format('MergeStateIf')}(talks, {_IN_CURRENCY})",
        "talks",
        "currency",
        again=DISTINCT.format("Merge"),
    ),
    "talk_cost": _sketch(f"sumIf(talk_cost, {_IN_CURRENCY})", "talk_cost", "currency"),
    "talk_charge": _sketch(f"sumIf(talk_charge, {_IN_CURRENCY})", "talk_charge", "currency"),
    "talk_tokens": _sketch("sum(talk_tokens)", "talk_tokens"),
}
_POSITIVE = (
    "multiIf(lower(label) IN ('good', 'positive', 'up', 'thumbs_up', 'yes', 'true'), 1, "
    "lower(label) IN ('bad', 'negative', 'down', 'thumbs_down', 'no', 'false'), -1, "
    "value IS NULL, 0, value > 0, 1, -1)"
)
"""A label speaks first, then the sign of the value: 0 is a thumb down."""


def _outcome(sql: str) -> Part:
    return Part("outcome", sql, ())


PARTS |= {
    "outcomes": _outcome("countIf(kind = 'outcome')"),
    "outcome_value": _outcome(
        "sumIf(CAST(ifNull(value, 0) AS Decimal(76, 18)), "
        "kind = 'outcome' AND unit = {currency:String})"
    ),
    "resolved": _outcome("countIf(kind = 'outcome' AND 'resolved' IN (lower(name), lower(label)))"),
    "feedback": _outcome("countIf(kind = 'feedback')"),
    "feedback_positive": _outcome(f"countIf(kind = 'feedback' AND {_POSITIVE} = 1)"),
    "feedback_negative": _outcome(f"countIf(kind = 'feedback' AND {_POSITIVE} = -1)"),
    "revenue": Part("revenue", "", ()),
    "payers": Part("revenue", "", ()),
}
DECIMALS = frozenset({*MONEY, "talk_cost", "talk_charge", "outcome_value", "revenue"})


def add(one: Any, two: Any) -> Any:
    """The sum of two values of one part; of two lists the union."""
    if isinstance(one, list):
        return sorted({*one, *two})
    return EXACT.add(one, two) if isinstance(one, Decimal) else one + two


def nothing(part: str) -> Any:
    """The value of a part where no row is."""
    if part in ("currencies", "duration", "ttft"):
        return []
    return ZERO if part in DECIMALS else 0
