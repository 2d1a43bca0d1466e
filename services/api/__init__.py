"""Exact answers from the aggregates: each says how complete it is, and a key bound to an org can

never read another org. Changes to prices and orgs are published to Kafka, never written directly.
"""
