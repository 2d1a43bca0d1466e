"""The column lists the flush cycle's SQL is rendered from. Names only."""

DIMENSIONS = (
    "assistant_id", "assistant_version", "feature", "environment", "operation", "provider",
    "model", "status", "pending", "currency",
)  # fmt: skip
NARROW = ("operation", "provider", "model", "status", "pending", "currency")
TOKENS = ("tok_in", "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning")
MONEY_PARTS = (
    "cost_input", "cost_cache_read", "cost_cache_write", "cost_output", "cache_saved",
)  # fmt: skip
MEASURES = ("calls", *TOKENS, "dur_ms", "dur_calls", "cost", "charge", *MONEY_PARTS)

MODEL_OPERATIONS = (
    "('chat','text_completion','embeddings','rerank','image','speech','transcription')"
)
CALL_KIND = (
    f"multiIf(operation IN ('embeddings','rerank'), 2, operation IN {MODEL_OPERATIONS}, 1, 0)"
)
"""0 no model call, 1 one that writes, 2 one that embeds or ranks: see `counting.telling`."""

TEXT = (
    "event_id", "trace_id", "span_id", "parent_span_id", "conversation_id", "user_id", "name",
    "response_id", "usage", "usage_payload", "provider_reported_cost", "metadata",
    "pending_detail", "lines",
)  # fmt: skip
NAMES = (
    "error_type", "assistant_id", "assistant_version", "feature", "environment", "provider",
    "model", "request_model", "response_model", "flavour", "processing", "service_tier", "speed",
    "region", "deployment", "search_context_size", "image_size", "quality", "pending", "currency",
    "price_key", "variant", "normaliser", "billed_org",
)  # fmt: skip
MONEY = ("cost", "charge", *MONEY_PARTS)

TELLING_COLUMNS = (
    "slot", "trace_key", "span_key", "shape", "parent_key", "own_key", "call_key", "ver",
    "is_void", "payload_hash", "usage_rank", "wire_rank", "project", "emitter", "org_own",
    "org_id", "event_id", "revision", "occurred_at", "trace_id", "span_id", "parent_span_id",
    "conversation_id", "user_id", "operation", "name", "duration_ms", "ttft_ms", "status",
    "error_type", "assistant_id", "assistant_version", "feature", "environment", "from_resource",
    "provider", "model", "request_model", "response_model", "response_id", "usage", "usage_source",
    "usage_payload", "flavour", "processing", "service_tier", "speed", "region", "deployment",
    "search_context_size", "image_size", "quality", "provider_reported_cost", "metadata",
    "pending", "pending_detail", "currency", *MONEY, *TOKENS, "price_key", "price_revision",
    "variant", "normaliser", "book_position", "billed_org", "billed", "lines",
)  # fmt: skip

CALL_COLUMNS = (
    "occurred_at", "project", "event_id", "trace_id", "span_id", "conversation_id", "user_id",
    "operation", "status", "error_type", "assistant_id", "assistant_version", "feature",
    "environment", "provider", "model", "pending", "pending_detail", "price_key", "currency",
    "duration_ms", "ttft_ms", *TOKENS, *MONEY,
)  # fmt: skip

IDENTITY = (
    "conversation_id", "user_id", "assistant_id", "assistant_version", "feature", "environment",
)  # fmt: skip
"""What a call may take from another telling than the one that speaks; its org besides."""
