-- Prices that were corrected for calls already in the ledger: how far each repricing is, what it
-- changed and by how much, and the months it may no longer change.

CREATE TABLE IF NOT EXISTS repricings (
  position UInt64 COMMENT 'offset of the record in prices.v1',
  step UInt64 COMMENT 'grows with every report of progress',
  state LowCardinality(String) COMMENT 'running, settling, done',
  pass UInt32,
  slot DateTime('UTC') COMMENT 'the last hour that is done in this pass',
  slots_done UInt64,
  slots UInt64,
  seen UInt64 COMMENT 'calls looked at in this pass',
  changed UInt64 COMMENT 'calls sent to be priced again, over all passes',
  updated_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(step)
ORDER BY position
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS price_changes (
  position UInt64 COMMENT 'offset of the record in prices.v1 that caused the change',
  slot DateTime('UTC') COMMENT 'hour of occurred_at',
  org_id LowCardinality(String) COMMENT 'the org that the call counts for',
  project LowCardinality(String),
  event_id String,
  occurred_at DateTime64(3, 'UTC'),
  provider LowCardinality(String),
  model LowCardinality(String),
  currency_before LowCardinality(String),
  currency_after LowCardinality(String),
  cost_before Decimal(38, 18),
  cost_after Decimal(38, 18),
  charge_before Decimal(38, 18),
  charge_after Decimal(38, 18),
  pending_after LowCardinality(String) COMMENT 'why the call has no price now; empty when it has',
  is_adjustment UInt8 COMMENT '1: the month was closed, the ledger keeps the old price',
  in_month Date COMMENT 'month the difference belongs to: that of the call, or the open one'
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(slot)
ORDER BY (position, slot, org_id, project, event_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS closed_months (
  month Date COMMENT 'its first day, in UTC',
  closed_at DateTime64(3, 'UTC'),
  is_closed UInt8,
  closed_by String,
  reason String
) ENGINE = ReplacingMergeTree(closed_at)
ORDER BY month
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
