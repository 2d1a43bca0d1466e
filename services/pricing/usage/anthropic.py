"""Anthropic messages and streams: there is no total, the three kinds of input stand side by side.

Facts: Anthropic's API reference (usage of messages, streaming, prompt caching, service tiers, fast
mode, inference_geo). Tier, speed and place are those that were served.
"""

from collections.abc import Sequence
from typing import Any

from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    Reading,
    are_zero,
    check_total,
    count,
    items,
    part,
    quantities,
    rest,
    word,
)

_SERVED = frozenset({"service_tier", "speed", "inference_geo"})
NOWHERE = frozenset({"", "global", "not_available", "unknown"})


def messages(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - all is in the usage
    """The usage of a message."""
    received, sent = count(usage, "input_tokens"), count(usage, "output_tokens")
    if received is None and sent is None:
        return Reading({}, served(usage))
    if received is None or sent is None:
        raise InvalidError("input_tokens" if received is None else "output_tokens", "missing")
    thinking = count(part(usage, "output_tokens_details"), "thinking_tokens")
    tools = part(usage, "server_tool_use")
    found = quantities(
        input=received,
        cache_read=count(usage, "cache_read_input_tokens"),
        output=rest("output_tokens", sent, (thinking,)),
        reasoning=thinking,
        web_search=count(tools, "web_search_requests"),
    )
    found |= writes(usage)
    if usage.get("total_tokens") is not None:
        cached = sum(int(found.get(name, 0)) for name in _CACHED)
        check_total(usage, "total_tokens", received + sent, received + sent + cached)
    if usage.get("iterations"):
        return Reading(_with_others(found, usage), served(usage), _OTHERS)
    return Reading(found, served(usage))


_CACHED = ("cache_read", "cache_write_5m", "cache_write_1h")
"""A total is none of Anthropic's; who adds one may leave these out."""
_OTHERS = ("what the totals leave out is added: a price by context is that of all passes",)


def _with_others(found: Quantities, usage: Payload) -> Quantities:
    """What the totals leave out of the passes of a request: compactions, and other models' work.

    Facts: platform.claude.com, compaction and advisor tool. Other models have prices of their own:
    their passes count as requests, so that the call is not priced without them.
    """
    added = dict(found)
    for item in items(usage, "iterations"):
        kind = word(item, "type")
        if kind == "message":
            continue
        told = messages({**item, "iterations": None}, {}).quantities
        for name, number in (told if kind == "compaction" else {"request": 1}).items():
            added[name] = int(added.get(name, 0)) + int(number)
    return added


def writes(usage: Payload) -> Quantities:
    """Cache writes by lifetime. Without a split they live five minutes: Anthropic's default."""
    total, split = count(usage, "cache_creation_input_tokens"), part(usage, "cache_creation")
    if not total and are_zero(split):
        return {}
    short = count(split, "ephemeral_5m_input_tokens")
    long = count(split, "ephemeral_1h_input_tokens")
    if short is None and long is None:
        return quantities(cache_write_5m=total)
    if total is not None and total != (short or 0) + (long or 0):
        raise InvalidError(
            "cache_creation", f"{short or 0} + {long or 0} is not the total of {total}"
        )  # fmt: skip
    return quantities(cache_write_5m=short, cache_write_1h=long)


def served(usage: Payload) -> dict[str, str]:
    """What the price depends on: batch is a way of processing, the rest are tiers."""
    if _SERVED.isdisjoint(usage):
        return {}
    told: dict[str, str] = {}
    if tier := word(usage, "service_tier"):
        told["processing" if tier == "batch" else "service_tier"] = tier
    if speed := word(usage, "speed"):
        told["speed"] = speed
    if (place := word(usage, "inference_geo")).lower() not in NOWHERE:
        told["region"] = place
    return told


def stream(usage: Payload, response: Payload) -> Reading:
    """The events of a stream under `events`: every value is cumulative, so the last one wins.

    Without events it is the usage that the stream ended with.
    """
    events = [usage] if _is_start(usage) else usage.get("events")
    if events is None:
        return messages(usage, response)
    reading = messages(last_of(events), response)
    begun = next((part(event, "message") for event in events if event.get("message")), {})
    reading.response_model, reading.response_id = word(begun, "model"), word(begun, "id")
    return reading


def last_of(events: Any) -> dict[str, Any]:
    """The usage a stream ends with."""
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise InvalidError("events", "not a list of events")
    merged: dict[str, Any] = {}
    if not all(isinstance(event, dict) for event in events):
        raise InvalidError("events", "not a list of objects")
    if not any(event.get("usage") for event in events) and any(map(_is_start, events)):
        raise InvalidError("events", "the stream ends before its output is told")
    for event in events:
        for told in (part(part(event, "message"), "usage"), part(event, "usage")):
            merged |= {name: value for name, value in told.items() if value is not None}
    return merged


def _is_start(event: Payload) -> bool:
    """The first event: the output it tells is a placeholder."""
    return bool(part(event, "message").get("usage"))
