-- Aggregates: one row per bucket with everything in an array, replaced whole by the row of the
-- highest generation. gen = sum of ver over the bucket's calls, voids included.

CREATE TABLE IF NOT EXISTS rollup_minute (
  org_id LowCardinality(String),
  bucket DateTime('UTC'),
  gen UInt256,
  calls UInt64,
  cost Decimal(76, 18) COMMENT 'adds currencies: use it only where there is one, else d',
  charge Decimal(76, 18),
  d Array(Tuple(
    assistant_id LowCardinality(String), assistant_version LowCardinality(String),
    feature LowCardinality(String), environment LowCardinality(String),
    operation LowCardinality(String), provider LowCardinality(String),
    model LowCardinality(String), status LowCardinality(String),
    pending LowCardinality(String), currency LowCardinality(String),
    calls UInt64, tok_in UInt64, tok_cache_read UInt64, tok_cache_write UInt64,
    tok_out UInt64, tok_reasoning UInt64, dur_ms UInt64, dur_calls UInt64,
    cost Decimal(76, 18), charge Decimal(76, 18),
    cost_input Decimal(38, 18), cost_cache_read Decimal(38, 18),
    cost_cache_write Decimal(38, 18), cost_output Decimal(38, 18), cache_saved Decimal(38, 18)))
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS rollup_hour AS rollup_minute;
CREATE TABLE IF NOT EXISTS rollup_day AS rollup_minute;

CREATE TABLE IF NOT EXISTS narrow_hour (
  org_id LowCardinality(String),
  bucket DateTime('UTC'),
  gen UInt256,
  calls UInt64,
  cost Decimal(76, 18),
  charge Decimal(76, 18),
  d Array(Tuple(
    operation LowCardinality(String), provider LowCardinality(String),
    model LowCardinality(String), status LowCardinality(String),
    pending LowCardinality(String), currency LowCardinality(String),
    calls UInt64, tok_in UInt64, tok_cache_read UInt64, tok_cache_write UInt64,
    tok_out UInt64, tok_reasoning UInt64, dur_ms UInt64, dur_calls UInt64,
    cost Decimal(76, 18), charge Decimal(76, 18),
    cost_input Decimal(38, 18), cost_cache_read Decimal(38, 18),
    cost_cache_write Decimal(38, 18), cost_output Decimal(38, 18), cache_saved Decimal(38, 18)))
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS narrow_day AS narrow_hour;

-- All orgs as one, under the empty org id: gen = sum of gen over the orgs.
CREATE TABLE IF NOT EXISTS total_hour AS narrow_hour;
CREATE TABLE IF NOT EXISTS total_day AS narrow_hour;

CREATE TABLE IF NOT EXISTS users_hour (
  org_id LowCardinality(String),
  bucket DateTime('UTC'),
  shard UInt8 COMMENT 'hash of the user id modulo 16: bounds the array',
  gen UInt256 COMMENT 'generation of the whole org and hour',
  d Array(Tuple(user_id String, pending LowCardinality(String), currency LowCardinality(String),
    calls UInt64, errors UInt64, tok_in UInt64, tok_out UInt64,
    cost Decimal(76, 18), charge Decimal(76, 18)))
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket, shard)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS conversations_hour (
  org_id LowCardinality(String),
  bucket DateTime('UTC'),
  shard UInt8,
  gen UInt256,
  d Array(Tuple(conversation_id String, assistant_id LowCardinality(String),
    assistant_version LowCardinality(String), pending LowCardinality(String),
    currency LowCardinality(String), calls UInt64, errors UInt64, tok_in UInt64, tok_out UInt64,
    cost Decimal(76, 18), charge Decimal(76, 18),
    first_at DateTime64(3, 'UTC'), last_at DateTime64(3, 'UTC')))
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket, shard)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS latency_quarter (
  org_id LowCardinality(String),
  bucket DateTime('UTC') COMMENT 'quarter of an hour: exact days in every time zone',
  gen UInt256,
  k Array(Tuple(assistant_id LowCardinality(String), operation LowCardinality(String),
    provider LowCardinality(String), model LowCardinality(String), status LowCardinality(String),
    calls UInt64, ttft_calls UInt64)),
  duration Array(AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32))
    COMMENT 'mergeable states parallel to k, relative error 1 %',
  ttft Array(AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32))
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1
