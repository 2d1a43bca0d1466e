"""The demo's traffic: real arrival times and token counts, everything else drawn from a seed."""

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from deploy.demo.customers import ORGS, outcomes
from deploy.demo.words import contents

DATA = Path(__file__).parent / "data"
SEED = 20231116
RESENT_SHARE = 0.03
PAST_DAYS = 55
PAST_SHARE = 0.95
"""Of the trace, told first as what happened before today: two periods of 30 days to compare."""
HOURS = (*(1,) * 7, 4, 8, *(10,) * 4, 7, *(9,) * 4, 5, 3, 2, 2, 1, 1)
"""How busy each hour of a day is."""
WEEKEND_KEPT = 0.4
KAFKA_SHARE = 0.3
UNPRICED_MODEL = ("mistral_ai", "mistral-large-2512")

CHAT_MODELS = (
    ("openai", "gpt-4o", 30), ("anthropic", "claude-sonnet-4-5-20250929", 30),
    ("google", "gemini-2.5-pro", 20), (*UNPRICED_MODEL, 6),
)  # fmt: skip
ASSISTANTS = (("support", "3"), ("support", "4"), ("sales", "1"), ("coder", "7"))
FEATURES = {"conv": ("helpdesk", "shop"), "code": ("editor", "review")}


@dataclass(frozen=True)
class Send:
    """One thing to send: `at_ms` after the start of the trace, over HTTP or straight to Kafka."""

    at_ms: int
    way: Literal["http", "kafka"]
    line: bytes
    event: dict[str, Any] | None = None
    """The event as made; None when the line is malformed."""
    is_resent: bool = False


@dataclass
class Traffic:
    """Everything the demo sends, in order of sending."""

    sends: list[Send] = field(default_factory=list)
    malformed: dict[str, int] = field(default_factory=dict)
    """Expected dead letters by reason."""
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    """What became of the conversations, told when all is over."""
    contents: list[dict[str, Any]] = field(default_factory=list)


def trace_rows() -> list[tuple[int, str, int, int]]:
    """(offset_ms, service, input tokens, output tokens) of the excerpt."""
    with (DATA / "azure_llm_trace_excerpt.csv").open() as file:
        return [
            (
                int(r["offset_ms"]),
                r["service"],
                int(r["context_tokens"]),
                int(r["generated_tokens"]),
            )
            for r in csv.DictReader(file)
        ]


