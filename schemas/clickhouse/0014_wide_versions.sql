-- The version of a call is the sum of its tellings' versions, and theirs take 127 bits: a sum of
-- many, all of high revisions, needs more than 128. One that wraps loses to the rows it replaces.

ALTER TABLE calls MODIFY COLUMN ver UInt256
  COMMENT 'sum of ver of every telling the row depends on'
