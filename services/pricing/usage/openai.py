"""OpenAI's own APIs, and the chat shape that most others share.

Totals hold their parts: cached, written and audio tokens are inside the input, reasoning and audio
inside the output. Facts: OpenAI's API reference, usage objects of chat completions, responses,
realtime, embeddings, audio and images.
"""

from collections.abc import Sequence

from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    Reading,
    are_zero,
    check_total,
    count,
    counts,
    first,
    items,
    number,
    part,
    parts,
    quantities,
    rest,
    same,
    word,
)

SEARCHES = ("web_search_call", "web_search_preview_call")


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
    """Details of the prompt; Moonshot and Together tell the cached tokens one level higher."""
    details = part(usage, "prompt_tokens_details")
    if usage.get("cached_tokens") is None:
        return details
    told = {"cached_tokens": usage["cached_tokens"], "in details": details.get("cached_tokens")}
    return {**details, "cached_tokens": same(told, "cached_tokens", "in details")}


_CACHED = {"cached_tokens": "cache_read", "cache_write_tokens": "cache_write"}
_HEARD_AND_SEEN = {"audio_tokens": "input_audio", "image_tokens": "input_image"}


def input_side(total: int, details: Payload) -> Quantities:
    """Fresh text is what no detail accounts for."""
    if are_zero(details):
        return {"input": total}
    cached, others = parts(details, _CACHED), parts(details, _HEARD_AND_SEEN)
    if details.get("cache_write_tokens") is None:
        written = first(details, "cache_creation_tokens", "cache_creation_input_tokens")
        if written:
            cached["cache_write"] = written
    fresh = rest("prompt_tokens", total, (*cached.values(), *others.values()))
    return {"input": fresh, **cached, **others}


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


def notes_of(found: Quantities) -> tuple[str, ...]:
    """Cached tokens beside audio or image input: which of them were cached is not told."""
    if "cache_read" in found and ("input_audio" in found or "input_image" in found):
        return ("cached tokens are taken as text: the payload does not split them",)
    return ()


def tier(response: Payload) -> dict[str, str]:
    """The tier the response says was served."""
    if response.get("service_tier") is None:
        return {}
    served = word(response, "service_tier")
    return {"service_tier": served} if served else {}


def chat(usage: Payload, response: Payload) -> Reading:
    """Chat completions."""
    found = chat_quantities(usage)
    return Reading(found, tier(response) or tier(usage), notes_of(found))


def embeddings(usage: Payload, response: Payload) -> Reading:
    """Embeddings: only input, and the total equals it. Voyage tells the total alone."""
    prompt = first(usage, "prompt_tokens", "input_tokens")
    if prompt is None and usage.keys() == {"total_tokens"}:
        prompt = count(usage, "total_tokens")
    if prompt is not None:
        check_total(usage, "total_tokens", prompt)
    return Reading(quantities(input=prompt), tier(response))


def responses(usage: Payload, response: Payload) -> Reading:
    """Responses: built-in tools are counted from the response's output items."""
    received, sent = count(usage, "input_tokens"), count(usage, "output_tokens")
    found: Quantities = {}
    if received is not None and sent is not None:
        check_total(usage, "total_tokens", received + sent)
        details = part(usage, "output_tokens_details")
        reasoning = count(details, "reasoning_tokens")
        found = input_side(received, part(usage, "input_tokens_details"))
        found |= output_side(sent, details, reasoning, reasoning)
    elif received is not None or sent is not None:
        missing = "output_tokens" if sent is None else "input_tokens"
        raise InvalidError(missing, "missing")
    used = tools(items(response, "output"))
    if "web_search" in used and not found.get("reasoning") and _is_preview(response):
        used["request"] = used.pop("web_search")
    return Reading(found | used, tier(response), notes_of(found))


def _is_preview(response: Payload) -> bool:
    """The preview of web search has a fee of its own for models that do not reason.

    Only the tool that was asked for tells it (developers.openai.com, pricing of built-in tools);
    counted as requests, such searches are not priced at the fee of the others.
    """
    asked = [word(tool, "type") for tool in items(response, "tools")]
    return any(kind.startswith("web_search_preview") for kind in asked) and not word(
        part(response, "reasoning"), "effort"
    )


def tools(output: Sequence[Payload]) -> Quantities:
    """Built-in tools that were called: searches, file searches, code containers, images.

    An image is billed by tokens of the image model, which no usage tells: it is counted as one, so
    that the call is not priced without it.
    """
    kinds = [str(item.get("type", "")) for item in output]
    searches = sum(
        1 for item, kind in zip(output, kinds, strict=True)
        if kind in SEARCHES and _is_search(item)
    )  # fmt: skip
    containers = {
        str(item.get("container_id", number))
        for number, item in enumerate(output)
        if item.get("type") == "code_interpreter_call"
    }
    return quantities(
        web_search=searches, file_search=kinds.count("file_search_call"),
        code_session=len(containers), image=kinds.count("image_generation_call"),
    )  # fmt: skip


