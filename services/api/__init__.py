"""Exact answers from the aggregates: each says how complete it is, no org's key reads another org.

`query` answers questions about money and use, `traces` shows single conversations, `prices` is the
book, `session` signs in, `dashboard` is the pages. `http` puts them together, `scope` says whose
rows a caller may read. What changes prices and orgs is published to Kafka, never written directly.
"""
