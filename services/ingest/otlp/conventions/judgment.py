"""Judgment's SDK: a span is sent while it runs, too; what was fresh of the input stands alone."""

from services.ingest.otlp.conventions import answers

SCOPE = "judgeval"
UPDATE = "judgment.update_id"
"""On a span that is not finished."""
ATTRIBUTE = "judgment.span_kind"
OPERATIONS = {
    "llm": "chat", "tool": "execute_tool", "agent": "invoke_agent", "chain": "invoke_agent",
    "function": "invoke_agent",
}  # fmt: skip

_USAGE = "judgment.usage."
FRESH_INPUT = f"{_USAGE}non_cached_input_tokens"
_ANSWER = answers.places(usages=(f"{_USAGE}metadata|",))
SOURCES = {
    "provider": ("judgment.llm.provider",),
    "response_model": ("judgment.llm.model",),
    "input": (FRESH_INPUT,),
    "output": (f"{_USAGE}output_tokens",),
    "cache_read": (f"{_USAGE}cache_read_input_tokens",),
    "cache_write": (f"{_USAGE}cache_creation_input_tokens",),
    "reasoning": _ANSWER["reasoning"],
    "conversation_id": ("judgment.session_id",),
    "org_id": ("judgment.customer_id",),
    "user_id": ("judgment.customer_user_id",),
    "cost": (f"{_USAGE}total_cost_usd",),
}  # fmt: skip

CONTENTS = {"judgment.input": ("sent", ""), "judgment.output": ("returned", "")}
