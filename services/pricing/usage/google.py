"""Gemini and Vertex: cached tokens inside the prompt; thoughts and tool prompts beside it.

Facts: `UsageMetadata` of the Gemini API and of Vertex. Protobuf's JSON leaves zero counts out, so
one that is missing is the rest of the total. Modality lists partition their count.
"""

import re

from services.pricing.usage.reading import (
    InvalidError,
    Payload,
    Quantities,
    Reading,
    first,
    items,
    part,
    quantities,
    rest,
    text_first,
    word,
)

TRAFFIC = {
    "PROVISIONED_THROUGHPUT": "provisioned",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "ON_DEMAND": "standard",
}
_TIERS = frozenset({"trafficType", "traffic_type", "serviceTier", "service_tier"})
_BY_ANSWER = re.compile(r"(^|/)gemini-[12]\b")
_TEXT = frozenset({"TEXT", "DOCUMENT", "MODALITY_UNSPECIFIED", ""})


def gemini(usage: Payload, response: Payload) -> Reading:
    """`usageMetadata`, in the spelling of REST or of the Python SDK."""
    prompt = first(usage, "promptTokenCount", "prompt_token_count")
    if prompt is None:
        if any(name.lower().startswith(("candidates", "total")) for name in usage):
            raise InvalidError("promptTokenCount", "missing")
        return Reading({}, served(usage, response))
    cached = first(usage, "cachedContentTokenCount", "cached_content_token_count") or 0
    tool = first(usage, "toolUsePromptTokenCount", "tool_use_prompt_token_count") or 0
    thoughts = first(usage, "thoughtsTokenCount", "thoughts_token_count") or 0
    answer = _answer(usage, (prompt, tool, thoughts))
    found, notes = _input(usage, prompt, cached)
    found |= quantities(input_tool=tool, reasoning=thoughts) | _output(usage, answer)
    if searched := grounding(response):
        notes += ("searches within the free allowance are not told: taken as billed",)
    return Reading(found | searched, served(usage, response), notes)


_TOTALS = {
    "promptTokenCount": ("total_input_tokens", "totalInputTokens"),
    "cachedContentTokenCount": ("total_cached_tokens", "totalCachedTokens"),
    "candidatesTokenCount": ("total_output_tokens", "totalOutputTokens"),
    "toolUsePromptTokenCount": ("total_tool_use_tokens", "totalToolUseTokens"),
    "thoughtsTokenCount": ("total_thought_tokens", "totalThoughtTokens"),
    "totalTokenCount": ("total_tokens", "totalTokens"),
}
_BY_MODALITY = {
    "promptTokensDetails": ("input_tokens_by_modality", "inputTokensByModality"),
    "cacheTokensDetails": ("cached_tokens_by_modality", "cachedTokensByModality"),
    "candidatesTokensDetails": ("output_tokens_by_modality", "outputTokensByModality"),
}


def interactions(usage: Payload, response: Payload) -> Reading:
    """The Interactions API: the same counts under other names, and how often it searched.

    Facts: `Usage` of interactions, in the spelling of the Gemini API or of Vertex.
    """
    told: dict[str, object] = {name: first(usage, *names) for name, names in _TOTALS.items()}
    for name, names in _BY_MODALITY.items():
        told[name] = [
            {"modality": item.get("modality"), "tokenCount": item.get("tokens")}
            for item in items(usage, *names)
        ]
    reading = gemini(told, {"serviceTier": response.get("service_tier")})
    used = dict[str, int]()
    for item in items(usage, "grounding_tool_count", "groundingToolCount"):
        kind = word(item, "type").lower()
        used[kind] = used.get(kind, 0) + (first(item, "count") or 0)
    searches = used.get("google_search", 0)
    if searches and _BY_ANSWER.search(word(response, "model").lower()):
        searches = 1
    reading.quantities |= quantities(web_search=searches, maps_search=used.get("google_maps"))
    return reading


