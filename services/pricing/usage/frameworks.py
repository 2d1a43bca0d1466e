"""Usage as libraries re-shape it: LiteLLM, LangChain, Vercel, Pydantic AI, OpenTelemetry's GenAI.

All say that input holds the cached tokens; emitters that do not are found out by arithmetic.
"""

from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    Reading,
    check_total,
    count,
    counts,
    first,
    part,
    quantities,
    rest,
    same,
    word,
)
from services.pricing.usage.shape import chat_quantities, notes_of


def litellm(usage: Payload, response: Payload) -> Reading:
    """`litellm.Usage`: OpenAI's shape, cache counts repeated at the top as Anthropic names them."""
    details = dict(part(usage, "prompt_tokens_details"))
    read = same(
        {**usage, "cached_tokens": details.get("cached_tokens")},
        "cached_tokens", "cache_read_input_tokens",
    )  # fmt: skip
    written = same(
        {
            "cache_creation_tokens": details.get("cache_creation_tokens"),
            "cache_write_tokens": details.get("cache_write_tokens"),
            "cache_creation_input_tokens": usage.get("cache_creation_input_tokens"),
        },
        "cache_creation_tokens", "cache_write_tokens", "cache_creation_input_tokens",
    )  # fmt: skip
    lived = part(details, "cache_creation_token_details")
    details |= {"cached_tokens": read, "cache_creation_tokens": written}
    details["cache_write_tokens"] = None
    found = chat_quantities({**usage, "prompt_tokens_details": details})
    found = by_lifetime(found, lived) | _searches(usage, details)
    tier = word(response, "service_tier") or word(usage, "service_tier")
    return Reading(found, {"service_tier": tier} if tier else {}, notes_of(found))


def _searches(usage: Payload, details: Payload) -> Quantities:
    """Anthropic's are billed each. Others' are queries or answers, which only one is alike for.

    Several count as units of search, so that the call is not priced without them.
    """
    told = count(part(usage, "server_tool_use"), "web_search_requests")
    if told is None:
        told = count(details, "web_search_requests")
        if told and told > 1:
            return {"search_unit": told}
    return quantities(web_search=told)


def by_lifetime(found: Quantities, lived: Payload) -> Quantities:
    """Cache writes split by how long they live, where that is told."""
    short = count(lived, "ephemeral_5m_input_tokens")
    long = count(lived, "ephemeral_1h_input_tokens")
    if short is None and long is None:
        return found
    left = rest("ephemeral_5m_input_tokens", int(found.pop("cache_write", 0)), (short, long))
    return found | quantities(cache_write=left, cache_write_5m=short, cache_write_1h=long)


_TIERED = ("priority", "flex")


