"""What serves a model itself, vLLM or SGLang: a span for each request, inside the client's.

It tells neither provider nor operation, and often no model: where the client is told as well, that
one is asked first.
"""

from services.ingest.otlp.conventions import otel
from services.ingest.otlp.values import Attributes

ATTRIBUTES = ("gen_ai.latency.time_to_first_token", "gen_ai.latency.e2e")
USAGE = "gen_ai.usage.prompt_tokens"


def is_call(attributes: Attributes) -> bool:
    """True for the request of a server that tells what it used."""
    is_told = USAGE in attributes and any(name in attributes for name in ATTRIBUTES)
    return is_told and otel.ATTRIBUTE not in attributes


SOURCES = {
    "cache_read": ("gen_ai.usage.cached_tokens",),
    "ttft_s": (ATTRIBUTES[0],),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
