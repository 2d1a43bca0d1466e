"""Runs in the environment of the two price libraries: calls a second of each on the same calls.

Reads the golden cases as JSON from stdin; prints {"litellm": [calls/s, cases], ...}.
Each library does what it does for one answer: reads the provider's usage, then prices it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

SECONDS = 2.0
Case = dict[str, Any]


def genai_prices(cases: list[Case]) -> list[Callable[[], Any]]:
    from genai_prices.data import providers

    by_id = {provider.id: provider for provider in providers}
    names = {"bedrock": "aws", "xai": "x-ai"}
    works = []
    for case in cases:
        provider = by_id[names.get(case["provider"], case["provider"])]
        body = {"model": case["model"], "usage": case["provider_usage_payload"]}
        body["usageMetadata"] = case["provider_usage_payload"]
        flavours = [extractor.api_flavor for extractor in provider.extractors or ()]
        at = datetime.fromisoformat(case["timestamp"])

        def work(
            provider: Any = provider, body: Any = body, at: Any = at, flavours: Any = flavours,
            name: str = case["model"],
        ) -> Any:  # fmt: skip
            for flavour in flavours:
                try:
                    _, usage = provider.extract_usage(body, api_flavor=flavour)
                    break
                except ValueError:
                    continue
            model = provider.find_model(name)
            return model.calc_price(usage, provider, genai_request_timestamp=at).total_price

        works.append(work)
    return works


def litellm(cases: list[Case]) -> list[Callable[[], Any]]:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm as library
    from litellm.types.utils import Usage

    works = []
    for case in cases:
        payload = case["provider_usage_payload"]
        if "prompt_tokens" not in payload:
            continue  # its own transformations of other shapes live in the request path

        def work(case: Case = case, payload: Any = payload) -> Any:
            return sum(
                library.cost_per_token(
                    model=case["model"], custom_llm_provider=case["provider"],
                    usage_object=Usage(**payload),
                )
            )  # fmt: skip

        works.append(work)
    return works


def _is_able(work: Callable[[], Any]) -> bool:
    try:
        work()
    except Exception:
        return False
    return True


def measured(works: list[Callable[[], Any]]) -> tuple[float, int]:
    """Calls a second over those that the library can price at all."""
    able = [work for work in works if _is_able(work)]
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS:
        for work in able:
            work()
        done += len(able)
    return done / (time.perf_counter() - started), len(able)


if __name__ == "__main__":
    told = json.load(sys.stdin)
    answer, sys.stdout = sys.stdout, sys.stderr
    found = {"litellm": measured(litellm(told)), "genai-prices": measured(genai_prices(told))}
    json.dump(found, answer)
