"""What people of the demo ask, what the handbook says and what they are answered: content of steps.

One answer contradicts the passage that was retrieved for it, so that a trace shows why it is wrong.
"""

import random
from collections.abc import Iterable
from typing import Any

KEPT_SHARE = 0.2
"""Of the turns; a customer may opt in with one key and not with another."""
TALKS = {
    "helpdesk": (
        ("My invoice shows two seats, we have one.", "A seat that was removed is billed until the "
         "end of its month.", "You removed it on the 9th: this is the last invoice with it."),
        ("How do I reset my second factor?", "An administrator resets second factors under Users.",
         "Ask an administrator: under Users, your name, Reset second factor."),
    ),
    "shop": (
        ("How long can I return shoes?", "Shoes can be returned within 14 days.",
         "You can return your shoes within 30 days."),
        ("Where is my parcel?", "Parcels leave the warehouse within two working days.",
         "It left our warehouse this morning and is due tomorrow."),
    ),
    "editor": (
        ("Rename this variable everywhere.", "", "Renamed in four files; all tests pass."),
        ("Why does this loop never end?", "", "Its counter is reset inside the loop: move it out."),
    ),
    "review": (
        ("Review this change.", "", "One thing: the new index is never used by the query below."),
    ),
}  # fmt: skip
SAID = {"message": ("message", "user", 0), "retrieval": ("retrieved", "", 1),
        "chat": ("returned", "assistant", 2)}  # fmt: skip
"""By operation: the kind of content, who said it, and which part of a talk it is."""


def contents(events: Iterable[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Pieces of content of some turns, each with the step it belongs to."""
    talks: dict[str, tuple[str, str, str] | None] = {}
    made = []
    for event in events:
        trace = event["trace_id"]
        if trace not in talks:
            kept = rng.random() < KEPT_SHARE
            talks[trace] = rng.choice(TALKS[event["feature"]]) if kept else None
        talk, said = talks[trace], SAID.get(event["operation"])
        if talk is None or said is None or event.get("status") == "error":
            continue
        kind, role, part = said
        if talk[part]:
            names = ("occurred_at", "org_id", "trace_id", "span_id", "event_id",
                     "conversation_id", "user_id")  # fmt: skip
            made.append(
                {name: event[name] for name in names}
                | {"content_id": event["event_id"], "kind": kind, "role": role}
                | {"content": talk[part]}
            )
    return made
