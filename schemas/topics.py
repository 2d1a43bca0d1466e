"""The topic catalogue: every topic's name, record, key, partitions, policy, writers and readers."""

from dataclasses import dataclass
from typing import Any, Literal

from schemas.access import AccessRecord, AuditEntry
from schemas.call import CallEvent
from schemas.content import Content
from schemas.dead import DeadLetter
from schemas.org import OrgRecord
from schemas.outcome import Outcome
from schemas.price import BookRecord
from schemas.priced import ParkedCall, PricedCall

DAY_MS = 86_400_000
MESSAGE_BYTES_MAX = 6_000_000
"""`max.message.bytes` of every topic."""

RECEIPTS_HEADER = "receipts"
"""Header of priced.v1: JSON [[topic, partition, offset, lines, dead], ...] of the source messages
that the outputs beside it account for. A message with the header may hold no call."""


@dataclass(frozen=True)
class Topic:
    """One topic. `retention_ms` -1 keeps for ever; partitions are a default for creation only."""

    name: str
    record: Any
    key: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    retention_ms: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    description: str

    @property
    def config(self) -> dict[str, str]:
        """Kafka's topic configuration."""
        common = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(MESSAGE_BYTES_MAX),
            "message.timestamp.type": "LogAppendTime",
        }
        if self.cleanup == "compact":
            return common | {"delete.retention.ms": str(7 * DAY_MS)}
        return common | {"retention.ms": str(self.retention_ms)}


CALLS = Topic(
    "calls.v1", CallEvent, "project + trace_id, else event_id; any key is correct", 6,
    "delete", 14 * DAY_MS, ("producers", "ingest"), ("pricer",),
    "Steps of conversations as reported.",
)  # fmt: skip
CONTENTS = Topic(
    "contents.v1", Content, "trace_id", 6, "delete", 3 * DAY_MS,
    ("producers", "ingest"), ("rollup",), "What was retrieved, sent and returned in a step.",
)  # fmt: skip
PRICES = Topic(
    "prices.v1", BookRecord, "kind|scope|provider|model|effective_from (schemas.price.book_key)", 1,
    "compact", -1, ("price owners", "api"), ("pricer", "rollup"), "The price book.",
)  # fmt: skip
PRICED = Topic(
    "priced.v1", PricedCall, "project + trace_id, else event_id; any key is correct", 6,
    "delete", 14 * DAY_MS, ("pricer",), ("rollup",), "Calls with their cost, or pending and why.",
)  # fmt: skip
RETRY = Topic(
    "retry.v1", ParkedCall, "provider|model", 6, "delete", -1,
    ("pricer",), ("pricer",), "Unpriced calls waiting for a price.",
)  # fmt: skip
DEAD = Topic(
    "dead.v1", DeadLetter, "source topic", 3, "delete", 90 * DAY_MS,
    ("ingest", "pricer", "rollup"), ("rollup",), "What could not be taken, with its bytes.",
)  # fmt: skip
ORGS = Topic(
    "orgs.v1", OrgRecord, "org_id", 1, "compact", -1, ("api",), ("rollup",), "The org registry.",
)  # fmt: skip
OUTCOMES = Topic(
    "outcomes.v1", Outcome, "org_id", 3, "delete", 14 * DAY_MS,
    ("producers", "ingest"), ("rollup",), "Business outcomes and feedback.",
)  # fmt: skip
ACCESS = Topic(
    "access.v1", AccessRecord, "key|<key_id> or sign_out|<subject>", 1, "compact", -1,
    ("api",), ("ingest", "api"), "Keys made over the API (hashes only), and sign-outs.",
)  # fmt: skip
AUDIT = Topic(
    "audit.v1", AuditEntry, "audit_id", 1, "delete", -1, ("api",), ("rollup",),
    "Who changed what.",
)  # fmt: skip

TOPICS: tuple[Topic, ...] = (
    CALLS, CONTENTS, PRICES, PRICED, RETRY, DEAD, ORGS, OUTCOMES, ACCESS, AUDIT,
)  # fmt: skip
