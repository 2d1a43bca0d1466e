"""A cheap copy must be the copy that pydantic itself would make of checked values."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.call import CallEvent
from schemas.quote import QuoteAttributes, QuoteRequest
from services.pricing.quote import event_of

EVENT = CallEvent(
    event_id="e1", occurred_at=datetime(2026, 11, 20, tzinfo=UTC), org_id="acme", provider="openai"
)
TEXT = st.text(max_size=20)
CHANGES = st.fixed_dictionaries(
    {}, optional={"org_id": TEXT, "response_model": TEXT, "usage": st.just({"input": 3})}
)


@given(CHANGES)
def test_a_cheap_copy_is_pydantics_copy(changes: dict[str, object]) -> None:
    made, wanted = EVENT.replaced(changes), EVENT.model_copy(update=changes)
    assert made == wanted
    assert made.model_fields_set == wanted.model_fields_set
    for told in ({"exclude_unset": True}, {"exclude_defaults": True}, {}):
        assert made.model_dump_json(**told) == wanted.model_dump_json(**told)
    assert EVENT.org_id == "acme"


@given(
    provider=st.none() | TEXT, model=st.none() | TEXT, org=st.none() | TEXT,
    usage=st.none() | st.just({"input": 1, "audio_second": "0.5"}), tier=st.none() | TEXT,
)  # fmt: skip
def test_the_call_of_a_request_holds_what_a_checked_one_would(
    provider: str | None, model: str | None, org: str | None, usage: object, tier: str | None
) -> None:
    request = QuoteRequest.model_validate({
        "id": "q", "time": EVENT.occurred_at, "provider": provider, "model": model, "org_id": org,
        "usage": usage, "attributes": QuoteAttributes(service_tier=tier),
    })  # fmt: skip
    told = {"provider": provider, "response_model": model, "org_id": org, "service_tier": tier}
    named = {name: value for name, value in told.items() if value is not None}
    wanted = {"event_id": "quote", "occurred_at": EVENT.occurred_at, "usage": usage, **named}
    assert event_of(request) == CallEvent.model_validate(wanted)
