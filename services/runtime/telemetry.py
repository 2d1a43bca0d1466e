"""Every metric, declared once: what it means and what to do when it is high."""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

ACCEPTED = Counter(
    "tracetally_accepted_total",
    "Events acknowledged to HTTP producers, by topic. Falling to zero: a producer or the network.",
    ["topic"],
)
REFUSED = Counter(
    "tracetally_refused_total",
    "Lines dead-lettered, by service and reason. Any rise: read /v1/dead, a client is broken; "
    "'bug': report it to us.",
    ["service", "reason"],
)
HTTP_SECONDS = Histogram(
    "tracetally_http_request_seconds",
    "Time to answer, by route and status. p99 over 1 s: Kafka or ClickHouse is slow.",
    ["route", "status"],
    buckets=SECONDS,
)
UNAVAILABLE = Counter(
    "tracetally_unavailable_total",
    "Requests answered 503 because a store did not, by store. Rising: look at that store.",
    ["store"],
)
STATEMENT_SECONDS = Histogram(
    "tracetally_statement_seconds",
    "Time of one statement of the read API. p95 over 0.1: many rows or a busy ClickHouse.",
    buckets=SECONDS,
)
PRICED = Counter(
    "tracetally_priced_total",
    "Calls that left the pricer, by outcome (priced, pending). Pending rising: a price is missing.",
    ["outcome"],
)
PENDING = Counter(
    "tracetally_pending_total",
    "Calls that left the pricer without a price, by reason. Any rise of model_unknown or "
    "rate_missing: see /v1/coverage, which has a record ready to publish.",
    ["reason"],
)
PARKED = Gauge(
    "tracetally_parked_calls",
    "Calls in retry.v1 waiting for a price. Rising for an hour: see /v1/pending for the models.",
)
BOOK_POSITION = Gauge(
    "tracetally_price_book_position",
    "Offset after the last price record read. Differing between workers for a minute: one is "
    "stuck, restart it.",
)
LAG = Gauge(
    "tracetally_consumer_lag_messages",
    "Messages behind the end of the topic, by topic. Rising for 5 minutes: add workers.",
    ["topic"],
)
COMMIT_AGE = Gauge(
    "tracetally_commit_age_seconds",
    "Time since the last commit while there was something to do. Over 60: the worker is stuck.",
)
FLUSH_SECONDS = Histogram(
    "tracetally_flush_seconds",
    "Time of one ledger flush, by step. Over the flush interval: ClickHouse is the bottleneck.",
    ["step"],
    buckets=SECONDS,
)
FLUSHED = Counter(
    "tracetally_flushed_rows_total",
    "Rows written to ClickHouse, by table. Falling to zero with lag: ClickHouse is away.",
    ["table"],
)
CONFLICTS = Counter(
    "tracetally_conflicts_total",
    "Events resent with another payload or time. Any: a client reuses event ids; see /v1/health.",
)
