"""Which API a payload came from, where provider and shape leave one reading. Else None."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from services.pricing.providers import canonical

Payload = Mapping[str, Any]

_CHATS = {
    "openai": "openai.chat", "azure.ai.openai": "azure.openai.chat",
    "azure.ai.inference": "azure.openai.chat", "mistral_ai": "mistral.chat",
    "deepseek": "deepseek.chat", "x_ai": "xai.chat", "groq": "groq.chat",
    "fireworks": "fireworks.chat", "together": "together.chat",
    "perplexity": "perplexity.chat", "openrouter": "openrouter.chat",
    "gcp.gemini": "google.openai", "gcp.vertex_ai": "google.openai",
}  # fmt: skip
_USAGES = ("usage", "usageMetadata", "usage_metadata", "token_usage")
_NAMES = frozenset(_USAGES)
_RESULTS = (
    ("response", "body"), ("result", "message"), ("response", "chat_get_completion"),
    ("event", "usageEvent"),
)  # fmt: skip
"""Lines of a batch's results: OpenAI and those like it, Anthropic, xAI. An event of Nova Sonic."""
_BODIES = ("response", "modelOutput", "interaction")
_WITH_USAGE = ("metadata", "delta", "data", "result")
_OUTSIDE = frozenset({"event", "batch_result", *_BODIES, *_WITH_USAGE})
"""What holds a body inside a larger payload."""
_HOLDERS = _OUTSIDE | _NAMES | {"x_groq", "choices"}
_MESSAGES = frozenset({"cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"})
_EMBED = ("voyage", "jina")
"""Providers of embeddings and rankings alone: whatever they count is input."""
_VERCEL = frozenset({"inputTokenDetails", "cachedInputTokens", "reasoningTokens"})
_PYDANTIC = frozenset({"cache_read_tokens", "cache_write_tokens", "input_audio_tokens"})
_BY_LIBRARY = ("gen_ai.usage.", "anthropic.usage.", "llm.token_count.", "llm.usage.")
_INVOKED = frozenset({
    "input_tokens", "prompt_tokens", "prompt_token_count", "inputtexttokencount",
    "amazon-bedrock-invocationmetrics", "x-amzn-bedrock-input-token-count",
})  # fmt: skip
_LANGCHAIN = frozenset({"cache_read", "cache_creation", "reasoning", "flex", "priority"})
_GEMINI = ("promptTokenCount", "prompt_token_count", "totalTokenCount")
_INTERACTION = ("total_input_tokens", "totalInputTokens")


class _LookedError(Exception):
    """A rule looks at what stands under a name."""


class _Names(dict[str, Any]):
    """The names of a payload without its values."""

    def get(self, name: str, default: Any = None) -> Any:
        if name in self:
            raise _LookedError
        return default


def infer(provider: str, payload: Payload) -> str | None:
    """The flavour. `provider` in any spelling."""
    found = by_names(provider, tuple(payload))
    return _by_values(canonical(provider), payload) if found is _LOOKED else found


_LOOKED = "names alone do not tell it"


@lru_cache(maxsize=64)
def by_names(provider: str, names: tuple[str, ...]) -> str | None:
    """What the rules say of any payload with these names: few shapes have many calls each."""
    try:
        return _by_values(canonical(provider), _Names.fromkeys(names))
    except _LookedError:
        return _LOOKED


def _by_values(provider: str, payload: Payload) -> str | None:
    body, usage = located(payload)
    if not usage or (usage is body and (_tells_none(body) or _has_failed(payload, body))):
        return "openai.chat"  # no usage is told, and every reading of nothing is nothing
    if (library := _library(usage)) is not None:
        return library
    own = _OWN.get(provider)
    if own is not None and (found := own(usage, body)):
        return found
    if "input_tokens" in usage:
        return _by_body(usage, body) or _plain(provider, usage)
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        is_hit = "prompt_cache_hit_tokens" in usage and provider not in _OWN
        return "deepseek.chat" if is_hit else _CHATS.get(provider, "openai.chat")
    return _by_few(provider, usage, body)


