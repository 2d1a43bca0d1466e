-- An outcome told again with another hour or org is one outcome: the newest telling counts.

ALTER TABLE outcomes ADD COLUMN IF NOT EXISTS is_void UInt8
  COMMENT '1 where the outcome was told before it was told again elsewhere';

ALTER TABLE outcomes ADD INDEX IF NOT EXISTS by_id outcome_id TYPE bloom_filter GRANULARITY 1;

ALTER TABLE outcomes MATERIALIZE INDEX by_id;
