"""Spans into steps: what one span tells of a call, as a `CallEvent` carries it. Pure.

A step says only what its own span and resource say, and the model of the call around it where
it has none (`around`). Whose call it is where only a span above knows, and which of several
tellings counts, is decided later, when all are seen.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from schemas.call import MODEL_OPERATIONS, IdentityField
from services.ingest.otlp import usage
from services.ingest.otlp.around import name_models, name_providers
from services.ingest.otlp.conventions import (
    agents,
    llama_index,
    logfire,
    monocle,
    servers,
    strands,
    vercel,
)
from services.ingest.otlp.conventions.otel import of_name
from services.ingest.otlp.kind import IGNORE, operation
from services.ingest.otlp.providers import of_call, of_gateway, of_model_name
from services.ingest.otlp.siblings import SDKS, nest
from services.ingest.otlp.table import TABLE, Found, Table, read
from services.ingest.otlp.values import (
    TEXT_MAX,
    Attributes,
    amount,
    seconds,
    text,
)
from services.ingest.otlp.wire import Span

IDENTITY: tuple[str, ...] = get_args(IdentityField)
MILLISECONDS_MAX = 4_294_967_295
FIRST_TOKEN_EVENT = "First Token Stream Event"  # noqa: S105 - an OpenInference event name
SDK, INSTRUMENTATION, FRAMEWORK = 3, 2, 1
_GATEWAYS: frozenset[str] = frozenset({
    "litellm", "envoyproxy/ai-gateway", "openrouter", "kong-internal",
})  # fmt: skip
"""They ask the provider themselves: what a client calls a model is a name of theirs."""
_TOLD_BY_EVENTS: frozenset[str] = frozenset({llama_index.SCOPE, monocle.SCOPE})
_INSTRUMENTATIONS = (
    "opentelemetry.instrumentation.", "openinference.instrumentation.", "openlit.",
    "@opentelemetry/instrumentation-", "@arizeai/openinference-instrumentation-",
    "@traceloop/instrumentation-",
)  # fmt: skip
_FRAMEWORKS = frozenset({
    "langchain", "llama_index", "llamaindex", "crewai", "haystack", "dspy", "agno", "autogen",
    "autogen_agentchat", "smolagents", "pydantic_ai", "openai_agents", "google_adk", "strands",
    "beeai", "instructor", "mcp", "portkey", "litellm", "guardrails", "agent_framework", "ag2",
})  # fmt: skip


class Reading(NamedTuple):
    """A span read: the fields of its step, and what its usage says."""

    fields: dict[str, Any]
    counts: usage.Counts
    dropped: int

    @property
    def is_call(self) -> bool:
        """True for a model call."""
        return self.fields["operation"] in MODEL_OPERATIONS


def readings(spans: Iterable[Span], table: Table = TABLE) -> list[Reading]:
    """What every span that is a step tells."""
    return [step for _, step in read_spans(spans, table)]


def read_spans(spans: Iterable[Span], table: Table = TABLE) -> list[tuple[Span, Reading]]:
    """Every span that is a step, and what one says for another."""
    steps = list(_each(spans, table))
    fields = [step.fields for _, step in steps]
    name_models(fields)
    name_providers(fields, _GATEWAYS)
    nest([(span, step.fields) for span, step in steps])
    return steps


def _each(spans: Iterable[Span], table: Table) -> Iterator[tuple[Span, Reading]]:
    """Spans of one resource share what the resource says."""
    shared: dict[int, tuple[Attributes, dict[str, Found]]] = {}
    for span in spans:
        known = shared.get(id(span.resource))
        if known is None:
            known = shared[id(span.resource)] = (span.resource, read(span.resource, table))
        if (step := reading(span, known[1], table)) is not None:
            yield span, step


def reading(span: Span, resource: Mapping[str, Found], table: Table = TABLE) -> Reading | None:
    """What one span tells; None where it is no step."""
    what = operation(span)
    if what == IGNORE:
        return None
    found, scope = _found(span, table)
    if what == "chat" and not _value(found, "output"):
        what = of_model_name("".join(_models(found))) or what
    if span.is_error and what in MODEL_OPERATIONS and (said := of_name(span.scope, span.name)):
        found.setdefault("request_model", Found(said[1], "name", 0))
    fields = _common(span, what, found, resource)
    counts = usage.Counts()
    if what in MODEL_OPERATIONS:
        counts = usage.counts(found, scope, what, _provider(found, scope))
        if fields["status"] == "ok":
            counts = usage.of_answer(counts)
        fields |= _call(span, found, counts, what)
    return Reading({name: value for name, value in fields.items() if value not in ("", None)},
                   counts, span.dropped)  # fmt: skip


def _found(span: Span, table: Table) -> tuple[dict[str, Found], str]:
    """What a span says where libraries put it, and the name of its library."""
    found = read(span.attributes, table)
    if span.scope in _TOLD_BY_EVENTS:
        found = _with_events(span, table) | found
    if span.scope == vercel.SCOPE and "agent" in found:
        found.setdefault("feature", found["agent"])
    scope = strands.scope(span.scope, span.attributes)
    if scope != span.scope:
        found.pop("provider", None)
    return found, scope


def _with_events(span: Span, table: Table) -> dict[str, Found]:
    """What the events of a span tell, the later ones first."""
    told: dict[str, Found] = {}
    for _, _, attributes in span.events:
        told |= read(attributes, table)
    return told


def _common(
    span: Span, what: str, found: Mapping[str, Found], resource: Mapping[str, Found]
) -> dict[str, Any]:
    is_failed, error_type = _failure(span, found, what)
    at = span.end or span.start
    said = {name: told.value for name in IDENTITY if (told := found.get(name))}
    shared = {n: resource[n].value for n in IDENTITY if n in resource and n not in said}
    around = {name: found[name].value for name in ("agent", "workflow") if name in found}
    return (
        said
        | shared
        | {
            "from_resource": list(shared) or None,
            "event_id": f"{span.trace_id}:{span.span_id}",
            "occurred_at": instant(at),
            "trace_id": span.trace_id,
            "span_id": span.span_id,
            "parent_span_id": span.parent_id,
            "operation": what,
            "name": span.name.replace("\x00", "")[:TEXT_MAX],
            "duration_ms": duration(span.start, span.end),
            "status": "error" if is_failed else "ok",
            "error_type": error_type,
            "emitter": span.scope.strip()[:TEXT_MAX] or "otlp",
            "metadata": around or None,
        }
    )


def _models(found: Mapping[str, Found]) -> tuple[str, str]:
    """The model that answered and the one asked for."""
    answered, asked = _value(found, "response_model"), _value(found, "request_model")
    if "upstream_model" in found:
        asked = of_gateway(asked, _value(found, "upstream_model"))
    return answered, asked or ("" if answered else _value(found, "invoked_model"))


def _provider(found: Mapping[str, Found], scope: str) -> str:
    answered, asked = _models(found)
    return of_call(_value(found, "provider"), asked, answered, scope)


def _call(
    span: Span, found: Mapping[str, Found], counts: usage.Counts, what: str
) -> dict[str, Any]:
    answered, asked = _models(found)
    told = usage.payload(counts, _value(found, "tier"), what) if counts.is_told else None
    return {
        "provider": _provider(found, span.scope),
        "request_model": asked,
        "response_model": answered,
        "response_id": _value(found, "response_id"),
        "usage_payload": told,
        "flavour": usage.FLAVOUR if told else "",
        "usage_source": _usage_source(found, span) if told else "missing",
        "provider_reported_cost": amount(_value(found, "cost")),
        "time_to_first_token_ms": _first_token(span, found),
        "wire_rank": wire_rank(span.scope),
    }


def _usage_source(found: Mapping[str, Found], span: Span) -> str:
    told = found.get("output")
    is_part = told is not None and told.place.startswith(logfire.PARTIAL)
    is_part = is_part or agents.is_in_part(span.scope, span.attributes)
    return "partial" if is_part or servers.is_call(span.attributes) else "provider"


def _value(found: Mapping[str, Found], name: str) -> Any:
    told = found.get(name)
    return told.value if told is not None else ""


def _says_error(found: Mapping[str, Found], name: str) -> bool:
    return name in found and str(found[name].value).upper() == "ERROR"


_ANSWERED = frozenset({"input", "output", "response_id", "response_model"})


def _failure(span: Span, found: Mapping[str, Found], what: str) -> tuple[bool, str]:
    """Whether a step failed, and why. Some libraries only record what was raised, in an event."""
    error_type = str(_value(found, "error_type"))
    status, sent = _value(found, "http_status") or 0, _value(found, "output")
    is_failed = (
        span.is_error or bool(error_type) or status >= 400
        or _says_error(found, "level") or (_says_error(found, "finish_reason") and not sent)
        or (bool(span.events) and what in MODEL_OPERATIONS and not found.keys() & _ANSWERED
            and any(name == "exception" for name, _, _ in span.events))
    )  # fmt: skip
    if is_failed and not error_type:
        kinds = (text(a.get("exception.type")) for n, _, a in span.events if n == "exception")
        error_type = next(filter(None, kinds), "")
    return is_failed, error_type if is_failed else ""


def instant(nanoseconds: int) -> str:
    """ISO 8601 in UTC, to the millisecond; the epoch where no time was told."""
    whole, milliseconds = divmod(nanoseconds // 1_000_000, 1000)
    return f"{_second(whole)}.{milliseconds:03}Z"


@lru_cache(maxsize=1024)
def _second(at: int) -> str:
    """Spans that come together ended in the same few seconds."""
    return datetime.fromtimestamp(at, UTC).isoformat()[: len("2026-01-01T00:00:00")]


def duration(start: int, end: int) -> int | None:
    """Milliseconds; None where an end is missing or before the start."""
    return min((end - start) // 1_000_000, MILLISECONDS_MAX) if 0 < start <= end else None


def _first_token(span: Span, found: Mapping[str, Found]) -> int | None:
    told = seconds(_value(found, "ttft_s"))
    if told is not None:
        return round(told * 1000)
    if (milliseconds := seconds(_value(found, "ttft_ms"))) is not None:
        return round(milliseconds)
    times = [time for name, time, _ in span.events if name == FIRST_TOKEN_EVENT]
    if at := _value(found, "first_token_at"):
        times.append(_nanoseconds(str(at)))
    return duration(span.start, times[0]) if times and span.start else None


def _nanoseconds(told: str) -> int:
    try:
        return int(datetime.fromisoformat(told).timestamp() * 1000) * 1_000_000
    except (ValueError, OverflowError):
        return 0


def wire_rank(scope: str) -> int:
    """How near to the provider a library tells: its own SDK, what wraps the SDK, a framework."""
    if scope in SDKS or scope in _GATEWAYS:
        return SDK
    part = scope.rpartition("/instrumentation-")[2] if "/" in scope else scope
    names = {name.lower() for name in part.replace("-", "_").split(".")}
    if scope.startswith(_INSTRUMENTATIONS) and not names & _FRAMEWORKS:
        return INSTRUMENTATION
    return FRAMEWORK
