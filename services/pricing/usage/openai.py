"""OpenAI's own APIs.

Facts: OpenAI's API reference, usage objects of chat completions, responses, realtime, embeddings,
audio and images.
"""

from collections.abc import Sequence

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
    number,
    part,
    quantities,
    rest,
    text_first,
    word,
)
from services.pricing.usage.shape import (
    TAKEN_AS_TEXT,
    chat_quantities,
    input_side,
    notes_of,
    output_side,
)

SEARCHES = ("web_search_call", "web_search_preview_call")


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
        found = input_side(received, _read_details(usage))
        found |= output_side(sent, details, reasoning, reasoning)
    elif received is not None or sent is not None:
        missing = "output_tokens" if sent is None else "input_tokens"
        raise InvalidError(missing, "missing")
    is_text = isinstance(response.get("output"), dict)  # of Alibaba's own API
    used = {} if is_text else tools(items(response, "output"))
    if "web_search" in used and not found.get("reasoning") and _is_preview(response):
        used["request"] = used.pop("web_search")
    return Reading(found | used, tier(response), notes_of(found))


def _read_details(usage: Payload) -> Payload:
    """Alibaba's own API tells what was cached as chat does."""
    details = part(usage, "input_tokens_details")
    if usage.get("prompt_tokens_details") is None:
        return details
    return {**details, **part(usage, "prompt_tokens_details")}


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
    cached = _cached(details, split, {"text": text, "image": image, "audio": audio})
    _text("output_tokens", sent, out, counts(out, "audio_tokens", "image_tokens"))
    found = quantities(
        input=rest("cached_tokens", text, (cached["text"],)),
        cache_read=cached["text"],
        input_audio=rest("cached_tokens", audio, (cached["audio"],)),
        cache_read_audio=cached["audio"],
        input_image=rest("cached_tokens", image, (cached["image"],)),
        cache_read_image=cached["image"],
    ) | output_side(sent, out, count(out, "reasoning_tokens"), count(out, "reasoning_tokens"))
    is_open = any(cached.values()) and not split and (audio or image)
    return Reading(found, tier(response), TAKEN_AS_TEXT if is_open else ())


_MODALITIES = ("text_tokens", "audio_tokens", "image_tokens")


def _cached(details: Payload, split: Payload, sizes: dict[str, int]) -> dict[str, int]:
    """Cached tokens by kind, as told or, where only their sum is, of the text first."""
    cached = count(details, "cached_tokens")
    if cached is None:
        cached = sum(number or 0 for number in counts(split, *_MODALITIES))
    if not split:
        return text_first("cached_tokens", cached, sizes)
    audio, image = count(split, "audio_tokens") or 0, count(split, "image_tokens") or 0
    text = _text("cached_tokens", cached, split, (audio, image), is_all=False)
    return {"text": text, "image": image, "audio": audio}


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
    """Image generation: tokens, or as many images as came where no tokens are told."""
    made = items(response, "data")
    is_counted = not made or usage.keys() & {"input_tokens", "output_tokens"}
    found = _image_tokens(usage) if is_counted else quantities(image=len(made))
    served = {
        field: value
        for field, name in (("image_size", "size"), ("quality", "quality"))
        if (value := word(response, name))
    }
    return Reading(found, tier(response) | served)


def _image_tokens(usage: Payload) -> Quantities:
    """What comes out is image tokens unless the payload splits it."""
    received, sent = _both(usage)
    text = count(part(usage, "output_tokens_details"), "text_tokens")
    found = input_side(received, part(usage, "input_tokens_details"))
    found["output_image"] = rest("output_tokens", sent, (text,))
    if text:
        found["output"] = text
    return found
