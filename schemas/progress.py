"""What a row of `progress` means: as of when a partition is in the ledger. Pure SQL text."""

AS_OF = "if(topic = 'calls.v1' OR position < end_offset, record_at, flushed_at)"
"""Everything told until then is in the ledger. The one of calls.v1 is never more than what
priced.v1 has brought of it: see `services.rollup.upstream`."""
