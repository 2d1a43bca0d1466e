"""Google's Agent Development Kit: `call_llm` spans, the session in attributes of its own.

Its older versions tell of the usage only what the convention had then; the answer, which is JSON in
text, has the cached tokens and the thoughts, which stand beside the output.
"""

CALL = ("gcp.vertex.agent", "call_llm")
"""Scope and name of a model call, which is all that a failed one says."""

_RESPONSE = "gcp.vertex.agent.llm_response"
_USAGE = f"{_RESPONSE}|usage_metadata"
SOURCES = {
    "conversation_id": ("gcp.vertex.agent.session_id",),
    "cache_read": (f"{_USAGE}.cached_content_token_count",),
    "reasoning": (f"{_USAGE}.thoughts_token_count",),
    "total": (f"{_USAGE}.total_token_count",),
}  # fmt: skip

CONTENTS = {
    "gcp.vertex.agent.llm_request": ("sent", ""),
    _RESPONSE: ("returned", "assistant"),
    "gcp.vertex.agent.tool_call_args": ("sent", "tool"),
    "gcp.vertex.agent.tool_response": ("returned", "tool"),
}
