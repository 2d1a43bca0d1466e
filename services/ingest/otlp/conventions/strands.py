"""Strands for JavaScript: it tells the name of the service for its own and for the provider's.

The input of Anthropic's models leaves the cached tokens out there; Python's has them in.
"""

from services.ingest.otlp.conventions import agents
from services.ingest.otlp.values import Attributes, text

SCOPE = "strands-agents"
"""Its name where the service has none."""
_STARTED = "gen_ai.event.start_time"


def scope(told: str, attributes: Attributes) -> str:
    """The library's name, whatever the service's."""
    if _STARTED not in attributes:
        return told
    is_itself = any(text(attributes.get(name)) == told for name in agents.ATTRIBUTES)
    return SCOPE if is_itself else told
