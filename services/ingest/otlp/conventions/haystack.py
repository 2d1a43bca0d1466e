"""Haystack's own tracer: a span for each component that runs, under whatever scope the user chose.

The type of the component says what it does; the model and the usage are only in its output, where
content is recorded at all. Models that run on the machine itself are no calls.
"""

import re

ATTRIBUTE = "haystack.component.type"
_LOCAL = re.compile(r"HuggingFaceLocal|SentenceTransformers|Transformers|Fastembed|LlamaCpp")
_TYPES = tuple(
    (re.compile(pattern), operation)
    for pattern, operation in (
        (r".*ImageGenerator$", "image"),
        (r".*Generator$", "chat"),
        (r".*Embedder$", "embeddings"),
        (r"(Cohere|Jina|Voyage|Nvidia|AmazonBedrock)\w*Ranker$", "rerank"),
        (r".*Retriever$", "retrieval"),
        (r".*ToolInvoker$", "execute_tool"),
        (r".*Agent$", "invoke_agent"),
    )
)


def operation(value: str) -> str:
    """What a step is, by the type of its component.

    >>> [operation(x) for x in ("OpenAIChatGenerator", "TransformersChatGenerator", "Joiner")]
    ['chat', 'other', 'other']
    """
    if _LOCAL.match(value):
        return "other"
    return next((found for known, found in _TYPES if known.match(value)), "other")


_OUTPUT = "haystack.component.output"
_META = tuple(f"{_OUTPUT}|{path}" for path in ("replies.0.meta", "meta", "meta.0"))
BESIDE_INPUT = tuple(f"{meta}.usage.cache_" for meta in _META)
"""How places begin that show that the input leaves the cached tokens out."""


def _of_meta(*paths: str) -> tuple[str, ...]:
    return tuple(f"{meta}.{path}" for meta in _META for path in paths)


SOURCES = {
    "response_model": _of_meta("model"),
    "response_id": _of_meta("id"),
    "input": _of_meta("usage.prompt_tokens", "usage.input_tokens"),
    "output": _of_meta("usage.completion_tokens", "usage.output_tokens"),
    "cache_read": _of_meta("usage.prompt_tokens_details.cached_tokens",
                           "usage.cache_read_input_tokens"),
    "cache_write": _of_meta("usage.cache_creation_input_tokens"),
    "reasoning": _of_meta("usage.completion_tokens_details.reasoning_tokens"),
}  # fmt: skip

CONTENTS = {"haystack.component.input": ("sent", ""), _OUTPUT: ("returned", "")}
