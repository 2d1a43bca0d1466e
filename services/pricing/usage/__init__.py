"""Usage as providers tell it, read into disjoint quantities: one module per family of APIs.

A normaliser belongs to an (emitter, API flavour), never to a model: libraries and gateways
re-shape what a model's own API says. Identities are checked, nothing is clamped, missing is not
zero. A changed reading gets a new version, so that calls read by the old one can be replayed.
"""

from collections.abc import Callable
from typing import NamedTuple

from schemas.dead import Refusal
from services.pricing.usage import (
    anthropic,
    bedrock,
    cohere,
    compatible,
    frameworks,
    google,
    openai,
    watsonx,
)
from services.pricing.usage.infer import infer, located
from services.pricing.usage.reading import InvalidError, Payload, Reading, word


class Flavour(NamedTuple):
    """One API flavour: how it is read, the version of that reading, and what it is."""

    read: Callable[[Payload, Payload], Reading]
    about: str
    version: int = 1


FLAVOURS: dict[str, Flavour] = {
    "openai.chat": Flavour(openai.chat, "OpenAI chat completions, and APIs like it", 3),
    "openai.responses": Flavour(openai.responses, "OpenAI responses", 3),
    "openai.realtime": Flavour(openai.realtime, "OpenAI realtime, usage of a response", 2),
    "openai.embeddings": Flavour(openai.embeddings, "OpenAI embeddings", 2),
    "openai.transcription": Flavour(openai.transcription, "OpenAI speech to text"),
    "openai.speech": Flavour(openai.speech, "OpenAI text to speech"),
    "openai.images": Flavour(openai.images, "OpenAI image generation", 2),
    "azure.openai.chat": Flavour(openai.chat, "Azure OpenAI chat completions", 3),
    "azure.openai.responses": Flavour(openai.responses, "Azure OpenAI responses", 3),
    "anthropic.messages": Flavour(anthropic.messages, "Anthropic messages", 3),
    "anthropic.stream": Flavour(anthropic.stream, 'Anthropic stream: {"events": [...]}', 4),
    "google.gemini": Flavour(google.gemini, "Gemini API usageMetadata", 4),
    "google.vertex": Flavour(google.gemini, "Vertex usageMetadata, with traffic type", 4),
    "google.interactions": Flavour(google.interactions, "Gemini's and Vertex's interactions", 2),
    "google.openai": Flavour(compatible.google, "Gemini through the OpenAI format", 2),
    "aws.bedrock.converse": Flavour(bedrock.converse, "Bedrock Converse", 3),
    "aws.bedrock.invoke": Flavour(bedrock.invoke, "Bedrock InvokeModel: body, metrics, headers", 3),
    "aws.bedrock.sonic": Flavour(bedrock.sonic, "Nova Sonic: the usage event of a stream"),
    "mistral.chat": Flavour(compatible.mistral, "Mistral chat", 4),
    "mistral.transcription": Flavour(compatible.mistral_transcription, "Mistral speech to text"),
    "mistral.ocr": Flavour(compatible.mistral_ocr, "Mistral OCR"),
    "cohere.chat": Flavour(cohere.billed, "Cohere chat", 2),
    "cohere.rerank": Flavour(cohere.billed, "Cohere rerank", 2),
    "cohere.embed": Flavour(cohere.billed, "Cohere embed", 2),
    "deepseek.chat": Flavour(compatible.deepseek, "DeepSeek chat", 2),
    "xai.chat": Flavour(compatible.xai_chat, "xAI chat", 5),
    "xai.responses": Flavour(compatible.xai_responses, "xAI responses", 4),
    "groq.chat": Flavour(openai.chat, "Groq chat", 3),
    "fireworks.chat": Flavour(openai.chat, "Fireworks chat", 2),
    "together.chat": Flavour(openai.chat, "Together chat", 2),
    "perplexity.chat": Flavour(compatible.perplexity, "Perplexity chat", 2),
    "perplexity.responses": Flavour(compatible.perplexity_responses, "Perplexity's Agent API"),
    "ibm.watsonx.generation": Flavour(watsonx.generation, "watsonx.ai text generation"),
    "openrouter.chat": Flavour(compatible.openrouter, "OpenRouter chat", 3),
    "litellm.usage": Flavour(frameworks.litellm, "LiteLLM's Usage", 3),
    "langchain.usage_metadata": Flavour(frameworks.langchain, "LangChain usage_metadata", 2),
    "vercel.usage": Flavour(frameworks.vercel, "Vercel AI SDK's usage"),
    "pydantic_ai.usage": Flavour(frameworks.pydantic, "Usage of Pydantic AI and genai-prices"),
    "otel.genai": Flavour(frameworks.otel, "OpenTelemetry gen_ai.usage.* attributes", 3),
}
"""Every flavour by name."""
_NORMALISERS = {name: f"{name}@{flavour.version}" for name, flavour in FLAVOURS.items()}

