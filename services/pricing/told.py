"""A call as pricing sees it: with its usage, read from the provider's payload where that was sent.

What the payload says was served (tier, speed, region) stands over what the producer asked for. The
call as told is kept beside it, so that a corrected normaliser can be replayed.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.call import CallEvent
from schemas.dead import Refusal
from services.pricing.book import PriceBook
from services.pricing.core import NOTHING_DUE, Priced, price, price_of
from services.pricing.matching import Pending
from services.pricing.usage import Reading, infer, normalise

Result = Priced | Pending | Refusal
"""A price, why there is none yet, or what is wrong with the call."""


class Decision(NamedTuple):
    """The call as told, what was read of its payload, and what the book says of it."""

    told: CallEvent
    reading: Reading | None
    result: Result

    @property
    def event(self) -> CallEvent:
        """The call with its usage."""
        return as_read(self.told, self.reading)


def decide(told: CallEvent, book: PriceBook, billed_org: str = "") -> Decision:
    """Read the usage where it came as a payload, then price it at the call's own time.

    `billed_org` is the org whose prices count where another span than the call's own tells it.
    """
    if told.is_void:
        return Decision(told, None, NOTHING_DUE)
    buyer = told.replaced({"org_id": billed_org}) if billed_org else told
    if not _is_to_be_read(told):
        return Decision(told, None, price(buyer, book))
    reading, result = read_and_price(vars(buyer), book)
    return Decision(told, reading, result)


def read_and_price(fields: Mapping[str, Any], book: PriceBook) -> tuple[Reading | None, Result]:
    """The usage that the payload of a call with these fields tells, and what it costs."""
    model = fields["response_model"] or fields["request_model"]
    reading = _read(fields["provider"], fields["flavour"], fields["usage_payload"], model)
    if not isinstance(reading, Reading):
        return None, reading
    if reading.served or reading.response_model:
        answered = fields["response_model"] or reading.response_model
        fields = {**fields, **reading.served, "response_model": answered}
    return reading, price_of(fields, reading.quantities, book)


def read(event: CallEvent) -> Reading | Pending | Refusal | None:
    """The payload's quantities. Those that a producer tells itself stand as they are."""
    if not _is_to_be_read(event):
        return None
    model = event.answering_model
    return _read(event.provider, event.flavour, event.usage_payload or {}, model)


def _is_to_be_read(event: CallEvent) -> bool:
    return event.usage is None and event.usage_payload is not None


def _read(
    provider: str, flavour: str, payload: Mapping[str, Any], model: str
) -> Reading | Pending | Refusal:
    flavour = flavour or infer(provider, payload) or ""
    if not flavour:
        detail = "flavour: the payload's shape leaves more than one reading"
        return Pending("usage_not_normalised", detail)
    reading = normalise(flavour, payload, model)
    return Pending("usage_not_normalised", flavour[:500]) if reading is None else reading


def as_read(event: CallEvent, reading: Reading | Pending | Refusal | None) -> CallEvent:
    """The call with what was read, where that could be."""
    if not isinstance(reading, Reading):
        return event
    fields: dict[str, Any] = {"usage": reading.quantities, **reading.served}
    fields["response_model"] = event.response_model or reading.response_model
    fields["response_id"] = event.response_id or reading.response_id
    if event.provider_reported_cost is None:
        fields["provider_reported_cost"] = reading.reported_cost
    return event.replaced(fields)
