"""Cohere: what is billed stands under `billed_units`, what the model saw under `tokens`.

Only the former counts (docs.cohere.com, how does Cohere's pricing work). Values are floats. Images
are billed by their tokens where those are told (embed v4), by the image before.
"""

from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Reading,
    count,
    number,
    part,
    quantities,
)


def billed(usage: Payload, response: Payload) -> Reading:
    """Chat, rerank, embed, classify: `billed_units` of the usage or of v1's `meta`."""
    meta = part(response, "meta")
    units = part(usage, "billed_units") or part(meta, "billed_units") or usage
    seen_images = count(units, "image_tokens")
    found = quantities(
        input=count(units, "input_tokens"), output=count(units, "output_tokens"),
        search_unit=number(units, "search_units"), input_image=seen_images,
        image=None if seen_images else count(units, "images"), page=count(units, "pages"),
    )  # fmt: skip
    seen = part(usage, "tokens") or part(meta, "tokens")
    if "output" in found and "input" not in found:
        raise InvalidError("billed_units", "input_tokens are missing beside output_tokens")
    if found and count(seen, "output_tokens") and "output" not in found:
        raise InvalidError("billed_units", "output_tokens are missing, and the model wrote some")
    has_more = bool(units.get("classifications"))
    return Reading(found, {}, ("classifications are not priced",) if has_more else ())
