"""What a call does not say itself, but another telling of it in the same request does.

Codex tells the usage on one span and the model on another above it. A span is priced as it is told,
so what belongs together is put together where both are at hand; else the call stays pending.
A gateway's client takes it for the provider whose API it speaks, and tells the id that the gateway
tells, too: that one knows who answered.
"""

from collections.abc import Mapping, Sequence
from typing import Any

MODELS = ("request_model", "response_model")
DEPTH_MAX = 8

Fields = dict[str, Any]


def name_models(steps: Sequence[Fields]) -> None:
    """Fill in the model, and the provider, of steps that tell usage and no model."""
    lacking = [step for step in steps if "usage_payload" in step and not _model(step)]
    if not lacking:
        return
    by_place = {(step["trace_id"], step["span_id"]): step for step in steps}
    for step in lacking:
        around = _call_around(step, by_place)
        told = {name: around[name] for name in ("provider", *MODELS) if name in around}
        step.update(told | step)


def name_providers(steps: Sequence[Fields], gateways: frozenset[str]) -> None:
    """Take the provider that a gateway tells for all tellings of the same answer."""
    known = {
        step["response_id"]: step["provider"]
        for step in steps
        if step["emitter"] in gateways and "provider" in step and "response_id" in step
    }
    for step in steps if known else ():
        if step.get("response_id") in known:
            step["provider"] = known[step["response_id"]]


def _model(step: Mapping[str, Any]) -> str:
    return step.get(MODELS[0]) or step.get(MODELS[1]) or ""


def _call_around(step: Fields, by_place: Mapping[tuple[str, str], Fields]) -> Fields:
    """The nearest step above that does the same and has a model; nothing where there is none.

    An embedding within a chat is another call, with a model of its own.
    """
    above = step
    for _ in range(DEPTH_MAX):
        above = by_place.get((step["trace_id"], above.get("parent_span_id", "")), {})
        if above.get("operation") == step["operation"] and _model(above):
            return above
    return {}