def langchain(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - no response
    """`UsageMetadata`: totals hold their details; lifetimes stand beside or inside the writes.

    Details of OpenAI's tiers are told by the tier's name: `flex` of them, `flex_cache_read`.
    """
    received, sent = count(usage, "input_tokens"), count(usage, "output_tokens")
    if received is None or sent is None:
        raise InvalidError("input_tokens" if received is None else "output_tokens", "missing")
    check_total(usage, "total_tokens", received + sent)
    details, out = part(usage, "input_token_details"), part(usage, "output_token_details")
    tier = next((name for name in _TIERED if name in details or name in out), "")
    prefix = f"{tier}_" if tier else ""
    short = count(details, "ephemeral_5m_input_tokens") or 0
    long = count(details, "ephemeral_1h_input_tokens") or 0
    written = count(details, "cache_creation") or 0
    if short + long:
        written = 0 if written == short + long else written
    read, audio = count(details, prefix + "cache_read"), count(details, "audio")
    thought, spoken, drawn = counts(out, prefix + "reasoning", "audio", "image")
    found = quantities(
        input=rest("input_token_details", received, (read, written, short, long, audio)),
        cache_read=read, cache_write=written, cache_write_5m=short, cache_write_1h=long,
        input_audio=audio, output=rest("output_token_details", sent, (thought, spoken, drawn)),
        reasoning=thought, output_audio=spoken, output_image=drawn,
    )  # fmt: skip
    return Reading(found, {"service_tier": tier} if tier else {}, notes_of(found))


def vercel(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - no response
    """The Vercel AI SDK's usage: since version 6 its details say what was cached.

    Before, some providers' cached tokens were inside the input and others' beside it.
    """
    received = first(usage, "inputTokens", "promptTokens")
    sent = first(usage, "outputTokens", "completionTokens")
    if received is None or sent is None:
        raise InvalidError("inputTokens" if received is None else "outputTokens", "missing")
    check_total(usage, "totalTokens", received + sent)
    details, out = part(usage, "inputTokenDetails"), part(usage, "outputTokenDetails")
    fresh, read, written = counts(details, "noCacheTokens", "cacheReadTokens", "cacheWriteTokens")
    if not details and count(usage, "cachedInputTokens"):
        raise InvalidError("cachedInputTokens", "inside inputTokens or beside: it is not told")
    left = rest("inputTokenDetails", received, (read, written))
    if fresh is not None and fresh != left:
        raise InvalidError("inputTokenDetails", f"leaves {left}, but noCacheTokens says {fresh}")
    thought = first(out, "reasoningTokens") or count(usage, "reasoningTokens")
    found = quantities(
        input=left, cache_read=read, cache_write=written,
        output=rest("outputTokens", sent, (thought,)), reasoning=thought,
    )  # fmt: skip
    return Reading(found, {})


def pydantic(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - no response
    """`RequestUsage` of Pydantic AI, `Usage` of genai-prices: totals hold their parts."""
    received, sent = count(usage, "input_tokens"), count(usage, "output_tokens")
    if received is None and sent is None:
        return Reading({}, {})
    read, written = counts(usage, "cache_read_tokens", "cache_write_tokens")
    heard, kept, spoken = counts(
        usage, "input_audio_tokens", "cache_audio_read_tokens", "output_audio_tokens"
    )
    thought = first(usage, "output_reasoning_tokens")
    if thought is None:
        thought = count(part(usage, "details"), "reasoning_tokens")
    cached_text = rest("cache_read_tokens", read or 0, (kept,))
    fresh_audio = rest("input_audio_tokens", heard or 0, (kept,))
    found = quantities(
        input=rest("input_tokens", received or 0, (cached_text, written, heard)),
        cache_read=cached_text, cache_write=written, input_audio=fresh_audio,
        cache_read_audio=kept, output=rest("output_tokens", sent or 0, (thought, spoken)),
        reasoning=thought, output_audio=spoken,
    )  # fmt: skip
    return Reading(found, {})


_GEN_AI, _LLM, _COUNT = "gen_ai.usage.", "llm.usage.", "llm.token_count."
"""OpenTelemetry and most emitters; OpenLLMetry; OpenInference."""
_INPUT = (
    _GEN_AI + "input_tokens", _GEN_AI + "prompt_tokens", _LLM + "prompt_tokens", _COUNT + "prompt",
)  # fmt: skip
_OUTPUT = (
    _GEN_AI + "output_tokens", _GEN_AI + "completion_tokens", _LLM + "completion_tokens",
    _COUNT + "completion",
)  # fmt: skip
_TOTAL = (_GEN_AI + "total_tokens", _LLM + "total_tokens", _COUNT + "total")
_READ = (
    _GEN_AI + "cache_read.input_tokens", _GEN_AI + "cache_read_input_tokens",
    _GEN_AI + "input_tokens.cached", _GEN_AI + "input_token_details.cached_tokens",
    _LLM + "cache_read_input_tokens", _COUNT + "prompt_details.cache_read",
    _COUNT + "prompt_details.cache_input",
)  # fmt: skip
_WRITE = (
    _GEN_AI + "cache_write.input_tokens", _GEN_AI + "cache_creation.input_tokens",
    _GEN_AI + "cache_creation_input_tokens", _GEN_AI + "cache_write_input_tokens",
    _LLM + "cache_creation_input_tokens", _COUNT + "prompt_details.cache_write",
)  # fmt: skip
_REASONING = (
    _GEN_AI + "reasoning.output_tokens", _GEN_AI + "reasoning_tokens",
    _GEN_AI + "details.reasoning_tokens", _GEN_AI + "output_tokens.reasoning",
    _COUNT + "completion_details.reasoning",
)  # fmt: skip
_HEARD = (
    _COUNT + "prompt_details.audio", _GEN_AI + "details.input_audio_tokens",
    _GEN_AI + "input_audio_tokens",
)  # fmt: skip
_SPOKEN = (
    _COUNT + "completion_details.audio", _GEN_AI + "details.output_audio_tokens",
    _GEN_AI + "output_audio_tokens",
)  # fmt: skip
_TIERS = (
    "openai.response.service_tier", "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
)  # fmt: skip
_NO_OUTPUT = ("embeddings", "rerank")
"""Operations that give back no tokens."""
_LIFETIMES = "anthropic.usage.cache_creation."


def otel(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - attributes are flat
    """Attributes `gen_ai.usage.*`, old and new names; the same fact may stand under several."""
    attributes = {name: _as_number(value) for name, value in usage.items()}
    received, sent = same(attributes, *_INPUT), same(attributes, *_OUTPUT)
    if sent is None and received is not None:
        sent = _unsaid(attributes, received)
    if received is None or sent is None:
        if received is sent:
            return Reading({}, {})
        raise InvalidError(_GEN_AI + ("input_tokens" if received is None else "output_tokens"),
                           "missing")  # fmt: skip
    read, written = same(attributes, *_READ) or 0, same(attributes, *_WRITE) or 0
    reasoning = same(attributes, *_REASONING)
    is_exclusive, is_beside = _outside(attributes, received + sent, read + written, reasoning or 0)
    sent += (reasoning or 0) if is_beside else 0
    fresh, notes = received - read - written, tuple[str, ...]()
    if is_exclusive or fresh < 0:
        why = "total_tokens adds" if is_exclusive else "input_tokens is less than"
        notes, fresh = (f"{why} the cached tokens: taken as without them",), received
    heard, spoken = same(attributes, *_HEARD), same(attributes, *_SPOKEN)
    fresh = rest("input_tokens", fresh, (heard,))
    found = quantities(input=fresh, cache_read=read, cache_write=written, input_audio=heard)
    lived = {
        name: attributes.get(_LIFETIMES + name)
        for name in ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    }
    found = by_lifetime(found, lived)
    written_out = rest("output_tokens", sent, (reasoning, spoken))
    found |= quantities(output=written_out, reasoning=reasoning, output_audio=spoken)
    tier = word(usage, *_TIERS)
    served = {"processing" if tier == "batch" else "service_tier": tier} if tier else {}
    return Reading(found, served, notes)


def _unsaid(attributes: Payload, received: int) -> int | None:
    """The output where it is not told: the rest of the total, nothing where none can be."""
    total = same(attributes, *_TOTAL)
    if total is not None:
        return rest("total_tokens", total, (received,))
    return 0 if attributes.get("gen_ai.operation.name") in _NO_OUTPUT else None


def _outside(attributes: Payload, both: int, cached: int, reasoning: int) -> tuple[bool, bool]:
    """Whether the total shows cached tokens beside the input, and reasoning beside the output."""
    total = same(attributes, *_TOTAL)
    if total in (None, both):
        return False, False
    check_total({"total_tokens": total}, "total_tokens", both, both + cached, both + reasoning)
    return total == both + cached, total == both + reasoning != both + cached


def _as_number(value: object) -> object:
    """Attributes may carry numbers as text."""
    is_digits = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(value) if is_digits else value  # type: ignore[call-overload]
