"""OpenAI's Codex: the usage of a request stands on the span that handled the end of its answer.

Neither the model nor the provider is told there; whose conversation it is, a span above says.
"""

ATTRIBUTE = "codex.usage.total_tokens"


def operation(_: str) -> str:
    """What a step is that has this attribute."""
    return "chat"


SOURCES = {
    "total": (ATTRIBUTE,),
    "reasoning": ("codex.usage.reasoning_output_tokens",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
