-- What no sum can tell: percentiles and distinct counts, as states that merge over any buckets and
-- members. One row per bucket like the other aggregates; the state arrays are parallel to k.
-- Percentiles have a relative error of 1 %, distinct counts are exact up to about 1,000, then 1 %.

CREATE TABLE IF NOT EXISTS sketch_hour (
  org_id LowCardinality(String),
  bucket DateTime('UTC'),
  gen UInt256,
  k Array(Tuple(
    assistant_id LowCardinality(String), assistant_version LowCardinality(String),
    feature LowCardinality(String), environment LowCardinality(String),
    operation LowCardinality(String), provider LowCardinality(String),
    model LowCardinality(String), status LowCardinality(String), currency LowCardinality(String),
    calls UInt64, dur_calls UInt64, dur_ms UInt64, ttft_calls UInt64, gen_ms UInt64,
    gen_tokens UInt64, talk_cost Decimal(76, 18), talk_charge Decimal(76, 18),
    talk_tokens UInt64))
    COMMENT 'gen_: of streamed calls, after the first token; talk_: of calls in conversations',
  duration Array(AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32)),
  ttft Array(AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32)),
  talks Array(AggregateFunction(uniqCombined64(15), UInt64)) COMMENT 'hashes of org, conversation',
  users Array(AggregateFunction(uniqCombined64(15), UInt64)) COMMENT 'hashes of org, user'
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS sketch_day AS sketch_hour;

CREATE TABLE IF NOT EXISTS sketch_narrow_hour (
  org_id LowCardinality(String),
  bucket DateTime('UTC'),
  gen UInt256,
  k Array(Tuple(
    operation LowCardinality(String), provider LowCardinality(String),
    model LowCardinality(String), status LowCardinality(String), currency LowCardinality(String),
    calls UInt64, dur_calls UInt64, dur_ms UInt64, ttft_calls UInt64, gen_ms UInt64,
    gen_tokens UInt64, talk_cost Decimal(76, 18), talk_charge Decimal(76, 18),
    talk_tokens UInt64)),
  duration Array(AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32)),
  ttft Array(AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt32)),
  talks Array(AggregateFunction(uniqCombined64(15), UInt64)),
  users Array(AggregateFunction(uniqCombined64(15), UInt64))
) ENGINE = ReplacingMergeTree(gen)
PARTITION BY toYYYYMM(bucket)
ORDER BY (org_id, bucket)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS sketch_narrow_day AS sketch_narrow_hour;
CREATE TABLE IF NOT EXISTS sketch_total_hour AS sketch_narrow_hour;
CREATE TABLE IF NOT EXISTS sketch_total_day AS sketch_narrow_hour;

-- Its successor is sketch_hour: an hour serves every zone whose offset is a whole hour, the edges of
-- others are read from the calls.
DROP TABLE IF EXISTS latency_quarter
