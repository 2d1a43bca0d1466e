"""Runs in the environment of the two price libraries: what each says of its whole book.

    .venv/peers/bin/python tests/differential/tell.py genai-prices|litellm

One JSON line per name and usage: {"provider", "key", "usage", "cost"}; the cost as text, null where
the library has none. The usage is disjoint: input, cache_read, output.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
USAGES = (
    {"input": 1000, "output": 500},
    {"input": 1000, "cache_read": 9000, "output": 500},
    {"input": 100_000, "output": 500},
    {"input": 150_000, "cache_read": 60_000, "output": 500},
    {"input": 300_000, "output": 500},
)


def genai_prices() -> Iterator[dict[str, Any]]:
    from genai_prices import Usage
    from genai_prices.data import providers

    for provider in providers:
        for model in provider.models:
            for key in _names(model):
                for used in USAGES:
                    told = Usage(
                        input_tokens=used["input"] + used.get("cache_read", 0),
                        cache_read_tokens=used.get("cache_read", 0),
                        output_tokens=used["output"],
                    )
                    try:
                        price = model.calc_price(told, provider, genai_request_timestamp=AT)
                        cost = str(price.total_price)
                    except Exception:
                        cost = None
                    yield {"provider": provider.id, "key": key, "usage": used, "cost": cost}


def _names(model: Any) -> list[str]:
    def equals(clause: Any) -> Iterator[str]:
        if hasattr(clause, "equals"):
            yield clause.equals
        for inner in getattr(clause, "or_", ()):
            yield from equals(inner)

    return sorted({*equals(model.match), *([model.id] if model.is_match(model.id) else [])})


def litellm() -> Iterator[dict[str, Any]]:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm as library
    from litellm.types.utils import PromptTokensDetailsWrapper, Usage

    for key, entry in library.model_cost.items():
        if entry.get("mode") not in ("chat", "completion", "responses") or key == "sample_spec":
            continue
        for used in USAGES:
            read = used.get("cache_read", 0)
            told = Usage(
                prompt_tokens=used["input"] + read,
                completion_tokens=used["output"],
                total_tokens=used["input"] + read + used["output"],
                prompt_tokens_details=PromptTokensDetailsWrapper(cached_tokens=read),
            )
            try:
                fresh, output = library.cost_per_token(
                    model=key, custom_llm_provider=entry.get("litellm_provider"),
                    usage_object=told,
                )  # fmt: skip
                cost = repr(fresh + output)
            except Exception:
                cost = None
            provider = entry.get("litellm_provider")
            yield {"provider": provider, "key": key, "usage": used, "cost": cost}


if __name__ == "__main__":
    tell = {"genai-prices": genai_prices, "litellm": litellm}[sys.argv[1]]
    lines, sys.stdout = sys.stdout, sys.stderr  # libraries print what they think of a model
    for line in tell():
        lines.write(json.dumps(line) + "\n")
