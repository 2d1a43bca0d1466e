-- Whose prices a call was priced by, where another span than its own tells the org.

ALTER TABLE tellings ADD COLUMN IF NOT EXISTS billed_org LowCardinality(String)
  COMMENT 'the org whose prices were used, where another span tells it';

ALTER TABLE tellings ADD COLUMN IF NOT EXISTS billed UInt8
  COMMENT 'how often the call was priced again for such an org'
