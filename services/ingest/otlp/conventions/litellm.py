"""LiteLLM's OTel callback, version 1 (`litellm_request` spans) and 2.

Version 1 puts the usage object into text as Python writes it. `raw_gen_ai_request` repeats what
`litellm_request` tells.
"""

NAMES = {
    "raw_gen_ai_request": "ignore", "Received Proxy Server Request": "invoke_agent",
}  # fmt: skip
CALL_NAME = "litellm_request"

CARRIERS = ("metadata.", "litellm.metadata.")
_USAGE = "metadata.usage_object"


def _of_key(name: str) -> tuple[str, ...]:
    """What the proxy knows of the caller's key: one by one, or in one text for other callbacks."""
    told = f"user_api_key_{name}"
    return f"metadata.{told}", f"litellm.metadata.{told}", f"metadata|{told}"


SOURCES = {
    "provider": ("litellm.provider.model", "litellm.provider"),
    "upstream_model": ("litellm.provider.model",),
    "cache_read": (f"{_USAGE}|prompt_tokens_details.cached_tokens",
                   f"{_USAGE}|cache_read_input_tokens"),
    "cache_write": (f"{_USAGE}|cache_creation_input_tokens",
                    f"{_USAGE}|prompt_tokens_details.cache_creation_tokens"),
    "reasoning": (f"{_USAGE}|completion_tokens_details.reasoning_tokens",),
    "response_id": ("llm.response.id",),
    "org_id": (*_of_key("org_id"), *_of_key("team_id"), "litellm.team.id"),
    "user_id": (*_of_key("end_user_id"), "llm.user"),
    "error_type": ("litellm.provider.error.code",),
    "cost": ("litellm.cost.total",),
}  # fmt: skip

CONTENTS = {
    "litellm.request.messages": ("sent", ""), "litellm.response.choices": ("returned", "assistant"),
}  # fmt: skip
