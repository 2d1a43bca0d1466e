"""`CallEvent`: one step of a conversation as its producer reports it (topic calls.v1)."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from schemas.base import Instant, Milliseconds, Record, RequiredText, Text
from schemas.money import MoneyString
from schemas.usage import Usage, UsageSource

Operation = Literal[
    "chat", "text_completion", "embeddings", "rerank", "image", "speech", "transcription",
    "retrieval", "execute_tool", "invoke_agent", "guardrail", "post_process", "message", "other",
]  # fmt: skip
"""Names follow `gen_ai.operation.name` of OpenTelemetry GenAI where it has one."""

MODEL_OPERATIONS: frozenset[str] = frozenset(
    {"chat", "text_completion", "embeddings", "rerank", "image", "speech", "transcription"}
)
IdentityField = Literal[
    "org_id", "conversation_id", "user_id", "assistant_id", "assistant_version", "feature",
    "environment",
]  # fmt: skip
"""For whom a step is made."""
UNATTRIBUTED = "unattributed"
"""The org of steps that name none: kept, shown as such, counted in data health."""

OCCURRED_PAST_MAX = timedelta(days=90)
OCCURRED_FUTURE_MAX = timedelta(hours=1)
"""Bounds of `occurred_at`: around the clock at HTTP, around the broker's time behind Kafka."""

MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MetadataValue = Annotated[str, StringConstraints(max_length=512)] | int | bool


class CallEvent(Record):
    """One step. `event_id` and `occurred_at` are made once by the client and resent unchanged."""

    event_id: RequiredText
    occurred_at: Instant = Field(
        description="When the provider answered; the price of then counts."
    )
    project: RequiredText = "default"
    org_id: Text = Field(
        "", description="The customer organisation. Empty: kept as 'unattributed'."
    )
    trace_id: Text = ""
    span_id: Text = ""
    parent_span_id: Text = ""
    conversation_id: Text = ""
    user_id: Text = ""
    operation: Operation = "chat"
    name: Text = ""
    duration_ms: Milliseconds | None = None
    time_to_first_token_ms: Milliseconds | None = None
    status: Literal["ok", "error"] = "ok"
    error_type: Text = ""
    assistant_id: Text = ""
    assistant_version: Text = ""
    feature: Text = ""
    environment: Text = ""
    from_resource: tuple[IdentityField, ...] = Field(
        (),
        description="Which of org, conversation, user, ... the process says of all its steps (OTel "
        "resource) and not the step itself: what a step above it says goes before them.",
    )
    provider: Text = ""
    request_model: Text = ""
    response_model: Text = ""
    response_id: Text = ""
    usage: Usage | None = Field(None, description="Disjoint quantities; missing differs from zero.")
    usage_source: UsageSource = "provider"
    usage_payload: dict[str, Any] | None = Field(
        None, description="The provider's usage object as it came, instead of `usage`."
    )
    flavour: Text = Field("", description="API flavour of `usage_payload`, e.g. openai.chat.")
    processing: Text = Field("", description="'batch' for batch prices.")
    service_tier: Text = Field("", description="The tier the provider served.")
    speed: Text = ""
    region: Text = ""
    deployment: Text = ""
    search_context_size: Text = ""
    image_size: Text = ""
    quality: Text = ""
    provider_reported_cost: MoneyString | None = None
    emitter: RequiredText = Field("native", description="Who tells the step: native, or a library.")
    wire_rank: Annotated[int, Field(ge=0, le=255)] = Field(
        0, description="Nearness of the telling to the wire; the nearest one's usage counts."
    )
    revision: Annotated[int, Field(ge=0, le=255)] = Field(
        0, description="A producer correcting its own event resends it with a higher revision."
    )
    is_void: bool = Field(False, description="True withdraws the step; needs a higher revision.")
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=64)] | None = None

    @property
    def answering_model(self) -> str:
        """The model that answered, else the one that was asked for."""
        return self.response_model or self.request_model

    @property
    def is_billable(self) -> bool:
        """True when the step must be priced or shown as pending: a model call, or any usage.

        A failed call whose provider told no usage was not served: providers bill neither refused
        nor failed requests, and an aborted stream reports `usage_source: partial` instead.
        """
        if self.usage is not None or self.usage_payload is not None:
            return True
        return self.operation in MODEL_OPERATIONS and (
            self.status == "ok" or self.usage_source in ("partial", "stream_final")
        )
