"""OpenAI's Codex: the usage of a request stands on the span that handled the end of its answer.

The model is told by the span of the request around it, which makes one request and no other; whose
conversation it is, a span above says.
"""

CALL_NAME = "try_run_sampling_request"

ATTRIBUTE = "codex.usage.total_tokens"


def operation(_: str) -> str:
    """What a step is that has this attribute."""
    return "chat"


SOURCES = {
    "total": (ATTRIBUTE,),
    "reasoning": ("codex.usage.reasoning_output_tokens",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
