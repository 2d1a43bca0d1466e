"""An outcome is one whenever and for whomever it is told again: its newest telling counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.rollup.ledger import Ledger

_NAMES = ("project", "outcome_id", "org_id", "occurred_at")


async def withdraw_moved(ledger: Ledger, told: Sequence[Mapping[str, Any]]) -> None:
    """Void what the outcomes told last in `told` (rows of the table) left at other places.

    The table is ordered by org and hour, so that a row at another one is not replaced. Read without
    FINAL, by the index of ids: what is voided twice is void.
    """
    newest = {(row["project"], row["outcome_id"]): row for row in told}
    scratch = ledger.scratch.outcomes
    rows: list[dict[str, object]] = [{n: row[n] for n in _NAMES} for row in newest.values()]
    await ledger.fill(scratch, rows)
    await ledger.store.command(
        "INSERT INTO outcomes SELECT o.* REPLACE (1 AS is_void) FROM (SELECT * FROM outcomes "
        f"WHERE outcome_id IN (SELECT outcome_id FROM {scratch}) AND is_void = 0) AS o "
        f"INNER JOIN {scratch} AS n ON n.project = o.project AND n.outcome_id = o.outcome_id "
        "WHERE n.org_id != o.org_id "
        "OR toStartOfHour(n.occurred_at) != toStartOfHour(o.occurred_at)"
    )
