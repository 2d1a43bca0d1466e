"""Agents whose own span tells what no other span does: a request to one that runs at a provider, or
the sum of calls that its library does not tell one by one.

Everywhere else an agent's usage is the sum of the calls inside it, and no call. Where these have
calls inside after all, the innermost count.
"""

from services.ingest.otlp.conventions import otel
from services.ingest.otlp.values import Attributes, count, inner, parsed, text

ATTRIBUTES = ("gen_ai.provider.name", "gen_ai.system")
PROVIDERS: frozenset[str] = frozenset({"microsoft.foundry", "az.ai.agents", "azure.ai.agents"})
"""Who runs agents: Azure's, the same run told again by everyone who asks for its state."""
SCOPES = frozenset({
    "openinference.instrumentation.claude_agent_sdk",
    "@arizeai/openinference-instrumentation-claude-agent-sdk", "logfire.claude_agent_sdk",
    "opentelemetry.instrumentation.crewai.instrumentation", "opentelemetry.instrumentation.crewai",
    "opentelemetry.instrumentation.agno", "openlit.instrumentation.agno",
    "openlit.instrumentation.smolagents", "openlit.instrumentation.claude_agent_sdk",
})  # fmt: skip
"""Libraries that know the sums of a process or a client that they do not look into."""
_FRAMEWORKS = ("agent_framework", "semantic_kernel", "Experimental.Microsoft.")
"""How scopes begin that tell such a provider of an agent of their own, and the calls inside it."""
_CREW = "crewai.crew.usage_metrics"
_USAGES = ("gen_ai.usage.input_tokens", "llm.token_count.prompt", f"{_CREW}|prompt_tokens")


IN_PART = frozenset({"openlit.instrumentation.claude_agent_sdk"})
"""Libraries that know of a call only what its answer began with: the output in full, the agent."""


def is_in_part(scope: str, attributes: Attributes) -> bool:
    """True for a call of such a library, not for the agent around it."""
    return scope in IN_PART and text(attributes.get(otel.ATTRIBUTE)) == "chat"


def tells_calls(scope: str, attributes: Attributes) -> bool:
    """True for an agent's span that counts where no call inside it is told."""
    is_known = scope in SCOPES or (
        not scope.startswith(_FRAMEWORKS)
        and any(text(attributes.get(name)) in PROVIDERS for name in ATTRIBUTES)
    )
    return is_known and any(_used(attributes, place) for place in _USAGES)


def _used(attributes: Attributes, place: str) -> int | None:
    name, _, path = place.partition("|")
    value = attributes.get(name)
    return count(inner(parsed(value), path) if path else value)


SOURCES = {
    "response_id": ("gen_ai.thread.run.id",),
    "conversation_id": ("gen_ai.thread.id",),
    "input": (f"{_CREW}|prompt_tokens",),
    "output": (f"{_CREW}|completion_tokens",),
    "cache_read": (f"{_CREW}|cached_prompt_tokens",),
    "cache_write": (f"{_CREW}|cache_creation_tokens",),
    "reasoning": (f"{_CREW}|reasoning_tokens",),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}
