"""`Outcome`: a business outcome or feedback tied to a trace or conversation (outcomes.v1)."""

from typing import Literal, Self

from pydantic import model_validator

from schemas.base import Instant, LongText, Record, RequiredText, Text
from schemas.money import SignedMoneyString


class Outcome(Record):
    """What a conversation was worth, or what a person thought of it."""

    outcome_id: RequiredText
    occurred_at: Instant
    project: RequiredText = "default"
    org_id: Text = ""
    kind: Literal["outcome", "feedback"] = "outcome"
    name: RequiredText
    trace_id: Text = ""
    span_id: Text = ""
    conversation_id: Text = ""
    response_id: Text = ""
    value: SignedMoneyString | None = None
    unit: Text = ""
    """A currency code when `value` is money, else what is counted."""
    label: Text = ""
    comment: LongText = ""

    @model_validator(mode="after")
    def _tied_to_something(self) -> Self:
        if not (self.trace_id or self.conversation_id or self.response_id):
            raise ValueError("one of trace_id, conversation_id, response_id is needed")
        return self
