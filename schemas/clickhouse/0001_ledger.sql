-- The ledger: every step as told (tellings), how to find its other tellings (links), one live row
-- per counted call with voids wherever else it was ever counted (calls), and ids used twice.

CREATE TABLE IF NOT EXISTS tellings (
  slot DateTime('UTC') COMMENT 'hour of occurred_at',
  trace_key UInt128 COMMENT 'hash of project and trace id; without a trace the event key',
  span_key UInt64 COMMENT 'hash of project and event id',
  shape UInt64 COMMENT 'hash of call_key, parent, own org, occurred_at: a conflicting resend adds a row',
  parent_key UInt64 COMMENT 'hash of project and parent span id, 0 without one',
  own_key UInt64 COMMENT 'hash of project and span id, 0 without one',
  call_key UInt128 COMMENT 'hash of project, provider and response id, else of project and event id',
  ver UInt128 COMMENT 'the highest one speaks',
  is_void UInt8,
  payload_hash UInt64,
  usage_rank UInt8 COMMENT '2 exact, 1 partial or estimated, 0 missing',
  wire_rank UInt8,
  project LowCardinality(String),
  emitter LowCardinality(String),
  org_own LowCardinality(String) COMMENT 'the org as told, empty when none',
  org_id LowCardinality(String) COMMENT 'org_own, or unattributed',
  event_id String,
  revision UInt8,
  occurred_at DateTime64(3, 'UTC'),
  trace_id String,
  span_id String,
  parent_span_id String,
  conversation_id String,
  user_id String,
  operation LowCardinality(String),
  name String,
  duration_ms Nullable(UInt32),
  ttft_ms Nullable(UInt32),
  status LowCardinality(String),
  error_type LowCardinality(String),
  assistant_id LowCardinality(String),
  assistant_version LowCardinality(String),
  feature LowCardinality(String),
  environment LowCardinality(String),
  provider LowCardinality(String),
  model LowCardinality(String) COMMENT 'the model that answered, else the one asked for',
  request_model LowCardinality(String),
  response_model LowCardinality(String),
  response_id String,
  usage String COMMENT 'JSON object of disjoint quantities, empty when missing',
  usage_source LowCardinality(String),
  usage_payload String COMMENT 'JSON object as the provider sent it',
  flavour LowCardinality(String),
  processing LowCardinality(String),
  service_tier LowCardinality(String),
  speed LowCardinality(String),
  region LowCardinality(String),
  deployment LowCardinality(String),
  search_context_size LowCardinality(String),
  image_size LowCardinality(String),
  quality LowCardinality(String),
  provider_reported_cost String,
  metadata String COMMENT 'JSON object',
  pending LowCardinality(String) COMMENT 'why the call has no price yet; empty when it has',
  pending_detail String,
  currency LowCardinality(String),
  cost Decimal(38, 18),
  charge Decimal(38, 18),
  cost_input Decimal(38, 18),
  cost_cache_read Decimal(38, 18),
  cost_cache_write Decimal(38, 18),
  cost_output Decimal(38, 18),
  cache_saved Decimal(38, 18),
  tok_in UInt64,
  tok_cache_read UInt64,
  tok_cache_write UInt64,
  tok_out UInt64,
  tok_reasoning UInt64,
  price_key LowCardinality(String),
  price_revision UInt32,
  variant LowCardinality(String),
  normaliser LowCardinality(String),
  book_position UInt32,
  lines String COMMENT 'JSON array of cost lines'
) ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMMDD(slot)
ORDER BY (slot, trace_key, span_key, shape)
SETTINGS index_granularity = 2048, default_compression_codec = 'ZSTD(1)',
  fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS links (
  slot DateTime('UTC'),
  key UInt64 COMMENT 'low half of an event, response or trace key: selects candidates only',
  kind UInt8 COMMENT '1 event, 2 response, 3 trace',
  to_slot DateTime('UTC'),
  to_trace UInt128,
  to_span UInt64,
  to_shape UInt64,
  payload UInt64 COMMENT 'hash of what was told at this revision',
  revision UInt8,
  emitter LowCardinality(String)
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(slot)
ORDER BY (slot, key, kind, to_slot, to_trace, to_span, to_shape, revision, payload)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS calls (
  org_id LowCardinality(String),
  bucket DateTime('UTC') COMMENT 'minute of occurred_at',
  call_key UInt128,
  ver UInt128 COMMENT 'sum of ver of every telling the row depends on',
  is_void UInt8 COMMENT '1 where the call was, or could have been, counted but is not',
  tellings UInt16,
  occurred_at DateTime64(3, 'UTC'),
  project LowCardinality(String),
  event_id String,
  trace_id String,
  span_id String,
  conversation_id String,
  user_id String,
  operation LowCardinality(String),
  status LowCardinality(String),
  error_type LowCardinality(String),
  assistant_id LowCardinality(String),
  assistant_version LowCardinality(String),
  feature LowCardinality(String),
  environment LowCardinality(String),
  provider LowCardinality(String),
  model LowCardinality(String),
  pending LowCardinality(String),
  pending_detail String,
  price_key LowCardinality(String),
  currency LowCardinality(String),
  duration_ms Nullable(UInt32),
  ttft_ms Nullable(UInt32),
  tok_in UInt64,
  tok_cache_read UInt64,
  tok_cache_write UInt64,
  tok_out UInt64,
  tok_reasoning UInt64,
  cost Decimal(38, 18),
  charge Decimal(38, 18),
  cost_input Decimal(38, 18),
  cost_cache_read Decimal(38, 18),
  cost_cache_write Decimal(38, 18),
  cost_output Decimal(38, 18),
  cache_saved Decimal(38, 18)
) ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMMDD(bucket)
ORDER BY (org_id, bucket, call_key)
SETTINGS index_granularity = 2048, default_compression_codec = 'ZSTD(1)',
  fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS conflicts (
  project LowCardinality(String),
  event_id String,
  revision UInt8,
  payload_hash UInt64,
  org_id LowCardinality(String),
  occurred_at DateTime64(3, 'UTC'),
  provider LowCardinality(String),
  model LowCardinality(String),
  cost Decimal(38, 18),
  currency LowCardinality(String)
) ENGINE = ReplacingMergeTree
ORDER BY (project, event_id, revision, payload_hash, occurred_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS receipts (
  topic LowCardinality(String),
  partition UInt32,
  offset UInt64 COMMENT 'of one source message of calls.v1',
  lines UInt32,
  dead UInt32
) ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
