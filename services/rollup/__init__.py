"""Reads priced.v1 and the registries, writes the ledger and its aggregates to ClickHouse.

Ledger and aggregates are a pure function of the set of events: order, redelivery, crashes and
repricing change nothing. Offsets are committed last. ClickHouse down: pause and wait, never
dead-letter; a row the engine refuses is bisected out and dead-lettered alone.
"""
