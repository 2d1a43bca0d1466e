"""How libraries tell their spans: one module of data per convention, gathered here.

`SOURCES` of all of them are one list per field, the first that is told counts. An attribute may
hold a structure in text: `name|path` is what stands at the path inside it. `CARRIERS` hold what a
user attached, e.g. `metadata`: names of identity are looked for in each of them. `..table` reads
spans by what stands here.
"""

from collections.abc import Iterator

from services.ingest.otlp.conventions import (
    adk,
    ag2,
    agents,
    braintrust,
    claude_code,
    codex,
    confident,
    genkit,
    haystack,
    honeyhive,
    judgment,
    kinds,
    laminar,
    langfuse,
    langsmith,
    langwatch,
    litellm,
    llama_index,
    logfire,
    mistral,
    mlflow,
    monocle,
    openinference,
    otel,
    products,
    respan,
    servers,
    spring_ai,
    traceloop,
    vercel,
    voltagent,
)

CONVENTIONS = (
    otel, vercel, openinference, traceloop, langfuse, langsmith, litellm, mlflow, adk, ag2, mistral,
    haystack, logfire, claude_code, codex, genkit, llama_index, agents,
    servers, spring_ai, braintrust, kinds, laminar, products,
    langwatch, confident, judgment, voltagent, monocle, honeyhive, respan,
)  # fmt: skip

ORG_NAMES = tuple(
    form
    for word in ("org", "organization", "tenant", "customer", "account")
    for form in (f"{word}.id", f"{word}_id", f"{word}Id")
)
CARRIED: dict[str, tuple[str, ...]] = {
    "org_id": ORG_NAMES,
    "feature": ("feature", "feature_name", "featureName"),
    "assistant_id": ("config_id", "configId", "assistant_config_id", "assistantConfigId",
                     "assistant_id", "assistantId"),
    "assistant_version": ("assistant_version", "assistantVersion", "config_version"),
    "user_id": ("user_id", "userId"),
    "conversation_id": ("conversation_id", "conversationId", "session_id", "sessionId",
                        "thread_id", "threadId"),
}  # fmt: skip
"""Names of identity inside a carrier."""
CONTENTS: dict[str, tuple[str, str]] = {
    name: told for convention in CONVENTIONS for name, told in convention.CONTENTS.items()
}
"""Attributes that hold what was said, to the kind and the role of the piece."""
PREFIXES: dict[str, tuple[str, str]] = otel.PREFIXES | openinference.PREFIXES
EVENT_ROLES: dict[str, tuple[str, str]] = otel.EVENT_ROLES
CONTENT = frozenset({
    "output.value", "gen_ai.completion", "mlflow.spanOutputs", "mlflow.spanInputs",
    "langfuse.observation.output", "gcp.vertex.agent.llm_response", "haystack.component.output",
    "genkit:output", f"{haystack.CALL_NAME}.output", products.COMPLETION,
    mlflow.RAW, logfire.ANSWER,
})  # fmt: skip
"""Those of them that are opened for what nothing else says: the id of the response, the usage. A
count of 0 there is none: answers fill in what they do not know."""
_COMMON_CARRIERS = ("metadata|", "metadata.", "mastra.metadata.", "trace.metadata.")


def carriers() -> Iterator[str]:
    """How attributes begin, or where structures stand, that hold what a user attached."""
    for convention in CONVENTIONS:
        yield from getattr(convention, "CARRIERS", ())
    yield from _COMMON_CARRIERS


def tags() -> Iterator[str]:
    """Where a list of words stands of which the first may be a feature, if nothing says so."""
    for convention in CONVENTIONS:
        yield from getattr(convention, "TAGS", ())
