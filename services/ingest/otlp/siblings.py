"""A provider's own SDK told beside the instrumentation around it: one call, put below it. Pure.

An instrumentation that does not make its span the current one has the SDK's span beside it, below
the same parent. Where an id of the response ties the two, nothing is to be done; failed calls have
none, and Mistral's SDK told none for years. Time and names tell then which belong together.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from schemas.call import MODEL_OPERATIONS
from services.ingest.otlp.conventions import mistral
from services.ingest.otlp.wire import Span

SDKS: frozenset[str] = frozenset({
    "com.anthropic.sdk.python", "com.anthropic.sdk.typescript", "com.openai.sdk", mistral.SCOPE,
})  # fmt: skip
"""Scopes of providers' own libraries, which tell each request they make."""

Fields = dict[str, Any]
Step = tuple[Span, Fields]
Place = tuple[str, str]


def nest(steps: Sequence[Step]) -> None:
    """Put an SDK's step below the one beside it that began last before it and ended after it."""
    calls = [step for step in steps if step[1]["operation"] in MODEL_OPERATIONS and step[0].end]
    inner = [step for step in calls if step[0].scope in SDKS and step[0].parent_id]
    if not inner:
        return
    beside: dict[Place, dict[str, Step]] = defaultdict(dict)
    for step in calls:
        if step[0].scope not in SDKS:
            beside[step[0].trace_id, step[0].parent_id][step[0].span_id] = step
    found: dict[Place, Step] = {}
    for step in sorted(inner, key=_start):
        place = step[0].trace_id, step[0].span_id
        among = beside[step[0].trace_id, step[0].parent_id]
        if place not in found:
            around = [outer for outer in among.values() if _is_around(outer, step)]
            found |= {place: max(around, key=_start)} if around else {}
        if place in found:
            _put_below(step[1], found[place])
            among.pop(found[place][0].span_id, None)


def _put_below(fields: Fields, outer: Step) -> None:
    """Also a span that was sent twice, so that both tell the same."""
    fields["parent_span_id"] = outer[0].span_id
    if "usage_payload" not in fields:
        fields.update(_failure(outer[1]))


def _failure(told: Fields) -> Fields:
    """That a call failed, which Mistral's SDK does not say of a request without an answer."""
    if told["status"] != "error":
        return {}
    return {name: told[name] for name in ("status", "error_type") if name in told}


def _start(step: Step) -> tuple[int, str]:
    return step[0].start, step[0].span_id


def _is_around(outer: Step, inner: Step) -> bool:
    """Whether both can be the same call: nothing that both tell differs."""
    (span, told), (within, fields) = outer, inner
    if not span.start <= within.start <= within.end <= span.end:
        return False
    same = all(told.get(name) == fields.get(name) for name in ("operation", "request_model"))
    untied = "response_id" not in told or "response_id" not in fields
    used = [step.get("usage_payload") or {} for step in (told, fields)]
    both = used[0].keys() & used[1].keys() & _USED
    return same and untied and all(used[0][name] == used[1][name] for name in both)


_USED: frozenset[str] = frozenset({"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"})
