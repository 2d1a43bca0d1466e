"""APIs in OpenAI's chat shape that differ from it in one point each."""

from decimal import Decimal

from schemas.money import plain
from services.pricing.usage.openai import embeddings, responses, tier
from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    Reading,
    check_total,
    count,
    money,
    number,
    part,
    quantities,
    rest,
    same,
    word,
)
from services.pricing.usage.shape import chat_quantities, notes_of

TICKS = Decimal(10) ** 10
"""xAI reports cost in ticks of 1e-10 USD."""


def google(usage: Payload, response: Payload) -> Reading:
    """Gemini through the OpenAI format: thoughts are only in the total."""
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens") or 0
    if prompt is None:
        raise InvalidError("prompt_tokens", "missing")
    total = count(usage, "total_tokens")
    told = count(part(usage, "completion_tokens_details"), "reasoning_tokens")
    bare = {name: value for name, value in usage.items() if name != "total_tokens"}
    if told and total == prompt + completion:
        return Reading(chat_quantities(usage), tier(response))
    thoughts = told or 0
    if total is None and told is None:
        raise InvalidError("total_tokens", "missing, and nothing else tells the thoughts")
    if total is not None:
        thoughts = rest("total_tokens", total, (prompt, completion))
        if told and told != thoughts:
            raise InvalidError("total_tokens", f"leaves {thoughts} thoughts, {told} are told")
    bare["completion_tokens_details"] = {}
    found = chat_quantities(bare | {"completion_tokens": completion, "total_tokens": None})
    return Reading(found | quantities(reasoning=thoughts), tier(response))


def mistral(usage: Payload, response: Payload) -> Reading:
    """Audio input is billed by the second beside the tokens; only the total holds its tokens."""
    heard = _heard(usage)
    if heard:
        prompt, sent = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
        if (total := count(usage, "total_tokens")) is not None:
            rest("total_tokens", total, (prompt, sent))
        usage = {name: value for name, value in usage.items() if name != "total_tokens"}
    connected = _connected(usage)
    if connected:
        usage = _without_connectors(usage)
    found = chat_quantities(_with_cached(usage)) | quantities(audio_second=heard) | connected
    return Reading(found, tier(response) or tier(usage), notes_of(found))


_CONNECTORS = {
    "web_search": "web_search", "code_interpreter": "code_session", "image_generation": "image"
}  # fmt: skip


def _connected(usage: Payload) -> Quantities:
    """What the connectors of a conversation read and were called: each call has a fee of its own.

    A connector without a dimension counts as requests, so that the call is not priced without it.
    """
    if usage.get("connector_tokens") is None and usage.get("connectors") is None:
        return {}
    called, connectors = dict[str, int](), part(usage, "connectors")
    for name in connectors:
        dimension = _CONNECTORS.get(name, "request")
        called[dimension] = called.get(dimension, 0) + (count(connectors, name) or 0)
    return quantities(input_tool=count(usage, "connector_tokens"), **called)


def _without_connectors(usage: Payload) -> Payload:
    """Their tokens stand beside the others, in the total."""
    total, read = count(usage, "total_tokens"), count(usage, "connector_tokens")
    if total is None or not read:
        return usage
    return {**usage, "total_tokens": rest("total_tokens", total, (read,))}


def _with_cached(usage: Payload) -> Payload:
    """The cached tokens stand under up to three names."""
    details = part(usage, "prompt_tokens_details", "prompt_token_details")
    if usage.get("num_cached_tokens") is None and "prompt_token_details" not in usage:
        return usage
    told = {"num_cached_tokens": usage.get("num_cached_tokens"), **details}
    cached = same(told, "num_cached_tokens", "cached_tokens")
    return {**usage, "prompt_tokens_details": {**details, "cached_tokens": cached}}


def mistral_transcription(usage: Payload, response: Payload) -> Reading:
    """Speech to text is billed by the second alone, whatever tokens stand beside."""
    return Reading(quantities(audio_second=_heard(usage)), tier(response))


def _heard(usage: Payload) -> int | str | None:
    """Chat without audio tells an empty object."""
    seconds = usage.get("prompt_audio_seconds")
    return None if isinstance(seconds, dict) else number(usage, "prompt_audio_seconds")


def mistral_ocr(usage: Payload, response: Payload) -> Reading:
    """Pages, under `usage_info`."""
    info = part(usage, "usage_info") or part(response, "usage_info") or usage
    return Reading(quantities(page=count(info, "pages_processed")), {})


def deepseek(usage: Payload, response: Payload) -> Reading:
    """Cache hits and misses partition the prompt; the hits stand under two names."""
    hit, miss = count(usage, "prompt_cache_hit_tokens"), count(usage, "prompt_cache_miss_tokens")
    prompt = count(usage, "prompt_tokens")
    if hit is not None and miss is not None and prompt is not None and hit + miss != prompt:
        raise InvalidError("prompt_tokens", f"{prompt} is not {hit} hits + {miss} misses")
    details = dict(part(usage, "prompt_tokens_details"))
    told = count(details, "cached_tokens")
    if hit is not None and told is not None and hit != told:
        raise InvalidError("prompt_cache_hit_tokens", f"{hit}, but cached_tokens says {told}")
    if hit is None and told is None and miss is not None and prompt is not None:
        hit = rest("prompt_cache_miss_tokens", prompt, (miss,))
    if hit is not None:
        details["cached_tokens"] = hit
    return Reading(chat_quantities({**usage, "prompt_tokens_details": details}), tier(response))


