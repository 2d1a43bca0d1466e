"""What the sketch tables hold of any set of calls: sums, and states that merge. Pure SQL text."""

SUMS = (
    "calls", "dur_calls", "dur_ms", "ttft_calls", "gen_ms", "gen_tokens", "talk_cost",
    "talk_charge", "talk_tokens",
)  # fmt: skip
QUANTILES = "quantilesDD{}(0.01, 0.5, 0.95, 0.99)"
DISTINCT = "uniqCombined64{}(15)"
STATES = {"duration": QUANTILES, "ttft": QUANTILES, "talks": DISTINCT, "users": DISTINCT}
"""The states and the functions that make, merge and read them."""
TALK = "cityHash64(org_id, conversation_id)"
USER = "cityHash64(org_id, user_id)"

_GEN = "ifNull(ttft_ms, 0) > 0 AND ifNull(duration_ms, 0) > ifNull(ttft_ms, 0)"
_IN_TALK = "conversation_id != ''"
_TOKENS = "tok_in + tok_cache_read + tok_cache_write + tok_out + tok_reasoning"
OF_CALLS = {
    "calls": "count()",
    "dur_calls": "countIf(duration_ms IS NOT NULL)",
    "dur_ms": "sum(toUInt64(ifNull(duration_ms, 0)))",
    "ttft_calls": "countIf(ttft_ms IS NOT NULL)",
    "gen_ms": f"sumIf(toUInt64(ifNull(duration_ms, 0) - ifNull(ttft_ms, 0)), {_GEN})",
    "gen_tokens": f"sumIf(tok_out + tok_reasoning, {_GEN})",
    "talk_cost": f"sumIf(CAST(cost AS Decimal(76, 18)), {_IN_TALK})",
    "talk_charge": f"sumIf(CAST(charge AS Decimal(76, 18)), {_IN_TALK})",
    "talk_tokens": f"sumIf({_TOKENS}, {_IN_TALK})",
    "duration": f"{QUANTILES.format('StateIf')}(ifNull(duration_ms, 0), duration_ms IS NOT NULL)",
    "ttft": f"{QUANTILES.format('StateIf')}(ifNull(ttft_ms, 0), ttft_ms IS NOT NULL)",
    "talks": f"{DISTINCT.format('StateIf')}({TALK}, {_IN_TALK})",
    "users": f"{DISTINCT.format('StateIf')}({USER}, user_id != '')",
}
"""Sums and states of any set of calls."""
CALL_FIELDS = (
    "duration_ms", "ttft_ms", "cost", "charge", "conversation_id", "user_id", "tok_in",
    "tok_cache_read", "tok_cache_write", "tok_out", "tok_reasoning",
)  # fmt: skip
"""The columns of `calls` they are made of, besides the org."""
