"""A cheap copy must be the copy that pydantic itself would make of checked values."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.call import CallEvent

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
