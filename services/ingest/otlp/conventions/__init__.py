"""How libraries tell their spans: one module of data per convention, read by one table.

`SOURCES` of all of them are one list per field, the first that is told counts. An attribute may
hold a structure in text: `name|path` is what stands at the path inside it. `CARRIERS` hold what a
user attached, e.g. `metadata`: names of identity are looked for in each of them.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from services.ingest.otlp.conventions import (
    adk,
    ag2,
    agents,
    answers,
    braintrust,
    claude_code,
    codex,
    confident,
    genkit,
    haystack,
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
    openinference,
    otel,
    products,
    servers,
    spring_ai,
    traceloop,
    vercel,
)
from services.ingest.otlp.values import TEXT_MAX, Attributes, amount, count, inner, parsed, text

CONVENTIONS = (
    otel, vercel, openinference, traceloop, langfuse, langsmith, litellm, mlflow, adk, ag2, mistral,
    haystack, logfire, claude_code, codex, genkit, llama_index, agents,
    servers, spring_ai, braintrust, kinds, laminar, products,
    langwatch, confident, judgment,
)  # fmt: skip

COUNTS = frozenset({
    "input", "output", "total", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h",
    "reasoning", "http_status", "raw_input", "fresh_input", "beside_input",
    *langfuse.KINDS_OF["input"], *langfuse.KINDS_OF["output"],
})  # fmt: skip
RAW = frozenset({"ttft_s", "ttft_ms"})

ORG_NAMES = tuple(
    form
    for word in ("org", "organization", "tenant", "customer", "account")
    for form in (f"{word}.id", f"{word}_id", f"{word}Id")
)
_CARRIED: dict[str, tuple[str, ...]] = {
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
})  # fmt: skip
"""Those of them that are opened for what nothing else says: the id of the response, the usage. A
count of 0 there is none: answers fill in what they do not know."""
_COMMON_CARRIERS = ("metadata|", "metadata.", "mastra.metadata.", "trace.metadata.")
_NO_PROVIDER = frozenset({
    "langchain", "langgraph", "strands-agents", "strands", "gcp.vertex.agent", "crewai",
    "llama_index", "llamaindex", "haystack", "agno", "autogen", "mlflow", "vercel", "openai-agents",
    "dspy", "smolagents", "litellm", "spring_ai", "semantic_kernel", "unknown", "none", "_other",
    "gateway", "semantic-kernel", "ag2", "us", "eu", "apac", "global",
    "ruby_llm", "other",
})  # fmt: skip
"""Frameworks that put their own name where the provider's belongs, and regions of Amazon."""


_NO_ANSWERS = ("run-", "lc_run-", "call_", "toolu_", "tooluse_", "fc_", "__")
"""Ids of LangChain's own runs, of tools that an answer calls, and what stands for an id, as in the
Agents SDK of OpenAI: `__fake_id__`."""
_NO_CONVERSATIONS = ("resp_",)
"""The answer before this one, which Microsoft's frameworks tell as the conversation."""
_NOTHING = frozenset(
    {
        form
        for name in ("null", "none", "undefined", "unknown")
        for form in (name, name.upper(), name.title())
    }
)
"""No name: what nothing is as text."""
_HIDDEN = "[Scrubbed due to"
"""What logfire puts in place of what looks like a secret."""
_OWN_TAGS = ("seq:step:", "map:key:", "langgraph", "langsmith:", "graph:step:")
"""Tags that LangChain puts beside those of the user."""


class Source(NamedTuple):
    """Where a field may be read, and before which other places."""

    field: str
    rank: int
    path: str


Table = Mapping[str, tuple[Source, ...]]


def build(first: Mapping[Any, Sequence[str]] | None = None) -> Table:
    """The table of all conventions; `first` are a project's own places, looked at before them.

    >>> build({"org_id": ["acme.tenant"]})["acme.tenant"]
    (Source(field='org_id', rank=0, path=''),)
    """
    places: dict[str, list[str]] = defaultdict(list)
    for field, own in (first or {}).items():
        places[field] += own
    places["org_id"] += ORG_NAMES
    for convention in CONVENTIONS:
        for field, told in convention.SOURCES.items():
            places[field] += told
    for carrier in _carriers():
        for field, names in _CARRIED.items():
            places[field] += [carrier + name for name in names]
    places["feature"] += _tags()
    table: dict[str, list[Source]] = defaultdict(list)
    for field, listed in places.items():
        for rank, place in enumerate(listed):
            key, _, path = place.partition("|")
            table[key].append(Source(field, rank, path))
    return {key: tuple(sources) for key, sources in table.items()}


