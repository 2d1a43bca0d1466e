-- What a BI tool reads: one row per bucket and dimension set, plain columns, newest generation.

CREATE VIEW IF NOT EXISTS usage_minute AS
SELECT org_id, bucket, tupleElement(x, 'assistant_id') AS assistant_id,
  tupleElement(x, 'assistant_version') AS assistant_version, tupleElement(x, 'feature') AS feature,
  tupleElement(x, 'environment') AS environment, tupleElement(x, 'operation') AS operation,
  tupleElement(x, 'provider') AS provider, tupleElement(x, 'model') AS model,
  tupleElement(x, 'status') AS status, tupleElement(x, 'pending') AS pending,
  tupleElement(x, 'currency') AS currency, tupleElement(x, 'calls') AS calls,
  tupleElement(x, 'tok_in') AS tok_in, tupleElement(x, 'tok_cache_read') AS tok_cache_read,
  tupleElement(x, 'tok_cache_write') AS tok_cache_write, tupleElement(x, 'tok_out') AS tok_out,
  tupleElement(x, 'tok_reasoning') AS tok_reasoning, tupleElement(x, 'dur_ms') AS dur_ms,
  tupleElement(x, 'dur_calls') AS dur_calls, tupleElement(x, 'cost') AS cost,
  tupleElement(x, 'charge') AS charge, tupleElement(x, 'cost_input') AS cost_input,
  tupleElement(x, 'cost_cache_read') AS cost_cache_read,
  tupleElement(x, 'cost_cache_write') AS cost_cache_write,
  tupleElement(x, 'cost_output') AS cost_output, tupleElement(x, 'cache_saved') AS cache_saved
FROM rollup_minute FINAL ARRAY JOIN d AS x WHERE tupleElement(x, 'calls') > 0;

CREATE VIEW IF NOT EXISTS usage_hour AS
SELECT org_id, bucket, tupleElement(x, 'assistant_id') AS assistant_id,
  tupleElement(x, 'assistant_version') AS assistant_version, tupleElement(x, 'feature') AS feature,
  tupleElement(x, 'environment') AS environment, tupleElement(x, 'operation') AS operation,
  tupleElement(x, 'provider') AS provider, tupleElement(x, 'model') AS model,
  tupleElement(x, 'status') AS status, tupleElement(x, 'pending') AS pending,
  tupleElement(x, 'currency') AS currency, tupleElement(x, 'calls') AS calls,
  tupleElement(x, 'tok_in') AS tok_in, tupleElement(x, 'tok_cache_read') AS tok_cache_read,
  tupleElement(x, 'tok_cache_write') AS tok_cache_write, tupleElement(x, 'tok_out') AS tok_out,
  tupleElement(x, 'tok_reasoning') AS tok_reasoning, tupleElement(x, 'dur_ms') AS dur_ms,
  tupleElement(x, 'dur_calls') AS dur_calls, tupleElement(x, 'cost') AS cost,
  tupleElement(x, 'charge') AS charge, tupleElement(x, 'cost_input') AS cost_input,
  tupleElement(x, 'cost_cache_read') AS cost_cache_read,
  tupleElement(x, 'cost_cache_write') AS cost_cache_write,
  tupleElement(x, 'cost_output') AS cost_output, tupleElement(x, 'cache_saved') AS cache_saved
FROM rollup_hour FINAL ARRAY JOIN d AS x WHERE tupleElement(x, 'calls') > 0;

CREATE VIEW IF NOT EXISTS usage_day AS
SELECT org_id, bucket, tupleElement(x, 'assistant_id') AS assistant_id,
  tupleElement(x, 'assistant_version') AS assistant_version, tupleElement(x, 'feature') AS feature,
  tupleElement(x, 'environment') AS environment, tupleElement(x, 'operation') AS operation,
  tupleElement(x, 'provider') AS provider, tupleElement(x, 'model') AS model,
  tupleElement(x, 'status') AS status, tupleElement(x, 'pending') AS pending,
  tupleElement(x, 'currency') AS currency, tupleElement(x, 'calls') AS calls,
  tupleElement(x, 'tok_in') AS tok_in, tupleElement(x, 'tok_cache_read') AS tok_cache_read,
  tupleElement(x, 'tok_cache_write') AS tok_cache_write, tupleElement(x, 'tok_out') AS tok_out,
  tupleElement(x, 'tok_reasoning') AS tok_reasoning, tupleElement(x, 'dur_ms') AS dur_ms,
  tupleElement(x, 'dur_calls') AS dur_calls, tupleElement(x, 'cost') AS cost,
  tupleElement(x, 'charge') AS charge, tupleElement(x, 'cost_input') AS cost_input,
  tupleElement(x, 'cost_cache_read') AS cost_cache_read,
  tupleElement(x, 'cost_cache_write') AS cost_cache_write,
  tupleElement(x, 'cost_output') AS cost_output, tupleElement(x, 'cache_saved') AS cache_saved
FROM rollup_day FINAL ARRAY JOIN d AS x WHERE tupleElement(x, 'calls') > 0;

CREATE VIEW IF NOT EXISTS ledger AS
SELECT * EXCEPT (is_void, ver) FROM calls FINAL WHERE is_void = 0;

CREATE VIEW IF NOT EXISTS prices AS
SELECT * EXCEPT (is_deleted) FROM price_log FINAL
WHERE (key, position) IN (SELECT key, max(position) FROM price_log GROUP BY key) AND is_deleted = 0
