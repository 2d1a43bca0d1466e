"""Each library's models under our provider names and under the names that their APIs use."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from services.prices import genai, litellm_map
from services.prices.sheet import MILLION, STANDARD, Sheet
from services.pricing.providers import canonical, plain_name

GENAI_PROVIDERS = {
    "aws": ("aws.bedrock",), "azure": ("azure.ai.openai",), "google": ("gcp.gemini",),
    "x-ai": ("x_ai",), "mistral": ("mistral_ai",), "moonshotai": ("moonshot_ai",),
    "voyageai": ("voyage",),
}  # fmt: skip
"""Provider ids of genai-prices that are not ours already."""
GENAI_SKIPPED = frozenset({"openai-decisions"})
LITELLM_PROVIDERS = {
    "text-completion-openai": "openai", "azure": "azure.ai.openai",
    "azure_text": "azure.ai.openai", "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock", "bedrock_converse": "aws.bedrock", "gemini": "gcp.gemini",
    "xai": "x_ai", "cohere_chat": "cohere", "mistral": "mistral_ai", "codestral": "mistral_ai",
    "text-completion-codestral": "mistral_ai", "fireworks_ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks", "together_ai": "together",
    "moonshot": "moonshot_ai", "watsonx": "ibm.watsonx.ai", "dashscope": "alibaba_cloud",
    "jina_ai": "jina",
}  # fmt: skip
LITELLM_SKIPPED = frozenset({"chatgpt", "github_copilot", "microsoft_365_copilot", "sagemaker"})
"""Subscriptions and hosting: no price per token."""
_PREFIXES = {"amazon_nova": "amazon-nova"}
"""What stands before the model's own name where that is not the provider's id."""
AZURE_PLACES = {"eu": "eu", "us": "us", "global": "", "global-standard": ""}
_COMMITTED = re.compile(
    r"commitment|^bedrock/\*/|^bedrock/[a-z]{2}(-[a-z]+)+-\d/|^\d{3,4}-x-\d|^(low|medium|high|standard|hd)/"
)
"""Committed throughput, single regions, sizes of images priced by the pixel."""


class Named(NamedTuple):
    """A series of the book."""

    provider: str
    model: str


@dataclass
class Found:
    """What one library says of a series."""

    sheets: list[Sheet]
    url: str = ""
    is_exact: bool = True


Library = dict[Named, Found]
FREE = Sheet(cells={
    (STANDARD, 0): {name: (Decimal(0), MILLION) for name in ("input", "cache_read", "output")}
})  # fmt: skip
"""Variants that OpenRouter names so cost nothing: an explicit zero, not a missing price."""


def from_litellm(told: Mapping[str, Mapping[str, Any]]) -> Library:
    """Every entry with prices, under the name that its API uses."""
    found: Library = {}
    for key, entry in told.items():
        kind = str(entry.get("litellm_provider", ""))
        if key == "sample_spec" or kind in LITELLM_SKIPPED or _COMMITTED.search(key):
            continue
        provider = _provider(kind)
        name, place = _name(key, kind)
        if _COMMITTED.search(name):
            continue
        sheet = litellm_map.sheet(entry, anthropic=_is_anthropic(provider, name))
        _put(found, Named(provider, plain_name(name)), sheet, place, str(entry.get("source", "")))
    return {named: entry for named, entry in found.items() if entry.sheets[0].base()}


def _provider(kind: str) -> str:
    if kind.startswith("vertex_ai"):
        return "gcp.vertex_ai"
    return canonical(LITELLM_PROVIDERS.get(kind, kind))


def _name(key: str, kind: str) -> tuple[str, str]:
    """The model's own name, and the region that stands before it with Azure."""
    stem = "vertex_ai" if kind.startswith("vertex_ai") else kind
    own = "openai" if kind == "openai" else _PREFIXES.get(stem, stem)
    for prefix in (stem, stem.split("-embedding")[0], own):
        key = key.removeprefix(f"{prefix}/")
    if kind.startswith("bedrock"):
        key = key.removeprefix("bedrock/").removeprefix("converse/").removeprefix("invoke/")
    place, slash, rest = key.partition("/")
    if kind == "azure" and slash and place in AZURE_PLACES:
        return rest, AZURE_PLACES[place]
    return key, ""


def _put(found: Library, named: Named, sheet: Sheet, place: str, url: str) -> None:
    known = found.get(named)
    if place:
        before = known.sheets[0] if known else Sheet()
        placed = {**before.places, place: sheet.cells}
        found[named] = Found([replace(before, places=placed)], known.url if known else url)
    elif known is None:
        found[named] = Found([sheet], url)
    elif not known.sheets[0].base():
        found[named] = Found([replace(sheet, places=known.sheets[0].places)], url)


def from_genai(providers: Iterable[Any], names: Mapping[str, Iterable[str]]) -> Library:
    """Every model under the names the library knows, and under those of `names` it matches."""
    found: Library = {}
    for provider in providers:
        if provider.id in GENAI_SKIPPED:
            continue
        for own in GENAI_PROVIDERS.get(provider.id, (canonical(provider.id),)):
            for model in provider.models:
                _add_model(found, own, model, provider)
            for name in names.get(own, ()):
                if Named(own, name) not in found and (model := provider._match_model(name)):
                    _add(found, Named(own, name), model, provider, is_exact=False)
    return found


def _add_model(found: Library, own: str, model: Any, provider: Any) -> None:
    for name in genai.names(model):
        _add(found, Named(own, plain_name(name)), model, provider, is_exact=True)


def patterns(providers: Iterable[Any]) -> list[dict[str, Any]]:
    """Dated snapshots that no record names are priced as their model."""
    made = []
    for provider in providers:
        for own in GENAI_PROVIDERS.get(provider.id, (canonical(provider.id),)):
            for model in provider.models:
                for prefix in genai.snapshots(model, own):
                    if target := genai.names(model)[:1]:
                        made.append(_pattern(own, plain_name(prefix), plain_name(target[0])))
    return made


def _pattern(provider: str, prefix: str, model: str) -> dict[str, Any]:
    return {
        "schema": 1, "kind": "pattern", "provider": provider, "rule_id": f"snapshot {prefix}",
        "match": {"prefix": prefix}, "model": model, "priority": 10,
        "source": {"kind": "price_library", "confidence": "one library"},
        "audit": {"published_by": "tracetally", "reason": "dated snapshots of one model"},
    }  # fmt: skip


def _add(found: Library, named: Named, model: Any, provider: Any, *, is_exact: bool) -> None:
    sheets = genai.sheets(model, anthropic=_is_anthropic(*named))
    if sheets and named.model.endswith(":free") and not sheets[0].base():
        sheets = [FREE]
    if sheets and named not in found and any(sheet.base() for sheet in sheets):
        found[named] = Found(sheets, (provider.pricing_urls or [""])[0], is_exact)


def _is_anthropic(provider: str, name: str) -> bool:
    return provider in ("anthropic", "aws.bedrock") or "claude" in name