class Generator:
    """Draws conversations around the trace's calls. One seed, one result."""

    def __init__(self, ends_at: datetime, seed: int = SEED) -> None:
        self._rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self._rows = trace_rows()
        self._starts_at = ends_at - timedelta(milliseconds=self._rows[-1][0])
        self._open: list[dict[str, Any]] = []
        self._count = 0
        self._run = f"{int(ends_at.timestamp()):x}"

    def draw(self) -> Traffic:
        """The whole traffic."""
        traffic = Traffic()
        for row in self._rows:
            way: Literal["http", "kafka"] = "kafka" if self._rng.random() < KAFKA_SHARE else "http"
            for event in self._turn(row):
                line = json.dumps(event, separators=(",", ":")).encode()
                traffic.sends.append(Send(row[0], way, line, event))
                if self._rng.random() < RESENT_SHARE:
                    again = min(row[0] + self._rng.randrange(5_000), self._rows[-1][0])
                    traffic.sends.append(Send(again, way, line, event, is_resent=True))
        self._add_malformed(traffic)
        events = [send.event for send in traffic.sends if send.event and not send.is_resent]
        traffic.outcomes = outcomes(events, self._rng)
        traffic.contents = contents(events, self._rng)
        traffic.sends.sort(key=lambda send: send.at_ms)
        return traffic

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._run}-{self._count:06d}"

    def _conversation(self, service: str, offset_ms: int) -> dict[str, Any]:
        """An open conversation to go on with, or a new one."""
        mine = [c for c in self._open if c["service"] == service]
        if mine and self._rng.random() < 0.6:
            return self._rng.choice(mine)
        weights = [1 / (rank + 1) for rank in range(len(ORGS))]
        org = self._rng.choices(ORGS, weights)[0]
        choices = [a for a in ASSISTANTS if (a[0] == "coder") == (service == "code")]
        assistant, version = self._rng.choice(choices)
        made = {
            "service": service,
            "org_id": org,
            "conversation_id": self._id("conv"),
            "user_id": f"{org}-user-{self._rng.randrange(25)}",
            "assistant_id": assistant,
            "assistant_version": version,
            "feature": self._rng.choice(FEATURES[service]),
            "ago": self._ago(offset_ms),
        }
        self._open = [*self._open[-40:], made]
        return made

    def _ago(self, offset_ms: int) -> timedelta:
        """How long before the trace's own time a conversation takes place that begins there."""
        left = 1 - offset_ms / self._rows[-1][0] / PAST_SHARE
        if left <= 0:
            return timedelta(0)
        at, days = self._starts_at + timedelta(milliseconds=offset_ms), 1 + PAST_DAYS * left**1.2
        is_weekend = (at - timedelta(days=int(days))).weekday() >= 5
        if is_weekend and self._rng.random() > WEEKEND_KEPT:
            days += 2
        [hour] = self._rng.choices(range(24), HOURS)
        return timedelta(days=int(days), hours=at.hour - hour)

    def _turn(self, row: tuple[int, str, int, int]) -> Iterator[dict[str, Any]]:
        """One turn: message, retrieval with its embedding, the model call, post-processing."""
        offset, service, tokens_in, tokens_out = row
        talk = self._conversation(service, offset)
        at = self._starts_at + timedelta(milliseconds=offset) - talk["ago"]
        common = {key: value for key, value in talk.items() if key not in ("service", "ago")}
        common |= {"environment": "prod", "trace_id": f"{self._rng.getrandbits(128):032x}"}
        root = f"{self._rng.getrandbits(64):016x}"

        def step(operation: str, name: str, **more: Any) -> dict[str, Any]:
            nonlocal at
            at += timedelta(milliseconds=more["duration_ms"])
            span = root if operation == "message" else f"{self._rng.getrandbits(64):016x}"
            parent = {} if operation == "message" else {"parent_span_id": root}
            made = {
                "event_id": self._id("ev"),
                "occurred_at": at.astimezone(UTC).isoformat(timespec="milliseconds"),
                "operation": operation,
                "name": name,
                "span_id": span,
            }
            return {**made, **parent, **common, **more}

        yield step("message", "user message", duration_ms=0)
        if service == "conv" and self._rng.random() < 0.3:
            embedded = {"provider": "openai", "request_model": "text-embedding-3-small",
                        "usage": {"input": self._rng.randrange(8, 200)}}  # fmt: skip
            yield step("embeddings", "embed query", duration_ms=self._rng.randrange(5, 40),
                       **embedded)  # fmt: skip
            yield step("retrieval", "search handbook", duration_ms=self._rng.randrange(5, 80))
        yield step("chat", "answer", **self._call(tokens_in, tokens_out))
        if self._rng.random() < 0.2:
            yield step("post_process", "redact", duration_ms=self._rng.randrange(1, 9))

    def _call(self, tokens_in: int, tokens_out: int) -> dict[str, Any]:
        models = [(provider, model) for provider, model, _ in CHAT_MODELS]
        provider, model = self._rng.choices(models, [weight for *_, weight in CHAT_MODELS])[0]
        cached = tokens_in // 2 if self._rng.random() < 0.25 and provider != "mistral_ai" else 0
        usage = {"input": tokens_in - cached, "output": tokens_out}
        if cached:
            usage["cache_read"] = cached
        answer: dict[str, Any] = {
            "provider": provider,
            "request_model": model,
            "response_id": self._id("resp"),
            "duration_ms": 80 + tokens_out * self._rng.randrange(8, 25),
            "time_to_first_token_ms": self._rng.randrange(80, 900),
            "usage": usage,
        }
        if self._rng.random() < 0.01:
            failed = {k: v for k, v in answer.items() if k not in ("usage", "response_id")}
            return failed | {"status": "error", "error_type": "rate_limit_error"}
        return answer

    def _add_malformed(self, traffic: Traffic) -> None:
        """A handful of lines nobody can take, each for another reason."""
        now = self._starts_at
        old = now - timedelta(days=400)
        lines = (
            ("not_json", "kafka", b'{"event_id": '),
            ("not_utf8", "kafka", b'{"event_id":"\xff\xfe"}'),
            ("unknown_field", "kafka", _line("bad-1", now, tokens=5)),
            ("invalid_field", "kafka", _line("bad-2", now, usage={"input": -5})),
            ("invalid_field", "http", _line("bad-3", now, usage={"input": 1.5})),
            ("unknown_field", "http", _line("bad-4", now, cost="1")),
            ("time_out_of_bounds", "http", _line("bad-5", old)),
            ("time_out_of_bounds", "kafka", _line("bad-6", old)),
        )
        for number, (reason, way, text) in enumerate(lines):
            over: Literal["http", "kafka"] = "kafka" if way == "kafka" else "http"
            traffic.sends.append(Send(10_000 + number * 9_000, over, text))
            traffic.malformed[reason] = traffic.malformed.get(reason, 0) + 1


def _line(event_id: str, at: datetime, **more: Any) -> bytes:
    event = {"event_id": event_id, "occurred_at": at.astimezone(UTC).isoformat(), "org_id": "acme"}
    return json.dumps(event | more).encode()
