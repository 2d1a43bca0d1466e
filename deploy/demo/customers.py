"""Who the demo's orgs are, and what became of their conversations; drawn, as all but the trace."""

import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any

ORGS = (
    "acme", "globex", "initech", "umbrella", "hooli", "vehement", "stark", "wayne", "wonka",
    "soylent", "tyrell", "cyberdyne",
)  # fmt: skip
PLANS = (("enterprise", "9", "4"), ("business", "3", "1.5"), ("starter", "0.6", None))
"""Each with what a customer pays a month and may spend, in USD, in proportion to the trace."""
RESOLVED = {
    ("support", "3"): 0.45,
    ("support", "4"): 0.7,
    ("sales", "1"): 0.25,
    ("coder", "7"): 0.6,
}
HANDED_OVER_SHARE = 0.5
"""Of those that were not; what became of the rest nobody knows."""
RATED_SHARE = 0.2
LIKED_SHARE = 0.8


def registry(now: datetime) -> list[dict[str, Any]]:
    """The record of each org, for orgs.v1; revenue of this month and the two before."""
    months = [f"{m // 12}-{m % 12 + 1:02}" for m in range(now.year * 12 + now.month - 3,
                                                        now.year * 12 + now.month)]  # fmt: skip
    made = []
    for rank, org in enumerate(ORGS):
        plan, pays, budget = PLANS[min(2, rank // 3)]
        made.append(
            {
                "org_id": org, "name": org.capitalize(), "plan": plan, "currency": "USD",
                "monthly_revenue": dict.fromkeys(months, pays), "monthly_budget": budget,
            }
        )  # fmt: skip
    return made


def outcomes(events: Iterable[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Conversations that solved something, and what some people thought, at their last step."""
    last = {event["conversation_id"]: event for event in events}
    made = []
    for talk, event in last.items():
        told = {
            "occurred_at": event["occurred_at"], "org_id": event["org_id"],
            "conversation_id": talk,
        }  # fmt: skip
        config = event["assistant_id"], event["assistant_version"]
        solved = rng.random() < RESOLVED[config]
        if solved or rng.random() < HANDED_OVER_SHARE:
            name = "resolved" if solved else "handed over"
            made.append(told | {"outcome_id": f"{talk}-outcome", "name": name})
        if rng.random() < RATED_SHARE:
            label = "good" if rng.random() < LIKED_SHARE else "bad"
            rating = {"kind": "feedback", "name": "thumb", "label": label}
            made.append(told | {"outcome_id": f"{talk}-rating"} | rating)
    return made