def _is_search(item: Payload) -> bool:
    """Opening a page or finding in it is no further search."""
    action = item.get("action")
    return not isinstance(action, dict) or action.get("type", "search") == "search"


def realtime(usage: Payload, response: Payload) -> Reading:
    """Realtime: text, audio and image partition each total, cached tokens included."""
    usage = part(usage, "usage") or usage
    received, sent = _both(usage)
    details = part(usage, "input_token_details", "input_tokens_details")
    out = part(usage, "output_token_details", "output_tokens_details")
    audio, image = count(details, "audio_tokens") or 0, count(details, "image_tokens") or 0
    text = _text("input_tokens", received, details, (audio, image))
    split = part(details, "cached_tokens_details")
    cached_audio, cached_image = count(split, "audio_tokens"), count(split, "image_tokens")
    cached = count(details, "cached_tokens")
    if cached is None:
        cached = sum(number or 0 for number in counts(split, *_MODALITIES))
    cached_text = _text("cached_tokens", cached, split, (cached_audio, cached_image), is_all=False)
    _text("output_tokens", sent, out, counts(out, "audio_tokens", "image_tokens"))
    found = quantities(
        input=rest("cached_tokens", text, (cached_text,)),
        cache_read=cached_text,
        input_audio=rest("cached_tokens", audio, (cached_audio,)),
        cache_read_audio=cached_audio,
        input_image=rest("cached_tokens", image, (cached_image,)),
        cache_read_image=cached_image,
    ) | output_side(sent, out, count(out, "reasoning_tokens"), count(out, "reasoning_tokens"))
    is_open = cached and not split and (audio or image)
    notes = ("cached tokens are taken as text: the payload does not split them",)
    return Reading(found, tier(response), notes if is_open else ())


_MODALITIES = ("text_tokens", "audio_tokens", "image_tokens")


def _both(usage: Payload) -> tuple[int, int]:
    """Input and output of an API that always tells both; neither is zero for being left out."""
    received, sent = count(usage, "input_tokens"), count(usage, "output_tokens")
    if received is None or sent is None:
        raise InvalidError("input_tokens" if received is None else "output_tokens", "missing")
    check_total(usage, "total_tokens", received + sent)
    return received, sent


def _text(
    name: str, total: int, details: Payload, others: Sequence[int | None], *, is_all: bool = True
) -> int:
    """What is neither audio nor image. `is_all`: without any details it cannot be told."""
    if is_all and total and not details:
        raise InvalidError(name, "no details: what of it is audio is not told")
    text = rest(name, total, others)
    told = count(details, "text_tokens")
    if told is not None and told != text:
        raise InvalidError(name, f"leaves {text} text tokens, {told} are told")
    return text


def transcription(usage: Payload, response: Payload) -> Reading:
    """Speech to text: tokens, or seconds."""
    if usage.get("type") == "duration" or "seconds" in usage:
        return Reading(quantities(audio_second=number(usage, "seconds")), tier(response))
    received, sent = _both(usage)
    details = part(usage, "input_token_details", "input_tokens_details")
    _text("input_tokens", received, details, counts(details, "audio_tokens", "image_tokens"))
    return Reading(input_side(received, details) | quantities(output=sent), tier(response))


def speech(usage: Payload, response: Payload) -> Reading:
    """Text to speech: text tokens in, audio tokens out; or characters."""
    if (characters := first(usage, "characters", "input_characters")) is not None:
        return Reading(quantities(character=characters), tier(response))
    if not usage.keys() & {"input_tokens", "output_tokens"}:
        return Reading({}, tier(response))
    received, sent = _both(usage)
    return Reading(quantities(input=received, output_audio=sent), tier(response))


def images(usage: Payload, response: Payload) -> Reading:
    """Image generation: what comes out is image tokens unless the payload splits it."""
    received, sent = _both(usage)
    text = count(part(usage, "output_tokens_details"), "text_tokens")
    found = input_side(received, part(usage, "input_tokens_details"))
    found["output_image"] = rest("output_tokens", sent, (text,))
    if text:
        found["output"] = text
    served = {
        field: value
        for field, name in (("image_size", "size"), ("quality", "quality"))
        if (value := word(response, name))
    }
    return Reading(found, tier(response) | served)
