"""Vercel AI SDK: outer spans repeat the usage of the `.do...` spans inside; only those are calls.

A provider is written with its API, `openai.chat`; cached tokens stand under `ai.usage.*` only.
"""

ATTRIBUTE = "ai.operationId"
CALLS = {
    ".doGenerate": "chat", ".doStream": "chat", ".doEmbed": "embeddings", ".doRerank": "rerank",
    ".doTranscribe": "transcription",
}  # fmt: skip


def operation(value: str) -> str:
    """What a step is, by the id of its operation."""
    name = "." + value.rpartition(".")[2]
    if value == "ai.toolCall":
        return "execute_tool"
    return CALLS.get(name, "invoke_agent")


CARRIERS = ("ai.telemetry.metadata.", "ai.settings.context.", "ai.settings.runtimeContext.")
SOURCES = {
    "provider": ("ai.model.provider",),
    "request_model": ("ai.model.id",),
    "response_model": ("ai.response.model",),
    "response_id": ("ai.response.id",),
    "input": ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
    "output": ("ai.usage.outputTokens", "ai.usage.completionTokens"),
    "total": ("ai.usage.totalTokens",),
    "cache_read": ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"),
    "cache_write": ("ai.usage.inputTokenDetails.cacheWriteTokens",),
    "reasoning": ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"),
    "feature": ("ai.telemetry.functionId",),
    "ttft_ms": ("ai.response.msToFirstChunk",),
}  # fmt: skip

CONTENTS = {
    "ai.prompt": ("sent", ""), "ai.prompt.messages": ("sent", ""),
    "ai.response.text": ("returned", "assistant"), "ai.response.object": ("returned", "assistant"),
    "ai.response.toolCalls": ("returned", "assistant"),
    "ai.response.reasoning": ("returned", "assistant"),
    "ai.toolCall.args": ("sent", "tool"), "ai.toolCall.result": ("returned", "tool"),
    "ai.value": ("sent", ""), "ai.values": ("sent", ""),
    "ai.documents": ("sent", ""), "ai.ranking": ("retrieved", ""),
}  # fmt: skip
