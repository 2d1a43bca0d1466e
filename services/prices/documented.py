"""What a provider documents for a family of its models and neither library tells of all of them.

Each rule names the page it comes from. A rule only adds what is missing, but for three: Claude's
batch prices on Vertex are half of the standard ones, and so is Gemini's audio, and Perplexity's
requests are small ones by default, whatever a copy of the page says.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from schemas.usage import TOKEN_DIMENSIONS
from services.prices.sheet import MILLION, STANDARD, Cell, Rate, Sheet

Rates = Mapping[str, Rate]
Cells = dict[Cell, Rates]

_HALF_IN_BATCH = {
    "azure.ai.openai": re.compile(
        r"^(gpt-(4o|4\.1)|o[34]-mini|o3$)(?!.*(audio|realtime|tts|transc))"
    ),
    "gcp.gemini": re.compile(r"^gemini-(2\.0-flash(-lite)?|embedding-001)$"),
    "gcp.vertex_ai": re.compile(r"^gemini-(2\.5|3|3\.1)-pro(-preview)?$"),
    "mistral_ai": re.compile(r"^(mistral|ministral|magistral|devstral|codestral|pixtral)-"),
    "openai": re.compile(
        r"^(text-embedding-ada-002$|o[34](-mini)?-deep-research|computer-use-preview)"
    ),
    "fireworks": re.compile(r"^accounts/fireworks/models/"),
    "groq": re.compile(r"^(llama-3\.3-70b-versatile$|llama-3\.1-8b-instant$|meta-llama/llama-4-)"),
}
"""Fresh input and output at half the price: learn.microsoft.com (global batch), ai.google.dev
(batch mode), cloud.google.com/vertex-ai/generative-ai/pricing (above 200k, too), docs.mistral.ai
(batch inference), developers.openai.com (batch), fireworks.ai/blog/batch-api,
console.groq.com/docs/batch. Cached input is not told."""
_ONE_MODALITY = re.compile(r"^gemini-((2\.5|3|3\.1)-pro(-preview)?|3\.[5-8]-flash)$")
"""Google's page tells one input price for text, image, video and audio of these."""
_LONG_XAI = re.compile(r"^grok-4(-0709|-latest|-fast|-1-fast|$)")
"""docs.x.ai: a request of 128k tokens or more costs twice as much. Cached input is not told."""
_LONG_SONNET = {
    "anthropic": re.compile(r"^claude-(sonnet-4(-0|-20250514|-2025|@)?|4-sonnet)$"),
    "aws.bedrock": re.compile(r"^([a-z-]+\.)?anthropic\.claude-sonnet-4(-5)?-\d{8}(-v1:0)?$"),
}
"""platform.claude.com, 1M context window, and aws.amazon.com/bedrock/pricing: above 200k twice the
input, 1.5 times the output, for as long as the two models took so much."""
_FAST_OPUS = re.compile(r"^claude-opus-4-[67](-\d{8})?$")
"""platform.claude.com, fast mode of these two: six times as much, above 200k too."""
_TENTH = Decimal("1.1")
_IN_ONE_REGION = {
    "anthropic": (re.compile(r"^claude-([a-z]+-)?(4[.-][6-9]|[5-9])"), ("us",)),
    "openai": (
        re.compile(r"^gpt-(5[.-][4-9]|[6-9])(?!.*image)"),
        ("ae", "au", "ca", "eu", "gb", "in", "jp", "kr", "sg", "us"),
    ),
}
"""A tenth more for tokens that stay in one region: platform.claude.com, inference_geo, of Opus 4.6
and what came later; developers.openai.com, data residency, of models since 2026-03-05."""
_XAI_SEARCHES: dict[re.Pattern[str], Rates] = {
    re.compile(r"^grok-[234](-|$)"): {"search_unit": (Decimal(25), 1000)},
    re.compile(r"^grok-4(\.|-1-)"): {
        "web_search": (Decimal(5), 1000), "code_session": (Decimal("0.005"), 1),
        "file_search": (Decimal("2.5"), 1000),
    },
}  # fmt: skip
"""docs.x.ai, live search: each source that was used; docs.x.ai, tools pricing: each call of a tool,
of models that came after the tools had their price."""
_LACKING: dict[tuple[str, str], Rates] = {
    ("azure.ai.openai", "gpt-4o-mini"): {"cache_read": (Decimal("0.075"), MILLION)},
}
"""Azure's retail price of the name's one snapshot."""
_LARGE = {
    (provider, "sora-2-pro"): {"1024p": {"video_second": (Decimal("0.5"), 1)}}
    for provider in ("azure.ai.openai", "openai")
}
"""developers.openai.com, video: a library has a model of its own for the larger size."""
_STORED = {
    re.compile(r"^gemini-(2\.5|3|3\.1)-pro(-preview)?$"): Decimal("4.5"),
    re.compile(r"^gemini-(2\.[05]|3(\.[15-8])?)-flash(-lite)?(-preview)?$"): Decimal(1),
}
_CODE = re.compile(r"^(gpt|o[134])-")
_SESSION = (Decimal("0.03"), 1)


