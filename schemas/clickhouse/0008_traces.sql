-- Where the steps of a trace, the calls of a conversation or of a user, and what is said about
-- them stand: the hours, so that each is found without a date, however much is stored. Filled by
-- the tables' own inserts; an hour too many only costs a look.

CREATE TABLE IF NOT EXISTS subject_hours (
  kind UInt8 COMMENT '1 trace, 2 conversation, 3 user; of outcomes: 4 trace, 5 conversation, 6 response',
  key UInt64 COMMENT 'hash of the id; selects hours only',
  slot DateTime('UTC')
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(slot)
ORDER BY (kind, key, slot)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS subject_hours_of_tellings TO subject_hours AS
SELECT DISTINCT toUInt8(1) AS kind, toUInt64(trace_key) AS key, slot
FROM tellings WHERE trace_id != '';

CREATE MATERIALIZED VIEW IF NOT EXISTS subject_hours_of_calls TO subject_hours AS
SELECT DISTINCT s.1 AS kind, s.2 AS key, toStartOfHour(bucket) AS slot FROM calls
ARRAY JOIN arrayFilter(s -> s.2 != 0, [
  (toUInt8(2), if(conversation_id = '', 0, sipHash64(conversation_id))),
  (toUInt8(3), if(user_id = '', 0, sipHash64(user_id)))]) AS s;

CREATE MATERIALIZED VIEW IF NOT EXISTS subject_hours_of_outcomes TO subject_hours AS
SELECT DISTINCT s.1 AS kind, s.2 AS key, toStartOfHour(toDateTime(occurred_at, 'UTC')) AS slot
FROM outcomes ARRAY JOIN arrayFilter(s -> s.2 != 0, [
  (toUInt8(4), if(trace_id = '', 0, sipHash64(trace_id))),
  (toUInt8(5), if(conversation_id = '', 0, sipHash64(conversation_id))),
  (toUInt8(6), if(response_id = '', 0, sipHash64(response_id)))]) AS s;

INSERT INTO subject_hours (kind, key, slot) SELECT DISTINCT 1, toUInt64(trace_key), slot
FROM tellings WHERE trace_id != '';

INSERT INTO subject_hours (kind, key, slot) SELECT DISTINCT s.1, s.2, toStartOfHour(bucket) FROM calls
ARRAY JOIN arrayFilter(s -> s.2 != 0, [
  (toUInt8(2), if(conversation_id = '', 0, sipHash64(conversation_id))),
  (toUInt8(3), if(user_id = '', 0, sipHash64(user_id)))]) AS s;

INSERT INTO subject_hours (kind, key, slot) SELECT DISTINCT s.1, s.2, toStartOfHour(toDateTime(occurred_at, 'UTC'))
FROM outcomes ARRAY JOIN arrayFilter(s -> s.2 != 0, [
  (toUInt8(4), if(trace_id = '', 0, sipHash64(trace_id))),
  (toUInt8(5), if(conversation_id = '', 0, sipHash64(conversation_id))),
  (toUInt8(6), if(response_id = '', 0, sipHash64(response_id)))]) AS s;

-- Content, stored where a key opts in; what is to be forgotten, and what was.
ALTER TABLE contents
  ADD COLUMN IF NOT EXISTS conversation_id String AFTER event_id,
  ADD COLUMN IF NOT EXISTS user_id String AFTER conversation_id,
  ADD COLUMN IF NOT EXISTS name String AFTER kind,
  ADD COLUMN IF NOT EXISTS cut_chars UInt32 AFTER mime_type,
  ADD INDEX IF NOT EXISTS grams lowerUTF8(content) TYPE ngrambf_v1(3, 32768, 2, 0) GRANULARITY 1;

CREATE TABLE IF NOT EXISTS deletions (
  deletion_id String,
  requested_at DateTime64(3, 'UTC'),
  requested_by String,
  project String COMMENT 'empty: all',
  org_id String COMMENT 'empty: all',
  trace_id String,
  conversation_id String,
  user_id String
) ENGINE = ReplacingMergeTree
ORDER BY deletion_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS deletions_done (
  deletion_id String,
  done_at DateTime64(3, 'UTC'),
  pieces UInt64 COMMENT 'pieces of content removed, by this round and all before it'
) ENGINE = ReplacingMergeTree(done_at)
ORDER BY deletion_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Traces of forgotten conversations and users, as the ledger knows them, also of calls that come
-- later. Hours first: a deletion never scans the ledger.
CREATE VIEW IF NOT EXISTS traces_forgotten AS
SELECT DISTINCT project, trace_id FROM calls
WHERE trace_id != '' AND toStartOfHour(bucket) IN (SELECT slot FROM subject_hours
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
    OR user_id IN (SELECT user_id FROM deletions WHERE user_id != '' AND project = '')));

-- The one way content is read: what is to be forgotten is not there, from the request on.
CREATE VIEW IF NOT EXISTS contents_kept AS
SELECT * FROM contents WHERE NOT (
  (project, trace_id) IN (SELECT project, trace_id FROM traces_forgotten)
  OR (project, trace_id) IN (SELECT project, trace_id FROM deletions WHERE trace_id != '')
  OR trace_id IN (SELECT trace_id FROM deletions WHERE trace_id != '' AND project = '')
  OR conversation_id != '' AND ((project, conversation_id) IN
    (SELECT project, conversation_id FROM deletions WHERE conversation_id != '')
    OR conversation_id IN
    (SELECT conversation_id FROM deletions WHERE conversation_id != '' AND project = ''))
  OR user_id != '' AND ((project, user_id) IN
    (SELECT project, user_id FROM deletions WHERE user_id != '')
    OR user_id IN (SELECT user_id FROM deletions WHERE user_id != '' AND project = '')));

CREATE VIEW IF NOT EXISTS contents_forgotten AS
SELECT project, trace_id, content_id FROM contents WHERE
  (project, trace_id) IN (SELECT project, trace_id FROM traces_forgotten)
  OR (project, trace_id) IN (SELECT project, trace_id FROM deletions WHERE trace_id != '')
  OR trace_id IN (SELECT trace_id FROM deletions WHERE trace_id != '' AND project = '')
  OR conversation_id != '' AND ((project, conversation_id) IN
    (SELECT project, conversation_id FROM deletions WHERE conversation_id != '')
    OR conversation_id IN
    (SELECT conversation_id FROM deletions WHERE conversation_id != '' AND project = ''))
  OR user_id != '' AND ((project, user_id) IN
    (SELECT project, user_id FROM deletions WHERE user_id != '')
    OR user_id IN (SELECT user_id FROM deletions WHERE user_id != '' AND project = ''))