def xai_chat(usage: Payload, response: Payload) -> Reading:
    """Reasoning is outside of the completion where the total says so, and by the API's rule."""
    if not _SDK.isdisjoint(usage):
        usage = _by_sdk(usage)
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    reasoning = count(part(usage, "completion_tokens_details"), "reasoning_tokens") or 0
    total = count(usage, "total_tokens")
    is_inside = bool(reasoning) and total == (prompt or 0) + (completion or 0)
    found = chat_quantities(usage, reasoning_outside=not is_inside)
    return _xai(Reading(found, tier(response)), usage)


_SDK = frozenset({"cached_prompt_text_tokens", "prompt_image_tokens", "reasoning_tokens"})


def _by_sdk(usage: Payload) -> Payload:
    """xAI's own client tells no details but the same counts beside the totals."""
    told = {
        "cached_tokens": usage.get("cached_prompt_text_tokens"),
        "image_tokens": usage.get("prompt_image_tokens"),
    }
    read = {**told, **part(usage, "prompt_tokens_details")}
    sent = {
        "reasoning_tokens": usage.get("reasoning_tokens"),
        **part(usage, "completion_tokens_details"),
    }
    return {**usage, "prompt_tokens_details": read, "completion_tokens_details": sent}


def xai_responses(usage: Payload, response: Payload) -> Reading:
    """As OpenAI's: reasoning is inside the output."""
    return _xai(responses(usage, response), usage)


def _xai(reading: Reading, usage: Payload) -> Reading:
    reading.quantities |= _xai_tools(usage, reading.quantities)
    if (ticks := count(usage, "cost_in_usd_ticks")) is not None:
        reading.reported_cost = plain(Decimal(ticks) / TICKS)
    return reading


_XAI_TOOLS = {
    "web_search_calls": "web_search", "x_search_calls": "web_search",
    "code_interpreter_calls": "code_session", "file_search_calls": "file_search",
}  # fmt: skip


def _xai_tools(usage: Payload, found: Quantities) -> Quantities:
    """Tools that xAI ran, each for a fee (docs.x.ai, tools pricing); sources of live search.

    A search of X costs what one of the web does. Calls of a tool that has no dimension count as
    requests, so that the call is not priced without them. A tool of somebody else's server costs
    nothing.
    """
    details, told = part(usage, "server_side_tool_usage_details"), dict[str, int]()
    used = count(usage, "num_server_side_tools_used")
    if used is None:  # a gateway may pass the details on, and not their sum
        used = sum(count(details, name) or 0 for name in details)
    if not used:
        return quantities(search_unit=count(usage, "num_sources_used"))
    for name, dimension in _XAI_TOOLS.items():
        told[dimension] = told.get(dimension, 0) + (count(details, name) or 0)
    if not details:
        told = {name: int(found.get(name, 0)) for name in told}
    left = used - sum(told.values()) - (count(details, "mcp_calls") or 0)
    return quantities(**told, request=max(left, 0))


def perplexity(usage: Payload, response: Payload) -> Reading:
    """Citations and reasoning are outside of the totals; a fee per request, and per search.

    Embeddings are told by a list, or a cost, of input alone.
    """
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    told = part(usage, "cost")
    if completion is None and (response.get("object") == "list" or "input_cost" in told):
        return embeddings(usage, response)
    if prompt is None or completion is None:
        raise InvalidError(
            "prompt_tokens" if prompt is None else "completion_tokens", "missing"
        )  # fmt: skip
    reasoning, citations = count(usage, "reasoning_tokens"), count(usage, "citation_tokens")
    check_total(
        usage, "total_tokens", prompt + completion,
        prompt + completion + (reasoning or 0) + (citations or 0),
    )  # fmt: skip
    found = quantities(
        input=prompt, output=completion, reasoning=reasoning, citation=citations,
        web_search=count(usage, "num_search_queries"), request=1,
    )  # fmt: skip
    size = word(usage, "search_context_size")
    served = {"search_context_size": size} if size else {}
    return Reading(found, tier(response) | served, (), money(told, "total_cost"))


def perplexity_responses(usage: Payload, response: Payload) -> Reading:
    """The Agent API: OpenAI's responses, and what each tool was called.

    A tool without a dimension of its own counts as requests, so that the call is not priced
    without it.
    """
    reading = responses(usage, response)
    called = {
        name: count(part({name: told}, name), "invocation") or 0
        for name, told in part(usage, "tool_calls_details").items()
    }
    if called:
        searches = called.pop("search_web", 0) + called.pop("web_search", 0)
        reading.quantities |= quantities(web_search=searches, request=sum(called.values()))
    reading.reported_cost = money(part(usage, "cost"), "total_cost")
    return reading


def openrouter(usage: Payload, response: Payload) -> Reading:
    """Totals hold their parts whatever the upstream API does; the cost is reported.

    With a key of one's own the upstream provider bills the call: OpenRouter's prices are not due.
    """
    found = chat_quantities(usage)
    searched = count(part(usage, "server_tool_use"), "web_search_requests")
    served = {"service_tier": "byok"} if usage.get("is_byok") is True else tier(response)
    found |= quantities(web_search=searched)
    return Reading(found, served, notes_of(found), money(usage, "cost"))
