"""`Content`: what was retrieved, sent or returned in one step (topic contents.v1)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.base import Instant, Record, RequiredText, Text

ContentText = Annotated[str, StringConstraints(max_length=1_000_000)]


class Content(Record):
    """A piece of content of the step `event_id` (or `span_id`) of a trace."""

    content_id: RequiredText
    occurred_at: Instant
    project: RequiredText = "default"
    org_id: Text = ""
    trace_id: RequiredText
    span_id: Text = ""
    event_id: Text = ""
    conversation_id: Text = ""
    user_id: Text = ""
    name: Text = Field("", description="What told it, e.g. an attribute of a span.")
    kind: Literal["message", "retrieved", "sent", "returned", "post_processed", "other"]
    role: Text = ""
    mime_type: Text = "text/plain"
    content: ContentText
    cut_chars: Annotated[int, Field(ge=0, le=4_294_967_295)] = Field(
        0, description="How many characters were cut off at the end; a marker stands there."
    )
