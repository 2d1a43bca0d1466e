"""HoneyHive: a kind of event, and what the user adds to it; calls themselves are others' spans.

An event of a model is a call where no instrumentation tells one inside it.
"""

ATTRIBUTE = "honeyhive_event_type"
OPERATIONS = {
    "model": "chat", "tool": "execute_tool", "chain": "invoke_agent", "session": "invoke_agent",
}  # fmt: skip

_META, _CONFIG = "honeyhive_metadata.", "honeyhive_config."
CARRIERS = (_META, "honeyhive_user_properties.")
SOURCES = {
    "provider": (f"{_CONFIG}provider",),
    "request_model": (f"{_CONFIG}model",),
    "input": (f"{_META}prompt_tokens", f"{_META}input_tokens"),
    "output": (f"{_META}completion_tokens", f"{_META}output_tokens"),
    "total": (f"{_META}total_tokens",),
    "conversation_id": ("honeyhive.session_id",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
