-- What a BI tool reads: one row per bucket and dimension set, plain columns, newest generation.
-- The parts of the array are joined one by one: joining the tuples is several times slower.

CREATE VIEW IF NOT EXISTS usage_minute AS
SELECT org_id, bucket,
  assistant_id, assistant_version, feature, environment, operation, provider, model, status,
  pending, currency, d_calls AS calls, tok_in, tok_cache_read, tok_cache_write, tok_out,
  tok_reasoning, dur_ms, dur_calls, d_cost AS cost, d_charge AS charge, cost_input,
  cost_cache_read, cost_cache_write, cost_output, cache_saved
FROM rollup_minute FINAL ARRAY JOIN
  d.assistant_id AS assistant_id, d.assistant_version AS assistant_version, d.feature AS feature,
  d.environment AS environment, d.operation AS operation, d.provider AS provider,
  d.model AS model, d.status AS status, d.pending AS pending, d.currency AS currency,
  d.calls AS d_calls, d.tok_in AS tok_in, d.tok_cache_read AS tok_cache_read,
  d.tok_cache_write AS tok_cache_write, d.tok_out AS tok_out, d.tok_reasoning AS tok_reasoning,
  d.dur_ms AS dur_ms, d.dur_calls AS dur_calls, d.cost AS d_cost, d.charge AS d_charge,
  d.cost_input AS cost_input, d.cost_cache_read AS cost_cache_read,
  d.cost_cache_write AS cost_cache_write, d.cost_output AS cost_output,
  d.cache_saved AS cache_saved
WHERE d_calls > 0;

CREATE VIEW IF NOT EXISTS usage_hour AS
SELECT org_id, bucket,
  assistant_id, assistant_version, feature, environment, operation, provider, model, status,
  pending, currency, d_calls AS calls, tok_in, tok_cache_read, tok_cache_write, tok_out,
  tok_reasoning, dur_ms, dur_calls, d_cost AS cost, d_charge AS charge, cost_input,
  cost_cache_read, cost_cache_write, cost_output, cache_saved
FROM rollup_hour FINAL ARRAY JOIN
  d.assistant_id AS assistant_id, d.assistant_version AS assistant_version, d.feature AS feature,
  d.environment AS environment, d.operation AS operation, d.provider AS provider,
  d.model AS model, d.status AS status, d.pending AS pending, d.currency AS currency,
  d.calls AS d_calls, d.tok_in AS tok_in, d.tok_cache_read AS tok_cache_read,
  d.tok_cache_write AS tok_cache_write, d.tok_out AS tok_out, d.tok_reasoning AS tok_reasoning,
  d.dur_ms AS dur_ms, d.dur_calls AS dur_calls, d.cost AS d_cost, d.charge AS d_charge,
  d.cost_input AS cost_input, d.cost_cache_read AS cost_cache_read,
  d.cost_cache_write AS cost_cache_write, d.cost_output AS cost_output,
  d.cache_saved AS cache_saved
WHERE d_calls > 0;

CREATE VIEW IF NOT EXISTS usage_day AS
SELECT org_id, bucket,
  assistant_id, assistant_version, feature, environment, operation, provider, model, status,
  pending, currency, d_calls AS calls, tok_in, tok_cache_read, tok_cache_write, tok_out,
  tok_reasoning, dur_ms, dur_calls, d_cost AS cost, d_charge AS charge, cost_input,
  cost_cache_read, cost_cache_write, cost_output, cache_saved
FROM rollup_day FINAL ARRAY JOIN
  d.assistant_id AS assistant_id, d.assistant_version AS assistant_version, d.feature AS feature,
  d.environment AS environment, d.operation AS operation, d.provider AS provider,
  d.model AS model, d.status AS status, d.pending AS pending, d.currency AS currency,
  d.calls AS d_calls, d.tok_in AS tok_in, d.tok_cache_read AS tok_cache_read,
  d.tok_cache_write AS tok_cache_write, d.tok_out AS tok_out, d.tok_reasoning AS tok_reasoning,
  d.dur_ms AS dur_ms, d.dur_calls AS dur_calls, d.cost AS d_cost, d.charge AS d_charge,
  d.cost_input AS cost_input, d.cost_cache_read AS cost_cache_read,
  d.cost_cache_write AS cost_cache_write, d.cost_output AS cost_output,
  d.cache_saved AS cache_saved
WHERE d_calls > 0;

CREATE VIEW IF NOT EXISTS ledger AS
SELECT * EXCEPT (is_void, ver) FROM calls FINAL WHERE is_void = 0;

CREATE VIEW IF NOT EXISTS prices AS
SELECT * EXCEPT (is_deleted) FROM price_log FINAL
WHERE (key, position) IN (SELECT key, max(position) FROM price_log GROUP BY key) AND is_deleted = 0
