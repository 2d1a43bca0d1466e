"""Where a key's spans say whose call it is: its own attributes first, then the usual ones."""

from services.ingest.otlp.table import TABLE, Table, build
from services.runtime.keys import ApiKey


class Tables:
    """The table of each key, built once."""

    def __init__(self) -> None:
        self._built: dict[str, Table] = {}

    def of(self, key: ApiKey) -> Table:
        """The table that reads the spans sent with this key."""
        if not key.lookups:
            return TABLE
        if key.key_id not in self._built:
            self._built[key.key_id] = build(key.lookups)
        return self._built[key.key_id]
