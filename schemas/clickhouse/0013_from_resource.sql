-- What a process says of all its steps stands behind what a step above says; and a step that another
-- one counts for is told where it belongs, so that its org sees it.

ALTER TABLE tellings ADD COLUMN IF NOT EXISTS from_resource Array(LowCardinality(String))
  COMMENT 'identity that the OTel resource told: org_id, conversation_id, ...';

ALTER TABLE calls ADD COLUMN IF NOT EXISTS is_home UInt8 DEFAULT is_void = 0
  COMMENT '1 where the step belongs, be it counted here or by another telling';
