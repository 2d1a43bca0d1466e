-- What the other topics say, so that the read API and BI can join it. The Kafka position (or the
-- record's own id) is the identity: a redelivered record is the same row.

CREATE TABLE IF NOT EXISTS dead_letters (
  dead_id String,
  occurred_at DateTime64(3, 'UTC'),
  reason LowCardinality(String),
  detail String,
  field LowCardinality(String),
  service LowCardinality(String),
  source String,
  project LowCardinality(String),
  org_id LowCardinality(String),
  original String COMMENT 'base64',
  original_bytes UInt64,
  original_sha256 String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (toStartOfHour(occurred_at), dead_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS price_log (
  key String COMMENT 'kind|scope|provider|model|effective_from',
  position UInt64 COMMENT 'offset in prices.v1',
  published_at DateTime64(3, 'UTC') COMMENT 'when the broker took the record',
  is_deleted UInt8 COMMENT '1: a tombstone, the version was an error',
  kind LowCardinality(String),
  scope String,
  provider LowCardinality(String),
  model String,
  effective_from DateTime64(6, 'UTC'),
  effective_to Nullable(DateTime64(6, 'UTC')),
  status LowCardinality(String),
  currency LowCardinality(String),
  revision UInt32,
  record String COMMENT 'the record as published, JSON'
) ENGINE = ReplacingMergeTree
ORDER BY (key, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS orgs (
  org_id String,
  position UInt64,
  is_deleted UInt8,
  name String,
  plan LowCardinality(String),
  currency LowCardinality(String),
  timezone LowCardinality(String),
  monthly_budget Nullable(Decimal(38, 18)),
  monthly_revenue Map(String, Decimal(38, 18)),
  record String
) ENGINE = ReplacingMergeTree(position)
ORDER BY org_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS outcomes (
  outcome_id String,
  occurred_at DateTime64(3, 'UTC'),
  project LowCardinality(String),
  org_id LowCardinality(String),
  kind LowCardinality(String),
  name LowCardinality(String),
  trace_id String,
  span_id String,
  conversation_id String,
  response_id String,
  value Nullable(Decimal(38, 18)),
  unit LowCardinality(String),
  label LowCardinality(String),
  comment String
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (org_id, toStartOfHour(occurred_at), project, outcome_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS contents (
  project LowCardinality(String),
  trace_id String,
  content_id String,
  occurred_at DateTime64(3, 'UTC'),
  org_id LowCardinality(String),
  span_id String,
  event_id String,
  kind LowCardinality(String),
  role LowCardinality(String),
  mime_type LowCardinality(String),
  content String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (project, trace_id, content_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS progress (
  topic LowCardinality(String),
  partition UInt32,
  position UInt64 COMMENT 'offset after the last message in the ledger',
  end_offset UInt64 COMMENT 'end of the partition as last seen',
  record_at DateTime64(3, 'UTC') COMMENT 'when the broker took that last message',
  flushed_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(flushed_at)
ORDER BY (topic, partition)