def complete(provider: str, model: str, sheets: list[Sheet]) -> list[Sheet]:
    """The sheets with what the provider documents; `sheets` as they come from the libraries."""
    placed = next((sheet.regions for sheet in sheets if sheet.regions), {})
    made = []
    for sheet in sheets:
        cells = dict(sheet.cells)
        for rule in _RULES:
            rule(provider, model, cells)
        _by_default(provider, sheet, cells)
        told = placed if provider == "anthropic" else sheet.regions
        regions = {**_in_one_region(provider, model), **told}
        sizes = {**_LARGE.get((provider, model), {}), **sheet.sizes}
        made.append(replace(sheet, cells=cells, regions=regions, sizes=sizes))
    return made


def _in_one_region(provider: str, model: str) -> dict[str, Decimal]:
    if provider not in _IN_ONE_REGION:
        return {}
    rule, regions = _IN_ONE_REGION[provider]
    return dict.fromkeys(regions, _TENTH) if rule.match(model) else {}


def _times(told: Rates, factor: str, *names: str) -> dict[str, Rate]:
    """Token rates multiplied; those of `names` where some are given."""
    by = Decimal(factor)
    return {
        name: (price * by, per)
        for name, (price, per) in told.items()
        if name in (names or TOKEN_DIMENSIONS)
    }


def _lacking(provider: str, model: str, cells: Cells) -> None:
    base = cells.get((STANDARD, 0), {})
    cells[STANDARD, 0] = {**_LACKING.get((provider, model), {}), **base}


def _by_default(provider: str, sheet: Sheet, cells: Cells) -> None:
    """docs.perplexity.ai, search context size: a request that names none is a low one.

    And its changelog of April 2025: only deep research charges for the tokens of citations.
    """
    if provider == "perplexity" and (low := sheet.searches.get("low")):
        free = {"citation": (Decimal(0), MILLION)}
        cells[STANDARD, 0] = {**free, **cells[STANDARD, 0], **low}


def _code_sessions(provider: str, model: str, cells: Cells) -> None:
    """developers.openai.com: a container costs the same whichever model runs code in it."""
    base = cells[STANDARD, 0]
    if provider == "openai" and _CODE.match(model) and "file_search" in base:
        cells[STANDARD, 0] = {"code_session": _SESSION, **base}


def _one_modality(provider: str, model: str, cells: Cells) -> None:
    if not provider.startswith("gcp.") or not _ONE_MODALITY.match(model):
        return
    for cell, told in cells.items():
        same = {"input_audio": "input", "cache_read_audio": "cache_read"}
        cells[cell] = {n: told[other] for n, other in same.items() if other in told} | dict(told)


