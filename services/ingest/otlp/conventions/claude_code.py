"""Claude Code's traces: a span for each request, with names of its own for the tokens.

Its own count of input leaves the cached tokens out, as the provider's answer does; that of the
convention, which newer versions send beside it, includes them.
"""

SCOPE = "com.anthropic.claude_code.tracing"
ATTRIBUTE = "span.type"
OPERATIONS = {
    "llm_request": "chat", "interaction": "invoke_agent", "tool": "execute_tool",
    "tool.execution": "other", "tool.blocked_on_user": "other",
}  # fmt: skip

FRESH_INPUT = "input_tokens"
SOURCES = {
    "input": (FRESH_INPUT,),
    "output": ("output_tokens",),
    "cache_read": ("cache_read_tokens",),
    "cache_write": ("cache_creation_tokens",),
    "http_status": ("status_code",),
    "finish_reason": ("stop_reason",),
    "ttft_ms": ("ttft_ms",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
