"""SQL of the tables per user and per conversation, from the ledger.

Their grain is the hour, and their refresh is paced by its own cost: an open hour of a busy
installation is large. Generations are those of the minutes they cover.
"""

from services.rollup.stage import Scratch

SHARDS = 16

_MEASURES = (
    "count() AS n, countIf(status = 'error') AS errors_, "
    "sum(tok_in + tok_cache_read + tok_cache_write) AS in_, sum(tok_out + tok_reasoning) AS out_, "
    "sum(CAST(cost AS Decimal(76, 18))) AS cost_, sum(CAST(charge AS Decimal(76, 18))) AS charge_"
)


def _dirty_minutes(scratch: Scratch) -> str:
    return f"SELECT org_id, bucket + 60 * m FROM {scratch.hours} ARRAY JOIN range(60) AS m"


def _generations(scratch: Scratch, start: str) -> str:
    return (
        f"SELECT org_id AS g_org, {start} AS g_bucket, sum(gen) AS g FROM rollup_minute FINAL "
        f"WHERE (org_id, bucket) IN ({_dirty_minutes(scratch)}) GROUP BY g_org, g_bucket"
    )


def _by_subject(scratch: Scratch, target: str, subject: str, keys: str, extra: str = "") -> str:
    """One row per (org, hour, shard) with an array over `subject` and `keys`.

    Every shard of a dirty hour is written, empty ones too: a subject that moved away leaves.
    """
    more = f", {extra}" if extra else ""
    tail = ", first_, last_" if extra else ""
    key_list = ", ".join(key.strip() for key in keys.split(","))
    return (
        f"INSERT INTO {target} SELECT g_org, g_bucket, shard, g, "
        f"groupArrayIf(({subject}, {key_list}, n, errors_, in_, out_, cost_, charge_{tail}), "
        "n > 0) "
        f"FROM (SELECT g_org, g_bucket, g, toUInt8(arrayJoin(range({SHARDS}))) AS shard FROM "
        f"({_generations(scratch, 'toStartOfHour(bucket)')})) AS e LEFT JOIN (SELECT org_id, "
        f"toStartOfHour(bucket) AS hour, toUInt8(cityHash64({subject}) % {SHARDS}) AS s, "
        f"{subject}, {key_list}, {_MEASURES}{more} FROM calls FINAL "
        f"WHERE is_void = 0 AND {subject} != '' "
        f"AND (org_id, bucket) IN ({_dirty_minutes(scratch)}) "
        f"GROUP BY org_id, hour, s, {subject}, {key_list}) AS c "
        "ON c.org_id = e.g_org AND c.hour = e.g_bucket AND c.s = e.shard "
        "GROUP BY g_org, g_bucket, shard, g"
    )


def recompute_users(scratch: Scratch) -> str:
    """Users of the dirty hours."""
    return _by_subject(scratch, "users_hour", "user_id", "pending, currency")


def recompute_conversations(scratch: Scratch) -> str:
    """Conversations of the dirty hours."""
    return _by_subject(
        scratch,
        "conversations_hour",
        "conversation_id",
        "assistant_id, assistant_version, pending, currency",
        "min(occurred_at) AS first_, max(occurred_at) AS last_",
    )
