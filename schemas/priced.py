"""`PricedCall`: a call with its cost lines, or pending with the reason (topic priced.v1).

The line is the call's own fields plus the pricing fields below, flat, because the ledger inserts
priced.v1 bytes as they are: ClickHouse parses the JSON once, no Python in between.
"""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Currency, LongText, Record, Text
from schemas.call import CallEvent
from schemas.money import MoneyString, SignedMoneyString
from schemas.price import MultiplierString, Per

PendingReason = Literal[
    "usage_missing",
    "usage_not_normalised",
    "provider_unknown",
    "model_missing",
    "model_unknown",
    "no_version_at_time",
    "variant_missing",
    "variant_ambiguous",
    "rate_missing",
    "currency_mixed",
]
"""Why a call has no price yet. `pending_detail` names the model, dimension or variant."""

UIntString = Annotated[str, Field(pattern=r"^[0-9]{1,39}$")]


class CostLine(Record):
    """quantity x price / per = amount. `kind` tells provider cost from what the org is charged."""

    kind: Literal["rate", "adjustment", "minimum", "markup"] = "rate"
    dimension: Text
    quantity: Text = ""
    price: Text = ""
    per: Per = 1
    multiply: MultiplierString | Literal[""] = ""
    amount: SignedMoneyString
    rounded: bool = False


class Pricing(Record):
    """What pricing adds to a call. Token sums are disjoint; absent money fields mean pending."""

    ver: UIntString
    """Version of this telling: see `schemas.version`. The highest one speaks."""
    payload_hash: UIntString
    """Hash of the call as told, to report one id used for two different events."""
    model: Text = ""
    pending: PendingReason | Literal[""] = ""
    pending_detail: LongText = ""
    currency: Currency | Literal[""] = ""
    cost: MoneyString = "0"
    charge: MoneyString = "0"
    cost_input: MoneyString = "0"
    cost_cache_read: MoneyString = "0"
    cost_cache_write: MoneyString = "0"
    cost_output: MoneyString = "0"
    """The rest of `cost` (searches, requests, citations) is in none of the four."""
    cache_saved: SignedMoneyString = "0"
    """Reads x (input - read price) - writes x (write - input price), at this call's prices."""
    tok_in: int = 0
    tok_cache_read: int = 0
    tok_cache_write: int = 0
    tok_out: int = 0
    tok_reasoning: int = 0
    price_key: LongText = ""
    price_revision: int = 0
    variant: Text = ""
    normaliser: Text = ""
    book_position: int = 0
    """Offset after the last price record this price could have seen."""
    billed_org: Text = ""
    """The org whose prices were used, where another span than the call's own tells it."""
    billed: Annotated[int, Field(ge=0, le=63)] = 0
    """How often the call was priced again for such an org."""
    lines: list[CostLine] = []


class PricedCall(CallEvent, Pricing):
    """One line of priced.v1."""


class ParkedCall(Record):
    """An unpriced call waiting for a price (topic retry.v1), whole, with the reason."""

    event: CallEvent
    reason: PendingReason
    detail: LongText = ""
    payload_hash: UIntString | Literal[""] = ""
    """Of the call as first told, where it comes from the ledger to be priced again."""
    billed_org: Text = ""
    billed: Annotated[int, Field(ge=0, le=63)] = 0
    epoch: int = 0
    """Book position a repricing must have reached; 0 for a call that waits for its first price."""
