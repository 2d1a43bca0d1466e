"""Reads calls.v1 and prices.v1; writes priced.v1, retry.v1 and dead.v1.

Every line of calls.v1 leaves as priced, as pending with a reason, or as a dead letter with its
bytes. At least once, and the same input gives the same output, so a replay is harmless. The price
is that of the call's own time, whenever the pricer runs. A new price wakes the parked calls it
can price. Nothing is kept only in memory: scales to the number of partitions of calls.v1.
"""