def _by_few(provider: str, usage: Payload, body: Payload) -> str | None:
    """By names that only one API has, whichever provider's."""
    if "inputTokens" in usage or "promptTokens" in usage:
        return "vercel.usage"
    if usage.keys() == {"total_tokens"} and (provider in _EMBED or body.get("object") == "list"):
        return "openai.embeddings"
    if usage.get("type") == "duration":
        return "openai.transcription"
    if body.keys() >= {"created", "data"} and "object" not in body:
        return "openai.images"
    for name in usage:
        if name in _FEW or name.startswith(_BY_LIBRARY):
            return _FEW.get(name, "otel.genai")
    return None


_FEW = {
    "characters": "openai.speech", "input_characters": "openai.speech",
    "search_units": "cohere.rerank",
}  # fmt: skip
_PLAIN = frozenset({"input_tokens", "output_tokens", "total_tokens"})
_OF_MORE = frozenset({"openai", "azure.ai.openai", "cohere"})
"""Their plain counts may be of text, images or speech, or not be what is billed."""


def _plain(provider: str, usage: Payload) -> str | None:
    """Two counts without any detail are the same in every API."""
    is_plain = usage.keys() <= _PLAIN and "output_tokens" in usage
    return "openai.responses" if is_plain and provider not in _OF_MORE else None


def _tells_none(body: Payload) -> bool:
    return not _NAMES.isdisjoint(body) and any(body.get(name, "") is None for name in _USAGES)


def _has_failed(payload: Payload, body: Payload) -> bool:
    """An error instead of an answer, or a line of a batch's results that holds none."""
    return bool(body.get("error")) or (body is payload and "custom_id" in payload)


def _library(usage: Payload) -> str | None:
    """A library that re-shapes every provider's usage, told by names that only it has."""
    if "input_tokens" in usage:
        if not _PYDANTIC.isdisjoint(usage):
            return "pydantic_ai.usage"
        return "langchain.usage_metadata" if _is_langchain(usage) else None
    if "prompt_tokens" in usage:
        return None if _MESSAGES.isdisjoint(usage) else "litellm.usage"
    return "vercel.usage" if "inputTokens" in usage and not _VERCEL.isdisjoint(usage) else None


def _by_body(usage: Payload, body: Payload) -> str | None:
    """APIs that many providers speak: each is told by the body, or by names that only it has."""
    if body.get("object") == "response" or _is_responses(usage):
        return "openai.responses"
    is_messages = body.get("type") == "message" or not _MESSAGES.isdisjoint(usage)
    return "anthropic.messages" if is_messages else None


def _is_responses(usage: Payload) -> bool:
    return isinstance(usage.get("input_tokens_details"), dict) or "output_tokens_details" in usage


def body_of(payload: Payload) -> Payload:
    """The response inside a stream's last event, or what holds its usage there.

    `response.done` and `response.completed` hold the one; ConverseStream, Cohere and Mistral's
    client the other. A line of a batch's results holds it too, mostly one level deeper.
    """
    if _OUTSIDE.isdisjoint(payload):
        return payload
    if isinstance(line := payload.get("batch_result"), dict):
        return body_of(line)
    for outer, name in _RESULTS:
        held = payload.get(outer)
        inner = held.get(name) if isinstance(held, dict) else None
        if isinstance(inner, dict):
            return inner
    for name in (*_BODIES, *_WITH_USAGE):
        inner = payload.get(name)
        if isinstance(inner, dict) and (name in _BODIES or isinstance(inner.get("usage"), dict)):
            return inner
    return payload


def located(payload: Payload) -> tuple[Payload, Payload]:
    """The response body, and the usage object in it: the payload itself where it is either."""
    if _HOLDERS.isdisjoint(payload):
        return payload, payload  # nearly always
    body = body_of(payload)
    return body, usage_of(body)


def usage_of(payload: Payload) -> Payload:
    """The usage object of a response body, or the payload itself when it is one."""
    for name in _USAGES:
        inner = payload.get(name)
        if isinstance(inner, dict):
            return inner
    return _of_last_chunk(payload) or payload