def _one_voice(provider: str, model: str, cells: Cells) -> None:  # noqa: ARG001 - of all models
    """Where speech costs what text does, it does so in every mode of service."""
    base = cells[STANDARD, 0]
    if "output_audio" in base and base["output_audio"] == base.get("output"):
        for cell, told in cells.items():
            if "output" in told:
                cells[cell] = {"output_audio": told["output"], **told}


def _xai_searches(provider: str, model: str, cells: Cells) -> None:
    for rule, fees in _XAI_SEARCHES.items():
        if provider == "x_ai" and rule.match(model) and "image" not in cells[STANDARD, 0]:
            cells[STANDARD, 0] = {**fees, **cells[STANDARD, 0]}


def _long_context(provider: str, model: str, cells: Cells) -> None:
    base, above = cells[STANDARD, 0], [size for mode, size in cells if mode == STANDARD and size]
    if above:
        return
    if provider == "x_ai" and _LONG_XAI.match(model):
        cells[STANDARD, 128_000] = _times(base, "2", "input", "output")
    if (sonnet := _LONG_SONNET.get(provider)) and sonnet.match(model):
        cells[STANDARD, 200_000] = _times(base, "2") | _times(base, "1.5", "output")


def _fast(provider: str, model: str, cells: Cells) -> None:
    if provider != "anthropic" or not _FAST_OPUS.match(model) or ("fast", 0) in cells:
        return
    for (mode, above), told in list(cells.items()):
        if mode == STANDARD:
            cells["fast", above] = _times(told, "6")


def _groq_flex(provider: str, model: str, cells: Cells) -> None:  # noqa: ARG001 - of all models
    """console.groq.com/docs/flex-processing: pricing matches the on-demand tier."""
    if provider == "groq" and ("flex", 0) not in cells:
        cells["flex", 0] = _times(cells[STANDARD, 0], "1")


def _cache_storage(provider: str, model: str, cells: Cells) -> None:
    """ai.google.dev, context caching: what an hour of a million cached tokens costs."""
    kept = next((price for rule, price in _STORED.items() if rule.match(model)), None)
    if provider == "gcp.gemini" and kept is not None:
        cells[STANDARD, 0] = {"cache_storage_token_hour": (kept, MILLION), **cells[STANDARD, 0]}


def _batch(provider: str, model: str, cells: Cells) -> None:
    """platform.claude.com and Vertex: all usage of a batch, caches too, is half the price."""
    is_vertex = provider == "gcp.vertex_ai" and model.startswith("claude-")
    is_whole = provider == "anthropic" or (is_vertex and ("batch", 0) in cells)
    rule = _HALF_IN_BATCH.get(provider)
    if not is_whole and not (rule and rule.match(model)):
        return
    names = () if is_whole else ("input", "output", "input_audio")
    for (mode, above), rates in list(cells.items()):
        half = _times(rates, "0.5", *names)
        told = {} if is_vertex else cells.get(("batch", above), {})
        if mode == STANDARD and half and (is_whole or not told):
            cells["batch", above] = {**half, **told}


def _audio_in_batch(provider: str, model: str, cells: Cells) -> None:  # noqa: ARG001 - of all models
    """cloud.google.com: a batch halves audio, too. A library tells the price of its text for it."""
    base, batch = cells[STANDARD, 0], cells.get(("batch", 0), {})
    told, audio = batch.get("input_audio"), base.get("input_audio")
    is_copied = told and told == batch.get("input") and audio != base.get("input")
    if provider == "gcp.vertex_ai" and is_copied:
        cells["batch", 0] = {**batch, **_times(base, "0.5", "input_audio")}


_RULES: tuple[Callable[[str, str, Cells], None], ...] = (
    _lacking, _code_sessions, _one_modality, _one_voice, _xai_searches, _long_context, _fast,
    _batch, _audio_in_batch, _groq_flex, _cache_storage,
)  # fmt: skip
