"""A call as pricing sees it: with its usage, read from the provider's payload where that was sent.

What the payload says was served (tier, speed, region) stands over what the producer asked for. The
call as told is kept beside it, so that a corrected normaliser can be replayed.
"""

from typing import Any, NamedTuple

from schemas.call import CallEvent
from schemas.dead import Refusal
from services.pricing.book import PriceBook
from services.pricing.core import NOTHING_DUE, Priced, price
from services.pricing.matching import Pending
from services.pricing.providers import canonical
from services.pricing.usage import Reading, infer, normalise


class Read(NamedTuple):
    """The call with its usage, which normaliser read it, and what was wrong with the payload."""

    event: CallEvent
    normaliser: str = ""
    problem: Pending | Refusal | None = None


class Decision(NamedTuple):
    """The call with its usage, which normaliser read it, and what the book says of it."""

    event: CallEvent
    normaliser: str
    result: Priced | Pending | Refusal


def decide(told: CallEvent, book: PriceBook, billed_org: str = "") -> Decision:
    """Read the usage where it came as a payload, then price it at the call's own time.

    `billed_org` is the org whose prices count where another span than the call's own tells it.
    """
    if told.is_void:
        return Decision(told, "", NOTHING_DUE)
    event, normaliser, problem = read(told)
    buyer = event.replaced({"org_id": billed_org}) if billed_org else event
    return Decision(event, normaliser, problem or price(buyer, book))


def read(event: CallEvent) -> Read:
    """The call with quantities. Those that a producer tells itself stand as they are."""
    if event.usage is not None or event.usage_payload is None:
        return Read(event)
    flavour = event.flavour or infer(canonical(event.provider), event.usage_payload)
    if not flavour:
        detail = "flavour: the payload's shape leaves more than one reading"
        return Read(event, "", Pending("usage_not_normalised", detail))
    reading = normalise(flavour, event.usage_payload)
    if reading is None:
        return Read(event, "", Pending("usage_not_normalised", flavour[:500]))
    if isinstance(reading, Refusal):
        return Read(event, "", reading)
    return Read(event.replaced(_fields(event, reading)), reading.normaliser)


def _fields(event: CallEvent, reading: Reading) -> dict[str, Any]:
    fields: dict[str, Any] = {"usage": reading.quantities, **reading.served}
    fields["response_model"] = event.response_model or reading.response_model
    fields["response_id"] = event.response_id or reading.response_id
    if event.provider_reported_cost is None:
        fields["provider_reported_cost"] = reading.reported_cost
    return fields
