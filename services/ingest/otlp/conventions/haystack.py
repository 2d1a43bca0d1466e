"""Haystack's own tracer: a span for each component that runs, under whatever scope the user chose.

The type of the component says what it does; the model and the usage are only in its output, where
content is recorded at all. Models that run on the machine itself are no calls. An agent asks its
model without a component, in a span whose name alone says so.
"""

import re

from services.ingest.otlp.conventions import answers

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


CALL_NAME = "haystack.agent.step.llm"
_OUTPUT, _STEP_OUTPUT = "haystack.component.output", f"{CALL_NAME}.output"
_META = (
    *(f"{_OUTPUT}|{path}" for path in ("replies.0.meta", "meta", "meta.0")),
    f"{_STEP_OUTPUT}|replies.0.meta",
)
BESIDE_INPUT = tuple(f"{meta}.usage.cache_" for meta in _META)
"""How places begin that show that the input leaves the cached tokens out."""


def _of_meta(*paths: str) -> tuple[str, ...]:
    return tuple(f"{meta}.{path}" for meta in _META for path in paths)


_DETAILS = answers.places(*(f"{meta}." for meta in _META))
SOURCES = {
    **{name: _DETAILS[name] for name in ("cache_read", "cache_write", "reasoning")},
    "response_model": _of_meta("model"),
    "response_id": _of_meta("id"),
    "input": _of_meta("usage.prompt_tokens", "usage.input_tokens"),
    "output": _of_meta("usage.completion_tokens", "usage.output_tokens"),
}  # fmt: skip

CONTENTS = {
    "haystack.component.input": ("sent", ""), _OUTPUT: ("returned", ""),
    f"{CALL_NAME}.input": ("sent", ""), _STEP_OUTPUT: ("returned", "assistant"),
}  # fmt: skip
