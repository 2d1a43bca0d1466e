"""Whose rows a caller may read. The one place where the org condition is made. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

TABLES = frozenset(
    {
        "calls", "conflicts", "contents_kept", "conversations_hour", "dead_letters", "narrow_day",
        "narrow_hour", "orgs", "outcomes", "price_changes", "rollup_day", "rollup_hour",
        "rollup_minute", "sketch_day", "sketch_hour", "sketch_narrow_day", "sketch_narrow_hour",
        "tellings",
    }
)  # fmt: skip
"""Tables with an org column."""
SHARED = frozenset(
    {
        "audit", "closed_months", "deletions", "deletions_done", "progress", "receipts",
        "sketch_total_day", "sketch_total_hour", "total_day", "total_hour",
    }
)  # fmt: skip
"""Tables of the whole installation: an org key reads none of their rows."""
LOCATORS = frozenset({"links", "subject_hours"})
"""Only to find rows of a table above by; its own condition then decides."""
PRICES_FOR_ONE = (
    "(startsWith(key, 'calendar|') OR splitByChar('|', key)[2] IN ('*', {scope_key:String})) "
    "AND (is_deleted = 1 OR scope IN ('', '*', concat('org:', {scope_org:String})))"
)
"""By key as well, because a tombstone has nothing else."""
_COUNTS = "is_void = 0"
"""Of outcomes: those that were not told again at another place."""
_SAYS = "if(has(from_resource, 'org_id'), '', org_own)"
"""The org that a step says itself; its process may serve many."""


@dataclass(frozen=True)
class Scope:
    """All orgs, or one."""

    org_id: str | None

    def allows(self, org_id: str) -> bool:
        """True when the caller may know of this org."""
        return self.org_id is None or self.org_id == org_id

    def parameters(self) -> dict[str, Any]:
        """What the conditions of `rows` need."""
        if self.org_id is None:
            return {}
        key_part = quote(f"org:{self.org_id}", safe="*:.-_ ")
        return {"scope_org": self.org_id, "scope_key": key_part}

    def rows(self, table: str, *, final: bool = True) -> str:
        """`FROM` and `WHERE` of a table; conditions can only be added with AND.

        Of the prices an org key reads those that may apply to it.
        """
        head = f"FROM {table}{' FINAL' if final else ''}"
        return f"{head} WHERE {self._condition(table)}"

    def tellings(self, hours: str) -> str:
        """The same for `tellings`: what an org says itself, and what tells a call that is its own.

        A span without an org belongs to whom it was found to belong to. `hours` is a query
        for the hours in which such calls may stand.
        """
        if self.org_id is None:
            return self.rows("tellings")
        return (
            f"FROM tellings FINAL WHERE ({_SAYS} = {{scope_org:String}} OR {_SAYS} = '' "
            f"AND call_key IN (SELECT call_key {self.rows('calls')} AND is_home = 1 "
            f"AND toStartOfHour(bucket) IN ({hours})))"
        )

    def contents(self, hours: str, among: str = "") -> str:
        """Content that is kept: an org's own, and what a telling of its own says without an org.

        `among` are further conditions on those tellings.
        """
        if self.org_id is None:
            return self.rows("contents_kept", final=False)
        own = (
            f"SELECT project, trace_id, event_id {self.tellings(hours)} AND slot IN ({hours})"
            f"{among}"
        )
        return (
            "FROM contents_kept WHERE (org_id = {scope_org:String} "
            f"OR org_id = '' AND (project, trace_id, event_id) IN ({own}))"
        )

    def outcomes(self) -> str:
        """The same for `outcomes`, and those without an org: the asker ties them to own steps."""
        if self.org_id is None:
            return self.rows("outcomes")
        return f"FROM outcomes FINAL WHERE {_COUNTS} AND org_id IN ('', {{scope_org:String}})"

    def unnested(self, table: str, fields: Iterable[str]) -> str:
        """The same for a rollup, one row for each element of its array, fields as `x_<name>`."""
        return self.joined(table, {name: f"d.{name}" for name in fields})

    def joined(self, table: str, arrays: Mapping[str, str]) -> str:
        """The same for any arrays of equal length, by name, as `x_<name>`.

        Each field is joined as the array it is stored as: five times faster than the tuple.
        """
        joined = ", ".join(f"{array} AS x_{name}" for name, array in arrays.items())
        return f"FROM {table} FINAL ARRAY JOIN {joined} WHERE {self._condition(table)}"

    def _condition(self, table: str) -> str:
        if table not in TABLES | SHARED | LOCATORS | {"price_log"}:
            raise ValueError(f"not a table of the read API: {table}")
        every = _COUNTS if table == "outcomes" else "1"
        if self.org_id is None or table in LOCATORS:
            return every
        if table == "price_log":
            return PRICES_FOR_ONE
        own = "0" if table in SHARED else "org_id = {scope_org:String}"
        return own if every == "1" else f"{own} AND {every}"