def _of_last_chunk(payload: Payload) -> Payload | None:
    """Where the last chunk of a stream alone tells it: Groq's beside, Moonshot's in its choice."""
    choices = payload.get("choices")
    last = choices[-1] if isinstance(choices, list) and choices else None
    for holder in (payload.get("x_groq"), last):
        told = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(told, dict):
            return told
    return None


def _is_langchain(usage: Payload) -> bool:
    for part in ("input_token_details", "output_token_details"):
        found = usage.get(part)
        if isinstance(found, dict) and not _LANGCHAIN.isdisjoint(found):
            return True
    return False


def _openai(usage: Payload, body: Payload) -> str | None:
    if usage.get("type") in ("duration", "tokens") or "seconds" in usage:
        return "openai.transcription"
    if "input_tokens" not in usage:
        return None
    if body.get("object") == "response":
        return "openai.responses"
    if body.get("type") == "speech.audio.done":
        return "openai.speech"
    heard = usage.get("input_token_details")
    if "output_token_details" in usage or (isinstance(heard, dict) and "cached_tokens" in heard):
        return "openai.realtime"
    if heard is not None:
        return "openai.transcription"
    details = usage.get("input_tokens_details")
    if isinstance(details, dict) and {"image_tokens", "text_tokens"} & set(details):
        return "openai.images"
    return "openai.responses" if _is_responses(usage) else None


def _azure(usage: Payload, body: Payload) -> str | None:
    found = _openai(usage, body)
    return "azure.openai.responses" if found == "openai.responses" else found


def _anthropic(usage: Payload, _: Payload) -> str | None:
    if isinstance(usage.get("input_tokens_details"), dict):
        return "openai.responses"  # of a library or gateway: the totals hold what was cached
    if "events" in usage or "message" in usage:
        return "anthropic.stream"
    is_told = "input_tokens" in usage or "output_tokens" in usage
    return "anthropic.messages" if is_told else None


def _google(usage: Payload, _: Payload) -> str | None:
    if any(name in usage for name in _GEMINI):
        return "google.gemini"
    return "google.interactions" if any(name in usage for name in _INTERACTION) else None


def _vertex(usage: Payload, body: Payload) -> str | None:
    found = _google(usage, body)
    return "google.vertex" if found == "google.gemini" else found or _anthropic(usage, body)


def _bedrock(usage: Payload, _: Payload) -> str | None:
    if "inputTokens" in usage:
        return "aws.bedrock.converse"
    if isinstance(usage.get("input_tokens_details"), dict):
        return "openai.responses"
    if "totalInputTokens" in usage:
        return "aws.bedrock.sonic"
    return "aws.bedrock.invoke" if any(name.lower() in _INVOKED for name in usage) else None


def _cohere(usage: Payload, body: Payload) -> str | None:
    meta = body.get("meta")
    told = meta if isinstance(meta, dict) else usage
    units = told.get("billed_units")
    if not isinstance(units, dict):
        return "cohere.chat" if isinstance(told.get("tokens"), dict) else None
    if "search_units" in units and "output_tokens" not in units:
        return "cohere.rerank"
    return "cohere.chat" if "output_tokens" in units else "cohere.embed"


def _mistral(usage: Payload, body: Payload) -> str | None:
    if "prompt_audio_seconds" in usage and "text" in body:
        return "mistral.transcription"
    return "mistral.ocr" if "pages_processed" in usage or "usage_info" in usage else None


def _second(flavour: str, name: str = "input_tokens") -> Callable[[Payload, Payload], str | None]:
    """Of providers with two APIs, the second of which alone has this name."""
    return lambda usage, _: flavour if name in usage else None


_OWN: dict[str, Callable[[Payload, Payload], str | None]] = {
    "openai": _openai, "azure.ai.openai": _azure, "azure.ai.inference": _azure,
    "anthropic": _anthropic, "gcp.gemini": _google, "gcp.vertex_ai": _vertex,
    "aws.bedrock": _bedrock, "cohere": _cohere, "mistral_ai": _mistral,
    "x_ai": _second("xai.responses"), "perplexity": _second("perplexity.responses"),
    "alibaba_cloud": _second("openai.responses"),
    "ibm.watsonx.ai": _second("ibm.watsonx.generation", "results"),
}  # fmt: skip
