"""Langfuse SDK: everything in `langfuse.*`, structured values as JSON in text.

No provider and no requested model anywhere. `usage_details` has the provider's own shape, or the
keys `input`, `output`, `cache_*`, which stand beside each other instead of inside.
"""

ATTRIBUTE = "langfuse.observation.type"
OPERATIONS = {
    "generation": "chat", "embedding": "embeddings", "agent": "invoke_agent",
    "chain": "invoke_agent", "tool": "execute_tool", "retriever": "retrieval",
    "guardrail": "guardrail", "evaluator": "other", "event": "other",
}  # fmt: skip
"""A `span` is anything: LiteLLM tells its call on the one around it, in another convention."""

USAGE = "langfuse.observation.usage_details"
CARRIERS = ("langfuse.trace.metadata.", "langfuse.observation.metadata.",
            "langfuse.trace.metadata|")  # fmt: skip
TAGS = ("langfuse.trace.tags",)
SOURCES = {
    "response_model": ("langfuse.observation.model.name",),
    "conversation_id": ("langfuse.session.id",),
    "user_id": ("langfuse.user.id",),
    "assistant_version": ("langfuse.version",),
    "environment": ("langfuse.environment",),
    "level": ("langfuse.observation.level",),
    "tier": ("langfuse.observation.model.parameters|service_tier",),
    "cost": ("langfuse.observation.cost_details|total", "langfuse.observation.cost_details"),
    "first_token_at": ("langfuse.observation.completion_start_time",),
    "workflow": ("langfuse.trace.name",),
    **{
        field: tuple(f"{USAGE}|{path}" for path in paths)
        for field, paths in {
            "input": ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens",
                      "prompt_token_count", "promptTokenCount", "input"),
            "output": ("completion_tokens", "output_tokens", "completionTokens", "outputTokens",
                       "candidates_token_count", "candidatesTokenCount", "output"),
            "total": ("total_tokens", "totalTokens", "total_token_count", "totalTokenCount",
                      "total"),
            "cache_read": (
                "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens",
                "cache_read_input_tokens", "input_cached_tokens", "input_cache_read",
                "cacheReadInputTokens", "cache_read", "cachedInputTokens",
                "cached_content_token_count", "cachedContentTokenCount",
                "input_token_details.cache_read",
            ),
            "cache_write": (
                "input_tokens_details.cache_write_tokens", "cache_creation_input_tokens",
                "input_cache_creation", "cacheWriteInputTokens", "cache_write", "cache_creation",
                "input_token_details.cache_creation",
            ),
            "audio_input": ("input_audio_tokens", "input_audio"),
            "image_input": ("input_image_tokens", "input_image"),
            "text_input": ("input_text_tokens", "input_text"),
            "audio_output": ("output_audio_tokens", "output_audio"),
            "image_output": ("output_image_tokens", "output_image"),
            "text_output": ("output_text_tokens", "output_text"),
            "cache_write_5m": ("input_cache_creation_5m", "input_cache_creation_ephemeral_5m"),
            "cache_write_1h": ("input_cache_creation_1h", "input_cache_creation_ephemeral_1h"),
            "reasoning": (
                "completion_tokens_details.reasoning_tokens",
                "output_tokens_details.reasoning_tokens", "output_reasoning_tokens",
                "output_reasoning", "reasoningTokens", "thoughts_token_count",
                "thoughtsTokenCount", "output_token_details.reasoning",
            ),
        }.items()
    },
}  # fmt: skip

BARE_INPUT = ("input", "input_tokens", "inputTokens")
BESIDE_INPUT = ("cache_read_input_tokens", "cache_creation_input_tokens", "input_cached_tokens",
                "input_cache_read", "input_cache_creation", "input_cache_creation_5m",
                "input_cache_creation_1h", "cacheReadInputTokens", "cacheWriteInputTokens",
                "cache_read", "cache_write", "cache_creation")  # fmt: skip
"""Keys that show that the count of input leaves the cached tokens out."""
BESIDE_OUTPUT = ("output_reasoning", "output_reasoning_tokens")
KINDS_OF = {
    "input": ("audio_input", "image_input", "text_input"),
    "output": ("audio_output", "image_output", "text_output"),
}
"""Keys beside `input` and beside `output`: what they count is in neither."""

CONTENTS = {
    "langfuse.observation.input": ("sent", ""), "langfuse.observation.output": ("returned", ""),
    "langfuse.trace.input": ("sent", ""), "langfuse.trace.output": ("returned", ""),
}  # fmt: skip
