"""AG2: beside its `chat` spans it tells every usage once more, and the sums of its sub-agents.

Only what it spends out of turn, on compacting and summing up, has no `chat` span.
"""

ATTRIBUTE = "ag2.usage.kind"
OPERATIONS = {
    "model_call": "other", "subtask": "other", "compaction": "chat", "aggregation": "chat",
}  # fmt: skip

SOURCES = {
    "total": ("ag2.usage.total_tokens",),
    "reasoning": ("gen_ai.usage.thinking_tokens",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
