"""Who there is, what it costs, and every conversation of a day. Same seed, same world."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

PROVIDERS = ("openai", "anthropic", "gcp.gemini", "mistral_ai", "aws.bedrock")
FEATURES = ("support-chat", "refunds", "search", "onboarding", "")
ASSISTANTS = ("concierge", "analyst", "writer", "coder", "triage")
UNPRICED = "aurora-7-preview"
"""Nothing prices this model: its calls are pending."""
UNPRICED_FROM_DAYS = 4
TOOLS = ("lookup_order", "issue_refund", "search_docs", "run_sql")
NAMES = ("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Tyrell", "Soylent")


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    orgs: int = 50
    days: int = 90
    models: int = 40
    calls: int = 150_000
    seed: int = 7


@dataclass(frozen=True)
class Model:
    """What a model costs per million tokens, and how fast it is."""

    name: str
    provider: str
    fresh: float
    speed: float

    def record(self, since: datetime, factor: float = 1.0) -> dict[str, Any]:
        """Its price record from an instant on."""

        def rate(price: float) -> dict[str, Any]:
            return {"price": f"{price * factor:.4f}", "per": 1_000_000}

        return {
            "kind": "price", "provider": self.provider, "model": self.name,
            "effective_from": since.strftime("%Y-%m-%dT00:00:00Z"),
            "rates": {
                "input": rate(self.fresh), "cache_read": rate(self.fresh / 10),
                "cache_write_5m": rate(self.fresh * 1.25), "output": rate(self.fresh * 4),
                "reasoning": rate(self.fresh * 4),
            },
        }  # fmt: skip


def models(size: Size) -> list[Model]:
    """The first ones are used most."""
    rng = random.Random(f"{size.seed}-models")
    return [
        Model(
            f"{rng.choice(('nova', 'atlas', 'lyra', 'orion', 'vega'))}-{n + 1}"
            f"{rng.choice(('', '-mini', '-large'))}",
            PROVIDERS[n % len(PROVIDERS)],
            round(rng.lognormvariate(0, 1) + 0.05, 3),
            rng.uniform(30, 140),
        )
        for n in range(size.models)
    ]


def org_id(number: int) -> str:
    """`acme`, `globex`, … then with a number."""
    name = NAMES[number % len(NAMES)].lower()
    return name if number < len(NAMES) else f"{name}-{number // len(NAMES) + 1}"


def org_records(size: Size, now: datetime) -> list[dict[str, Any]]:
    """Plans, budgets, revenue of each month, zones. Every ninth has no record of its own."""
    rng = random.Random(f"{size.seed}-orgs")
    months = sorted({f"{now - timedelta(days=d):%Y-%m}" for d in range(size.days + 31)})
    records = []
    for number in range(size.orgs):
        weight = 1 / (number + 1)
        revenue = 2_000 * weight * rng.uniform(0.3, 3)
        record: dict[str, Any] = {
            "org_id": org_id(number), "name": org_id(number).title(),
            "plan": rng.choice(("starter", "pro", "enterprise")), "currency": "USD",
            "timezone": rng.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")),
        }  # fmt: skip
        if number % 9 != 8:
            record["monthly_revenue"] = {
                month: f"{revenue * (1 + 0.05 * n):.2f}" for n, month in enumerate(months)
            }
        if number % 3 != 2:
            record["monthly_budget"] = f"{max(5.0, revenue * rng.uniform(0.1, 0.6)):.2f}"
        records.append(record)
    return records


def conversations(size: Size, now: datetime, day: int) -> Iterator[list[dict[str, Any]]]:
    """The steps of each conversation of the day `day` days before `now`, the newest day is 0."""
    rng = random.Random(f"{size.seed}-day-{day}")
    start = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=day)
    week = (1.0, 1.05, 1.1, 1.05, 0.95, 0.45, 0.4)[start.weekday()]
    growth = 1 + 0.006 * (size.days - day)
    each = size.calls / size.days / 9 * week * growth / (1 + 0.003 * size.days)
    known = models(size)
    for number in range(int(each)):
        hour = min(23.99, max(0, rng.gauss(14, 4.5)))
        at = start + timedelta(hours=hour)
        if at < now - timedelta(seconds=90):
            yield list(Talk(rng, size, known, day).steps(f"{day}-{number}", at, now))


class Talk:
    """One conversation: who, with which assistant, how many turns."""

    def __init__(self, rng: random.Random, size: Size, known: list[Model], day: int) -> None:
        self.rng, self.day = rng, day
        self.org = min(int(size.orgs * rng.random() ** 2.2), size.orgs - 1)
        self.assistant = rng.choices(ASSISTANTS, (8, 4, 3, 2, 2))[0]
        self.version = "2" if rng.random() < 1 - day / max(1, size.days / 3) else "1"
        spread = 1.6 if self.version == "1" else 2.2  # the newer version mixes other models
        self.model = known[min(int(rng.expovariate(spread) * 8), len(known) - 1)]
        self.is_unpriced = day <= UNPRICED_FROM_DAYS and rng.random() < 0.04

    def steps(self, talk: str, at: datetime, now: datetime) -> Iterator[dict[str, Any]]:
        """Turn by turn; a turn is a trace: the model, perhaps retrieval and tools around it."""
        rng = self.rng
        base = {
            "org_id": "" if rng.random() < 0.01 else org_id(self.org),
            "conversation_id": f"conv-{talk}",
            "user_id": "" if rng.random() < 0.05 else f"user-{self.org}-{rng.randrange(40)}",
            "assistant_id": self.assistant, "assistant_version": self.version,
            "feature": FEATURES[(self.org + len(self.assistant)) % len(FEATURES)],
            "environment": "test" if rng.random() < 0.05 else "prod",
        }  # fmt: skip
        context = rng.randrange(300, 3_000)
        for turn in range(1 + min(12, int(rng.expovariate(0.4)))):
            at += timedelta(seconds=rng.uniform(15, 240))
            if at >= now:
                return
            trace = f"{talk}-{turn}"
            root = {"trace_id": trace, "event_id": f"e-{trace}", "span_id": f"s-{trace}"}
            yield base | root | {
                "operation": "invoke_agent", "name": self.assistant, "occurred_at": _text(at),
                "duration_ms": rng.randrange(900, 9_000),
            }  # fmt: skip
            for number in range(rng.choices((1, 2, 3), (6, 3, 1))[0]):
                ids = {
                    "trace_id": trace, "event_id": f"e-{trace}-{number}",
                    "span_id": f"s-{trace}-{number}", "parent_span_id": f"s-{trace}",
                }  # fmt: skip
                step = self._tool(number) if number else self._model(context, turn)
                yield base | ids | step | {"occurred_at": _text(at - timedelta(seconds=number))}
            context += rng.randrange(100, 900)

    def _tool(self, number: int) -> dict[str, Any]:
        failed = self.rng.random() < 0.06
        return {
            "operation": "retrieval" if number == 1 else "execute_tool",
            "name": "knowledge" if number == 1 else self.rng.choice(TOOLS),
            "duration_ms": int(self.rng.lognormvariate(5, 0.8)),
            "status": "error" if failed else "ok",
        } | ({"error_type": "timeout"} if failed else {})

    def _model(self, context: int, turn: int) -> dict[str, Any]:
        rng, model = self.rng, self.model
        output = int(rng.lognormvariate(5, 0.9)) + 5
        cached = int(context * 0.7) if turn and rng.random() < 0.8 else 0
        wait = int(rng.lognormvariate(6, 0.4))
        step: dict[str, Any] = {
            "operation": "chat", "provider": model.provider,
            "request_model": UNPRICED if self.is_unpriced else model.name,
            "duration_ms": wait + int(output / model.speed * 1000),
        }  # fmt: skip
        if rng.random() < 0.7:
            step["time_to_first_token_ms"] = wait
        if rng.random() < 0.02:
            return step | {"status": "error", "error_type": rng.choice(("rate_limit", "timeout"))}
        usage = {"input": context - cached, "output": output}
        if cached:
            usage["cache_read"] = cached
        elif turn == 0 and context > 2_000:
            usage["cache_write_5m"] = context // 2
            usage["input"] = context - context // 2
        if "large" in model.name and rng.random() < 0.5:
            usage["reasoning"] = output // 3
        return step | {"usage": usage}


def outcomes(rng: random.Random, steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What became of a conversation, and what its user thought of it."""
    last = steps[-1]
    tied = {
        "org_id": last["org_id"], "conversation_id": last["conversation_id"],
        "occurred_at": last["occurred_at"], "trace_id": last["trace_id"],
    }  # fmt: skip
    good = 0.72 if last["assistant_version"] == "2" else 0.64
    if rng.random() < 0.6:
        name = "resolved" if rng.random() < good else "escalated"
        worth = {"value": f"{rng.uniform(1, 9):.2f}", "unit": "USD"} if name == "resolved" else {}
        yield tied | worth | {"outcome_id": f"o-{last['event_id']}", "name": name}
    if rng.random() < 0.25:
        value, label = ("1", "good") if rng.random() < good + 0.1 else ("0", "bad")
        yield tied | {
            "outcome_id": f"f-{last['event_id']}", "kind": "feedback", "name": "thumb",
            "value": value, "label": label,
        }  # fmt: skip


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
