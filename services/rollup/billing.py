"""Prices calls again for the org that another span tells: they were priced without knowing it.

The call goes back through retry.v1 and the pricer with that org; what comes out beats the price
made without it. Sent before the offsets are committed, so that a crash sends it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.priced import ParkedCall
from schemas.topics import RETRY
from schemas.version import BILLED_MAX
from services.counting.telling import Place
from services.pricing.recall import stored
from services.rollup import statements
from services.rollup.ledger import Ledger, place_row
from services.rollup.unbroken import unbroken
from services.runtime.kafka import Message


async def messages(ledger: Ledger) -> list[Message]:
    """The calls that the last flushes found to be priced for another org than pays for them."""
    if not ledger.bills:
        return []
    async with unbroken(ledger.store, ledger.scratch):
        await ledger.fill(ledger.scratch.places, [place_row(place) for place in ledger.bills])
        rows = await ledger.store.rows(statements.stored_at(ledger.scratch))
    found = list(parked(rows, ledger.bills))
    ledger.bills = {}
    return found


def parked(rows: Iterable[Sequence[Any]], bills: Mapping[Place, str]) -> Iterable[Message]:
    """The lines of retry.v1, each with the key of the record it might wait for."""
    pays = {(str(p.trace_key), str(p.span_key), str(p.shape)): org for p, org in bills.items()}
    for row in rows:
        call = stored(row)
        if call.billed >= BILLED_MAX:
            continue
        line = ParkedCall(
            event=call.event, reason="no_version_at_time", detail="priced for the org found later",
            payload_hash=call.payload_hash, billed_org=pays[call.cursor], billed=call.billed + 1,
        )  # fmt: skip
        key = f"{call.event.provider}|{call.event.answering_model}".encode()
        yield Message(RETRY.name, line.model_dump_json(exclude_defaults=True).encode(), key)
