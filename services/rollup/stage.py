"""The worker's own Memory tables: where priced.v1 lines are parsed, and what a flush remembers."""

from dataclasses import dataclass

from services.rollup.columns import IDENTITY, MODEL_OPERATIONS, MONEY, NAMES, TEXT, TOKENS


def _hash128(*parts: str) -> str:
    return f"reinterpretAsUInt128(sipHash128({', '.join(parts)}))"


_TOLD = (
    "project LowCardinality(String) DEFAULT 'default'",
    "org_id LowCardinality(String) DEFAULT 'unattributed'",
    "operation LowCardinality(String) DEFAULT 'chat'",
    "status LowCardinality(String) DEFAULT 'ok'",
    "emitter LowCardinality(String) DEFAULT 'native'",
    "usage_source LowCardinality(String) DEFAULT 'provider'",
    "occurred_at DateTime64(3, 'UTC')",
    "duration_ms Nullable(UInt32)",
    "time_to_first_token_ms Nullable(UInt32)",
    "ttft_ms Nullable(UInt32) DEFAULT time_to_first_token_ms",
    "wire_rank UInt8",
    "from_resource Array(LowCardinality(String))",
    "revision UInt8",
    "is_void UInt8",
    "ver UInt128",
    "payload_hash UInt64",
    "price_revision UInt32",
    "book_position UInt32",
    "billed UInt8",
)
"""Fields of the line with a default or a type of their own."""

_BY_RESPONSE_KEY = _hash128("'response'", "project", "provider", "response_id")
_EVENT_KEY = _hash128("'event'", "project", "event_id")
_TRACE_KEY = _hash128("'trace'", "project", "trace_id")
_DERIVED = (
    "slot DateTime('UTC') DEFAULT toStartOfHour(toDateTime(occurred_at, 'UTC'))",
    "bucket DateTime('UTC') DEFAULT toStartOfMinute(toDateTime(occurred_at, 'UTC'))",
    "org_own LowCardinality(String) DEFAULT if(org_id = 'unattributed', '', org_id)",
    "usage_rank UInt8 DEFAULT multiIf(usage = '' AND usage_payload = '', 0, "
    "usage_source IN ('provider', 'stream_final'), 2, 1)",
    f"event_key UInt128 DEFAULT {_EVENT_KEY}",
    f"by_response UInt8 DEFAULT response_id != '' AND operation IN {MODEL_OPERATIONS}",
    f"call_key UInt128 DEFAULT if(by_response, {_BY_RESPONSE_KEY}, event_key)",
    f"trace_key UInt128 DEFAULT if(trace_id != '', {_TRACE_KEY}, event_key)",
    "span_key UInt64 DEFAULT toUInt64(event_key)",
    "own_key UInt64 DEFAULT if(span_id != '', sipHash64('span', project, trace_id, span_id), 0)",
    "parent_key UInt64 DEFAULT if(parent_span_id != '', "
    "sipHash64('span', project, trace_id, parent_span_id), 0)",
    "shape UInt64 DEFAULT sipHash64(call_key, parent_key, org_own, "
    "toUnixTimestamp64Milli(occurred_at))",
)
"""Keys of the ledger, from the fields."""


def create_stage(stage: str) -> str:
    """The table priced.v1 lines are parsed into: their fields, and keys derived from them."""
    columns = [
        *(f"{name} String" for name in TEXT),
        *(f"{name} LowCardinality(String)" for name in NAMES),
        *(f"{name} Decimal(38, 18)" for name in MONEY),
        *(f"{name} UInt64" for name in TOKENS),
        *_TOLD,
        *_DERIVED,
    ]
    return f"CREATE TABLE IF NOT EXISTS {stage} ({', '.join(columns)}) ENGINE = Memory"


SCRATCH = {
    "dirty": "org_id LowCardinality(String), bucket DateTime('UTC')",
    "hours": "org_id LowCardinality(String), bucket DateTime('UTC')",
    "resolved": "org_id LowCardinality(String), bucket UInt32, call_key UInt128, ver UInt256, "
    "is_void UInt8, is_home UInt8, tellings UInt16, w_slot UInt32, w_trace UInt128, w_span UInt64, "
    "w_shape UInt64, " + ", ".join(f"i_{name} String" for name in IDENTITY),
    "places": "slot UInt32, trace_key UInt128, span_key UInt64, shape UInt64",
    "keys": "key UInt64",
    "token": "value UInt64",
    "outcomes": "project String, outcome_id String, org_id String, "
    "occurred_at DateTime64(3, 'UTC')",
}
"""What a flush passes between its statements: values go in as rows, never into SQL text."""


@dataclass(frozen=True)
class Scratch:
    """The names of one worker's tables. `worker` is unique to the process."""

    worker: str

    def __getattr__(self, name: str) -> str:
        if name in SCRATCH or name == "stage":
            return f"scratch_{name}_{self.worker}"
        raise AttributeError(name)

    def create(self) -> list[str]:
        """DDL of all of them."""
        tables = [create_stage(self.stage)]
        for name, columns in SCRATCH.items():
            tables.append(
                f"CREATE TABLE IF NOT EXISTS {getattr(self, name)} ({columns}) ENGINE = Memory"
            )
        return tables

    def drop(self) -> list[str]:
        """Their removal, at a clean exit."""
        return [f"DROP TABLE IF EXISTS {getattr(self, name)}" for name in ("stage", *SCRATCH)]


LEFT_BEHIND = (
    "SELECT name FROM system.tables WHERE database = currentDatabase() "
    "AND name LIKE 'scratch\\_%' AND metadata_modification_time < now() - INTERVAL 1 DAY"
)
"""Scratch tables of workers that were killed: Memory tables, so they hold little or nothing."""
