-- Who changed what, from topic audit.v1.

CREATE TABLE IF NOT EXISTS audit (
  audit_id String,
  occurred_at DateTime64(3, 'UTC'),
  actor String,
  action LowCardinality(String),
  target String,
  org_id LowCardinality(String) COMMENT 'the org that the change concerns, where it is one'
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (occurred_at, audit_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
