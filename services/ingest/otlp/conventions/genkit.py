"""Firebase Genkit: everything in `genkit:*`; the usage only inside the output, JSON in text.

What its own usage leaves out, the provider's answer says, which is kept beside it.

A model is named with its plugin, `googleai/gemini-2.5-flash`.
"""

from services.ingest.otlp.conventions import answers

ATTRIBUTE = "genkit:metadata:subtype"
OPERATIONS = {
    "model": "chat", "background-model": "chat", "embedder": "embeddings", "reranker": "rerank",
    "retriever": "retrieval", "tool": "execute_tool", "tool.v2": "execute_tool",
    "flow": "invoke_agent", "prompt": "other", "executable-prompt": "other", "indexer": "other",
    "evaluator": "other",
}  # fmt: skip

_OUTPUT = "genkit:output"
_USAGE = f"{_OUTPUT}|usage"
_ANSWER = answers.places(f"{_OUTPUT}|raw.", f"{_OUTPUT}|custom.")
CARRIERS = ("genkit:metadata:context|", "genkit:metadata:context.")
SOURCES = _ANSWER | {
    "request_model": ("genkit:name",),
    "response_model": (f"{_OUTPUT}|custom.modelVersion", f"{_OUTPUT}|custom.model",
                       f"{_OUTPUT}|raw.model"),
    "response_id": (f"{_OUTPUT}|custom.responseId", f"{_OUTPUT}|custom.id",
                    f"{_OUTPUT}|raw.id"),
    "input": (f"{_USAGE}.inputTokens",),
    "output": (f"{_USAGE}.outputTokens",),
    "total": (f"{_USAGE}.totalTokens",),
    "cache_read": (f"{_USAGE}.cachedContentTokens", *_ANSWER["cache_read"]),
    "reasoning": (f"{_USAGE}.thoughtsTokens", *_ANSWER["reasoning"]),
    "conversation_id": ("genkit:sessionId",),
}  # fmt: skip

CONTENTS = {"genkit:input": ("sent", ""), _OUTPUT: ("returned", "")}