SYNONYMS = {
    "openai": "openai.chat", "openai.chat_completions": "openai.chat",
    "openai.chat.completions": "openai.chat", "openai.audio": "openai.transcription",
    "openai.image": "openai.images", "openai.response": "openai.responses",
    "openai.completions": "openai.chat", "openai.embedding": "openai.embeddings",
    "azure.openai.embeddings": "openai.embeddings", "azure.embeddings": "openai.embeddings",
    "azure": "azure.openai.chat", "azure.chat": "azure.openai.chat",
    "azure.openai": "azure.openai.chat", "azure.responses": "azure.openai.responses",
    "anthropic": "anthropic.messages", "anthropic.streaming": "anthropic.stream",
    "gemini": "google.gemini", "gemini.generate_content": "google.gemini",
    "google": "google.gemini", "google.generate_content": "google.gemini",
    "gcp.gemini": "google.gemini", "vertex": "google.vertex", "gcp.vertex_ai": "google.vertex",
    "gemini.generatecontent": "google.gemini", "vertex.gemini": "google.vertex",
    "vertex.anthropic": "anthropic.messages", "gemini.openai_compatibility": "google.openai",
    "google.openai_compatibility": "google.openai", "gemini.openai": "google.openai",
    "google.openai_compat": "google.openai", "gemini.interactions": "google.interactions",
    "vertex.interactions": "google.interactions", "perplexity.agent": "perplexity.responses",
    "watsonx": "ibm.watsonx.generation", "watsonx.generation": "ibm.watsonx.generation",
    "bedrock": "aws.bedrock.converse", "bedrock.converse": "aws.bedrock.converse",
    "bedrock.invoke": "aws.bedrock.invoke", "aws.bedrock": "aws.bedrock.converse",
    "bedrock.sonic": "aws.bedrock.sonic",
    "mistral": "mistral.chat", "cohere": "cohere.chat", "cohere.v2": "cohere.chat",
    "cohere.embeddings": "cohere.embed", "deepseek": "deepseek.chat", "xai": "xai.chat",
    "x_ai.chat": "xai.chat", "x_ai.responses": "xai.responses", "groq": "groq.chat",
    "fireworks": "fireworks.chat", "together": "together.chat",
    "perplexity": "perplexity.chat", "openrouter": "openrouter.chat",
    "vercel": "vercel.usage", "ai_sdk": "vercel.usage",
    "pydantic_ai": "pydantic_ai.usage", "genai_prices.usage": "pydantic_ai.usage",
    "litellm": "litellm.usage", "langchain": "langchain.usage_metadata", "otel": "otel.genai",
}  # fmt: skip
"""Other names of flavours that mean only one."""
_SEPARATORS = str.maketrans("", "", " ._-")
_JOINED = {
    name.translate(_SEPARATORS): known
    for name, known in [*((name, name) for name in FLAVOURS), *SYNONYMS.items()]
}


def canonical_flavour(name: str) -> str | None:
    """The flavour's one name; None for one that is not known.

    >>> canonical_flavour("Bedrock.Converse"), canonical_flavour("nope")
    ('aws.bedrock.converse', None)
    >>> canonical_flavour("OpenAI chat"), canonical_flavour("otel.gen_ai")
    ('openai.chat', 'otel.genai')
    """
    return _JOINED.get(name.lower().translate(_SEPARATORS))


def normalise(flavour: str, payload: Payload, model: str = "") -> Reading | Refusal | None:
    """The payload's quantities; a refusal where it contradicts itself; None: unknown flavour.

    Takes the usage object itself, the whole response body that holds it, or the stream's last event
    that holds the body under `response`. `model` is the call's, where the body leaves out its own:
    what Google bills of a search depends on it.
    """
    name = flavour if flavour in FLAVOURS else canonical_flavour(flavour)
    if name is None:
        return None
    body, usage = located(payload)
    found = FLAVOURS[name]
    by = {"model": model, "modelVersion": model, **body} if name.startswith("google.") else body
    try:
        reading = found.read(usage, by)
    except InvalidError as wrong:
        return Refusal(
            reason="usage_invalid", detail=str(wrong)[:4000], field=f"usage_payload.{wrong.field}"
        )
    if usage is not body:
        reading.response_model = reading.response_model or word(body, "model", "modelVersion")
        reading.response_id = reading.response_id or word(body, "id", "responseId")
    if payload.get("object") == "batch" or (body is not payload and _is_batch_line(name, payload)):
        reading.served = {"processing": "batch"} | reading.served
    reading.normaliser = _NORMALISERS[name]
    return reading


_BATCH_LINE = frozenset({"custom_id", "recordId", "processed_time", "batch_request_id"})
"""What a line of a batch's results has beside the response: of OpenAI, Bedrock, Vertex, xAI."""


def _is_batch_line(flavour: str, payload: Payload) -> bool:
    """Gemini's lines have but a key, or what it was sent along: names that others use for more."""
    is_gemini = "response" in payload and ("key" in payload or "metadata" in payload)
    return (is_gemini and flavour.startswith("google.")) or not _BATCH_LINE.isdisjoint(payload)


__all__ = ["FLAVOURS", "SYNONYMS", "Reading", "canonical_flavour", "infer", "normalise"]
