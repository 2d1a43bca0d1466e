"""The chat shape that OpenAI's API and most others share.

Totals hold their parts: cached, written and audio tokens are inside the input, reasoning and audio
inside the output.
"""

from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    are_zero,
    check_total,
    count,
    first,
    part,
    parts,
    quantities,
    rest,
    same,
    text_first,
)


def chat_quantities(usage: Payload, *, reasoning_outside: bool = False) -> Quantities:
    """The chat shape. `reasoning_outside`: reasoning is no part of `completion_tokens`."""
    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    total = count(usage, "total_tokens")
    if prompt is None and completion is None:
        return {}
    if prompt is None:
        raise InvalidError("prompt_tokens", "missing beside completion_tokens")
    if completion is None and total is None:
        raise InvalidError("completion_tokens", "missing, and no total_tokens to tell it by")
    told = part(usage, "completion_tokens_details")
    reasoning = count(told, "reasoning_tokens")
    outside = (reasoning or 0) if reasoning_outside else 0
    if completion is None:
        completion = rest("total_tokens", total or 0, (prompt, outside))
    if total != prompt + completion + outside:
        check_total(usage, "total_tokens", prompt + completion + outside)
    found = input_side(prompt, _details(usage))
    found |= output_side(completion, told, 0 if reasoning_outside else reasoning, reasoning)
    return found


def _details(usage: Payload) -> Payload:
    """Details of the prompt; Moonshot and Together tell the cached tokens one level higher.

    Runs of OpenAI's assistants have the other name.
    """
    details = part(usage, "prompt_tokens_details", "prompt_token_details")
    if usage.get("cached_tokens") is None:
        return details
    told = {"cached_tokens": usage["cached_tokens"], "in details": details.get("cached_tokens")}
    return {**details, "cached_tokens": same(told, "cached_tokens", "in details")}


_SEEN_AND_HEARD = {
    "image_tokens": "input_image", "video_tokens": "input_video", "audio_tokens": "input_audio"
}  # fmt: skip
_CACHED_OF = {
    "input": "cache_read", "input_image": "cache_read_image", "input_video": "cache_read",
}  # fmt: skip
"""Chat keeps no audio (developers.openai.com, prompt caching)."""


def input_side(total: int, details: Payload) -> Quantities:
    """Fresh text is what no detail accounts for."""
    if are_zero(details):
        return {"input": total}
    others = parts(details, _SEEN_AND_HEARD)
    read = first(details, "cached_tokens", "cache_read_input_tokens") or 0
    written = first(details, *_WRITTEN) or 0
    text = rest("prompt_tokens", total, (written, *others.values()))
    found: Quantities = {"input": text, **others}
    if read <= text:
        found["input"] = text - read
        found |= quantities(cache_read=read)
    else:
        found = _cached_beyond_text(read, found)
    return found | quantities(cache_write=written)


_WRITTEN = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")


def _cached_beyond_text(read: int, told: Quantities) -> Quantities:
    """Images and video partition the prompt with the text, cached tokens included."""
    sizes = {kind: int(told[kind]) for kind in _CACHED_OF if kind in told}
    found = dict(told)
    for kind, hit in text_first("prompt_tokens", read, sizes).items():
        found[kind] = sizes[kind] - hit
        found[_CACHED_OF[kind]] = int(found.get(_CACHED_OF[kind], 0)) + hit
    return quantities(**found)


_OUTPUT = {"audio_tokens": "output_audio", "image_tokens": "output_image"}
_PREDICTED = {
    "accepted_prediction_tokens": "accepted", "rejected_prediction_tokens": "rejected"
}  # fmt: skip


def output_side(
    total: int, details: Payload, inside: int | None, reasoning: int | None
) -> Quantities:
    """Visible text is what no detail accounts for; rejected predictions are billed with it."""
    if are_zero(details) and not inside and not reasoning:
        return {"output": total}
    apart, predicted = parts(details, _OUTPUT), parts(details, _PREDICTED)
    text = rest("completion_tokens", total, (inside, *apart.values()))
    rest("completion_tokens", text, predicted.values())
    found: Quantities = {"output": text}
    if reasoning:
        found["reasoning"] = reasoning
    return found | apart


TAKEN_AS_TEXT = ("cached tokens are taken as text: the payload does not split them",)
_NO_TEXT = frozenset({"input_audio", "input_image", "cache_read_image"})


def notes_of(found: Quantities) -> tuple[str, ...]:
    """Cached tokens beside audio or image input: which of them were cached is not told."""
    is_cached = not found.keys().isdisjoint(_CACHED_OF.values())
    if is_cached and not found.keys().isdisjoint(_NO_TEXT):
        return TAKEN_AS_TEXT
    return ()