def grounding(response: Payload) -> Quantities:
    """Google Search and Maps: each query is billed from Gemini 3 on, each grounded answer before.

    A query told twice is one, and an empty one is none.

    Facts: ai.google.dev/gemini-api/docs/pricing and /google-search.
    """
    if "candidates" not in response:
        return {}
    searches = maps = 0
    for answer in items(response, "candidates"):
        told = part(answer, "groundingMetadata", "grounding_metadata")
        queries = told.get("webSearchQueries") or told.get("web_search_queries")
        asked = queries if isinstance(queries, list) else []
        searches += len({str(query) for query in asked if query})
        maps += any("maps" in chunk for chunk in items(told, "groundingChunks", "grounding_chunks"))
    if searches and _BY_ANSWER.search(word(response, "modelVersion", "model_version").lower()):
        searches = 1
    return quantities(web_search=searches, maps_search=min(maps, 1))


def _answer(usage: Payload, others: tuple[int, int, int]) -> int:
    names = ("candidatesTokenCount", "candidates_token_count", "responseTokenCount")
    answer = first(usage, *names)
    total = first(usage, "totalTokenCount", "total_token_count")
    if total is None:
        return answer or 0
    left = rest("totalTokenCount", total, others)
    if answer is not None and answer != left:
        raise InvalidError("totalTokenCount", f"leaves {left} candidate tokens, {answer} are told")
    return left


def _modalities(usage: Payload, *names: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for item in items(usage, *names):
        name = word(item, "modality").upper()
        sums[name] = sums.get(name, 0) + (first(item, "tokenCount", "token_count") or 0)
    return sums


def _input(usage: Payload, prompt: int, cached: int) -> tuple[Quantities, tuple[str, ...]]:
    told = _modalities(usage, "promptTokensDetails", "prompt_tokens_details")
    kept = _modalities(usage, "cacheTokensDetails", "cache_tokens_details")
    rest("promptTokensDetails", prompt, told.values())
    rest("cacheTokensDetails", cached, kept.values())
    if told.keys() <= _TEXT and kept.keys() <= _TEXT:
        fresh_text = rest("cachedContentTokenCount", prompt, (cached,))
        return quantities(input=fresh_text, cache_read=cached), ()
    sizes = {name: told.get(name, 0) for name in ("IMAGE", "VIDEO", "AUDIO")}
    hits = {name: kept.get(name, 0) for name in sizes}
    text = rest("promptTokensDetails", prompt, sizes.values())
    if cached and not kept:
        hits = text_first("cachedContentTokenCount", cached, {"TEXT": text, **sizes})
        del hits["TEXT"]
    text_hits = rest("cacheTokensDetails", cached, hits.values())
    fresh = {name: rest("cacheTokensDetails", sizes[name], (hits[name],)) for name in sizes}
    found = quantities(
        input=rest("cachedContentTokenCount", text, (text_hits,)),
        cache_read=text_hits + hits["VIDEO"],
        cache_read_audio=hits["AUDIO"], cache_read_image=hits["IMAGE"],
        input_audio=fresh["AUDIO"], input_image=fresh["IMAGE"], input_video=fresh["VIDEO"],
    )  # fmt: skip
    is_open = cached and not kept and any(sizes.values())
    notes = ("cached tokens are taken as text: the payload does not split them",)
    return found, notes if is_open else ()


def _output(usage: Payload, answer: int) -> Quantities:
    told = _modalities(
        usage, "candidatesTokensDetails", "candidates_tokens_details", "responseTokensDetails"
    )
    if not told:
        return {"output": answer}
    rest("candidatesTokensDetails", answer, told.values())
    text = rest("candidatesTokensDetails", answer, (v for k, v in told.items() if k not in _TEXT))
    return quantities(
        output=text, output_image=told.get("IMAGE"), output_audio=told.get("AUDIO"),
        output_video=told.get("VIDEO"),
    )  # fmt: skip


def served(usage: Payload, response: Payload) -> dict[str, str]:
    """The tier: Vertex calls it traffic type."""
    if _TIERS.isdisjoint(usage):
        return _tier(word(response, "serviceTier"))
    if traffic := word(usage, "trafficType", "traffic_type"):
        name = traffic.rsplit(".", 1)[-1].upper()
        return _tier(TRAFFIC.get(name, name.lower()))
    return _tier(word(usage, "serviceTier", "service_tier") or word(response, "serviceTier"))


def _tier(told: str) -> dict[str, str]:
    """Google's enumerations have a value that says nothing, and may be told by their full name."""
    name = told.lower().rsplit(".", 1)[-1].removeprefix("service_tier_")
    return {"service_tier": name} if name and not name.endswith("unspecified") else {}
