-- The hours of conversations and users, now with the org whose calls stand there: the ledger is
-- ordered by org, so that their rows are read and not those of every org in that hour.

ALTER TABLE subject_hours
  ADD COLUMN IF NOT EXISTS org_id LowCardinality(String) COMMENT 'of conversations and users',
  MODIFY ORDER BY (kind, key, slot, org_id);

DROP VIEW IF EXISTS subject_hours_of_calls;

CREATE MATERIALIZED VIEW subject_hours_of_calls TO subject_hours AS
SELECT DISTINCT s.1 AS kind, s.2 AS key, toStartOfHour(bucket) AS slot, org_id FROM calls
ARRAY JOIN arrayFilter(s -> s.2 != 0, [
  (toUInt8(2), if(conversation_id = '', 0, sipHash64(conversation_id))),
  (toUInt8(3), if(user_id = '', 0, sipHash64(user_id)))]) AS s;

INSERT INTO subject_hours (kind, key, slot, org_id)
SELECT DISTINCT s.1, s.2, toStartOfHour(bucket), org_id FROM calls
ARRAY JOIN arrayFilter(s -> s.2 != 0, [
  (toUInt8(2), if(conversation_id = '', 0, sipHash64(conversation_id))),
  (toUInt8(3), if(user_id = '', 0, sipHash64(user_id)))]) AS s;

CREATE OR REPLACE VIEW traces_forgotten AS
SELECT DISTINCT project, trace_id FROM calls
WHERE trace_id != '' AND (org_id, toStartOfHour(bucket)) IN (SELECT org_id, slot FROM subject_hours
  WHERE (kind, key) IN (
    SELECT toUInt8(2), sipHash64(conversation_id) FROM deletions WHERE conversation_id != ''
    UNION ALL
    SELECT toUInt8(3), sipHash64(user_id) FROM deletions WHERE user_id != ''))
AND (conversation_id != '' AND ((project, conversation_id) IN
    (SELECT project, conversation_id FROM deletions WHERE conversation_id != '')
    OR conversation_id IN
    (SELECT conversation_id FROM deletions WHERE conversation_id != '' AND project = ''))
  OR user_id != '' AND ((project, user_id) IN
    (SELECT project, user_id FROM deletions WHERE user_id != '')
    OR user_id IN (SELECT user_id FROM deletions WHERE user_id != '' AND project = '')))
