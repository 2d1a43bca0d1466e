"""One call to be priced on demand: a line of `tracetally-pricer quote`, an item of `/v1/quote`."""

from typing import Annotated, Any

from pydantic import Field

from schemas.base import Instant, Record, Text
from schemas.usage import Usage


class QuoteAttributes(Record):
    """What else of a call changes its price. Absent, null and "standard" mean the same."""

    processing: Text | None = None
    service_tier: Text | None = None
    speed: Text | None = None
    region: Text | None = None
    deployment: Text | None = None
    search_context_size: Text | None = None
    image_size: Text | None = None
    quality: Text | None = None


class QuoteRequest(Record):
    """A call with either its disjoint `usage` or the provider's own `usage_payload`."""

    id: str | Annotated[int, Field(ge=-(2**63), lt=2**64)]
    provider: Text | None = None
    model: Text | None = Field(None, description="The model that answered.")
    time: Instant = Field(description="When the provider answered; the price of then counts.")
    usage: Usage | None = None
    usage_payload: dict[str, Any] | None = None
    flavour: Text | None = Field(None, description="API flavour of the payload, e.g. openai.chat.")
    attributes: QuoteAttributes | None = None
    org_id: Text | None = None