def _carriers() -> Iterator[str]:
    for convention in CONVENTIONS:
        yield from getattr(convention, "CARRIERS", ())
    yield from _COMMON_CARRIERS


def _tags() -> Iterator[str]:
    """Where a list of words stands of which the first may be a feature, if nothing says so."""
    for convention in CONVENTIONS:
        yield from getattr(convention, "TAGS", ())


TABLE = build()


class Found(NamedTuple):
    """A value, the attribute it came from, and before which other places that one counts."""

    value: Any
    place: str
    rank: int


_tuple = tuple.__new__
"""A named tuple's own constructor takes twice as long, and a span tells a dozen."""


def read(attributes: Attributes, table: Table = TABLE) -> dict[str, Found]:
    """Every field that the attributes tell. Content is opened only for what nothing else says."""
    best: dict[str, Found] = {}
    content = []
    for key in attributes:
        sources = table.get(key)
        if sources is None:
            continue
        if key in CONTENT:
            content.append(key)
        else:
            _take(best, key, attributes.get(key), sources)
    for key in content:
        missing = [source for source in table[key] if source.field not in best]
        if missing:
            opened = parsed(attributes.get(key))
            if key == answers.PLACE:
                opened = answers.unwrapped(opened)
            _take(best, key, opened, missing)
    return best


def _take(best: dict[str, Found], key: str, value: Any, sources: Sequence[Source]) -> None:
    """What one attribute says, where nothing before it does. A structure is opened once."""
    opened = None
    for field, rank, path in sources:
        known = best.get(field)
        if known is not None and known.rank <= rank:
            continue
        convert: Callable[[Any], Any] = _CONVERT.get(field, _name)
        place = key
        if not path:
            said = convert(value)
        else:
            opened = parsed(value) if opened is None else opened
            said, place = convert(inner(opened, path)), f"{key}|{path}"
        if said or (said is not None and key not in CONTENT):
            best[field] = _tuple(Found, (said, place, rank))


def _raw(value: Any) -> Any:
    return value


def _name(value: Any) -> str | None:
    told = text(value)
    is_nothing = not told or told in _NOTHING or told.startswith(_HIDDEN)
    return None if is_nothing else told


def _response_id(value: Any) -> str | None:
    """An id; a gateway's may be longer than a name and is told by its digest then."""
    if isinstance(value, str) and len(value) > TEXT_MAX:
        return f"{value[:64]}~{hashlib.blake2b(value.encode(), digest_size=16).hexdigest()}"
    told = _name(value)
    return None if told is None or told.startswith(_NO_ANSWERS) else told


def _provider(value: Any) -> str | None:
    told = _name(value)
    return None if told is None or told.lower() in _NO_PROVIDER else told


def _cost(value: Any) -> Any:
    """Money, or the sum of a structure that tells it by the kind of tokens."""
    told = parsed(value) if isinstance(value, str) and value.startswith("{") else value
    if not isinstance(told, Mapping):
        return told
    parts = [amount(part) for part in told.values()]
    return str(sum(Decimal(part) for part in parts if part)) if any(parts) else None


def _reason(value: Any) -> str | None:
    """The first of a list, which may be JSON in text."""
    return _name(parsed(value) if isinstance(value, str) and value.startswith("[") else value)


def _error_type(value: Any) -> str | None:
    """The name of a class, also where Python's repr of it was sent."""
    told = _name(value)
    return told and told.removeprefix("<class '").removesuffix("'>")


def _conversation(value: Any) -> str | None:
    told = _name(value)
    is_none = told is None or told == spring_ai.NO_CONVERSATION
    return None if is_none or str(told).startswith(_NO_CONVERSATIONS) else told


def _feature(value: Any) -> str | None:
    return _name(_first_tag(value))


_CONVERT: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(COUNTS, count),
    **dict.fromkeys(RAW, _raw),
    "cost": _cost,
    "response_id": _response_id,
    "provider": _provider,
    "feature": _feature,
    "finish_reason": _reason,
    "error_type": _error_type,
    "conversation_id": _conversation,
}
"""How a field is read from a value; all others are names. None: nothing is said."""


def _first_tag(value: Any) -> str:
    """A feature may be told by tags: a list, or text with commas."""
    tags = value.split(",") if isinstance(value, str) else value
    if not isinstance(tags, list):
        return ""
    named = (text(tag) for tag in tags)
    return next((tag for tag in named if tag and not tag.startswith(_OWN_TAGS)), "")
