"""Vercel AI SDK: outer spans repeat the usage of the `.do...` spans inside; only those are calls.

A provider is written with its API, `openai.chat`; cached tokens stand under `ai.usage.*`, or, up to
version 5, only in what the provider said, JSON in text. Up to there the input of Anthropic's models
leaves them out.
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


SCOPE = "gen_ai"
"""Of version 7, whose agent has the name that was given to the call, up to 6 `functionId`."""
CARRIERS = ("ai.telemetry.metadata.", "ai.settings.context.", "ai.settings.runtimeContext.")
PROVIDER = "ai.response.providerMetadata"
BESIDE_INPUT = f"{PROVIDER}|anthropic.cache"
"""How a place of version 4 begins that shows that the input leaves the cached tokens out."""
BEDROCK = f"{PROVIDER}|bedrock.usage.cache"
MADE_IDS = ("aitxt-", "aiobj-")
"""Ids that the SDK makes up where none is told: up to version 5 all of Bedrock's, whose input
leaves the cached tokens out there."""
_ANTHROPIC = f"{PROVIDER}|anthropic.usage"
_GOOGLE = f"{PROVIDER}|google.usageMetadata"
SOURCES = {
    "provider": ("ai.model.provider",),
    "request_model": ("ai.model.id",),
    "response_model": ("ai.response.model",),
    "response_id": ("ai.response.id",),
    "input": ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
    "output": ("ai.usage.outputTokens", "ai.usage.completionTokens"),
    "total": ("ai.usage.totalTokens", f"{_GOOGLE}.totalTokenCount"),
    "raw_input": (f"{_ANTHROPIC}.input_tokens",),
    "cache_read": (
        "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens",
        f"{_ANTHROPIC}.cache_read_input_tokens", f"{BESIDE_INPUT}ReadInputTokens",
        f"{PROVIDER}|openai.cachedPromptTokens", f"{_GOOGLE}.cachedContentTokenCount",
        f"{BEDROCK}ReadInputTokens",
    ),
    "cache_write": (
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        f"{_ANTHROPIC}.cache_creation_input_tokens", f"{BESIDE_INPUT}CreationInputTokens",
        f"{BEDROCK}WriteInputTokens",
    ),
    "cache_write_5m": (f"{_ANTHROPIC}.cache_creation.ephemeral_5m_input_tokens",),
    "cache_write_1h": (f"{_ANTHROPIC}.cache_creation.ephemeral_1h_input_tokens",),
    "reasoning": (
        "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens",
        f"{PROVIDER}|openai.reasoningTokens", f"{_GOOGLE}.thoughtsTokenCount",
    ),
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
