"""Amazon Bedrock: Converse, and the bodies and headers of InvokeModel.

Converse's `inputTokens` are those that were neither read from nor written to a cache, as with
Anthropic's own API (anomalyco/opencode#38427).
"""

from services.pricing.usage import anthropic
from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    Reading,
    check_total,
    count,
    counts,
    first,
    items,
    part,
    quantities,
    word,
)
from services.pricing.usage.shape import chat_quantities

HEADERS = ("x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count")
METRICS = "amazon-bedrock-invocationMetrics"


def converse(usage: Payload, response: Payload) -> Reading:
    """`usage` of Converse and of ConverseStream's metadata."""
    received, sent = count(usage, "inputTokens"), count(usage, "outputTokens")
    if received is None and sent is None:
        return Reading({}, served(response))
    if received is None or sent is None:
        raise InvalidError("inputTokens" if received is None else "outputTokens", "missing")
    read = first(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = first(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    alone = received + sent
    check_total(usage, "totalTokens", alone, alone + (read or 0) + (written or 0))
    found = quantities(input=received, cache_read=read, output=sent)
    return Reading(found | _writes(usage, written), served(response))


def _writes(usage: Payload, total: int | None) -> Quantities:
    """By lifetime; without details five minutes, the default. Half an hour is OpenAI's only one."""
    sums = {"5m": 0, "1h": 0, "30m": 0}
    details = items(usage, "cacheDetails")
    for item in details:
        lifetime = word(item, "ttl")
        if lifetime not in sums:
            raise InvalidError("cacheDetails", f"unknown lifetime {lifetime!r}")
        sums[lifetime] += count(item, "inputTokens") or 0
    if not details:
        return quantities(cache_write_5m=total)
    if total is not None and sum(sums.values()) != total:
        raise InvalidError("cacheDetails", f"{sums} is not the total of {total}")
    return quantities(cache_write=sums["30m"], cache_write_5m=sums["5m"], cache_write_1h=sums["1h"])


def served(response: Payload) -> dict[str, str]:
    """Tier and latency mode of the response."""
    told: dict[str, str] = {}
    if tier := word(part(response, "serviceTier"), "type"):
        told["service_tier"] = tier
    if latency := word(part(response, "performanceConfig"), "latency"):
        told["speed"] = latency
    return told


def invoke(usage: Payload, response: Payload) -> Reading:
    """Whatever the model family sends: Anthropic, Nova, Llama, Titan, the OpenAI shape, headers."""
    metrics = usage.get(METRICS) or response.get(METRICS)
    if isinstance(metrics, dict):
        return _counted(metrics, "inputTokenCount", "outputTokenCount")
    if "inputTokens" in usage:
        return converse(usage, response)
    if "input_tokens" in usage:
        return anthropic.messages(usage, response)
    if "prompt_tokens" in usage:
        return Reading(chat_quantities(usage), {})
    if "prompt_token_count" in usage:
        return _counted(usage, "prompt_token_count", "generation_token_count")
    if "inputTextTokenCount" in usage:
        results = items(usage, "results")
        sent = sum(count(result, "tokenCount") or 0 for result in results) if results else None
        return Reading(quantities(input=count(usage, "inputTextTokenCount"), output=sent), {})
    return _headers(usage)


def sonic(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - all is in the event
    """The usage event of Nova Sonic: cumulative, speech and text partition both totals."""
    told = part(part(usage, "details"), "total")
    sides = {"input": "totalInputTokens", "output": "totalOutputTokens"}
    found: Quantities = {}
    for side, total in sides.items():
        spoken, text = counts(part(told, side), "speechTokens", "textTokens")
        if spoken is None or text is None:
            raise InvalidError("details", f"what of the {side} is speech is not told")
        check_total(usage, total, spoken + text)
        kinds: Quantities = {side: text, f"{side}_audio": spoken}
        found |= quantities(**kinds)
    return Reading(found, {})


def _counted(usage: Payload, received: str, sent: str) -> Reading:
    read = count(usage, "cacheReadInputTokenCount")
    written = count(usage, "cacheWriteInputTokenCount")
    for name in (received, sent):
        if count(usage, name) is None:
            raise InvalidError(name, "missing")
    found = quantities(
        input=count(usage, received), cache_read=read, cache_write_5m=written,
        output=count(usage, sent),
    )  # fmt: skip
    return Reading(found, {})


def _headers(usage: Payload) -> Reading:
    """Headers are text."""
    lower = {name.lower(): value for name, value in usage.items()}
    told = []
    for name in HEADERS:
        value = lower.get(name)
        is_digits = isinstance(value, str) and value.isascii() and value.isdecimal()
        told.append(count({name: int(value) if is_digits else value}, name))  # type: ignore[arg-type]
    return Reading(quantities(input=told[0], output=told[1]), {})
