"""Outputs as bytes: the lines of priced.v1, retry.v1 and dead.v1."""

from typing import Any, NamedTuple

import orjson

from schemas.call import UNATTRIBUTED, CallEvent
from schemas.money import plain
from schemas.priced import ParkedCall
from schemas.version import hash64, rank, ver
from services.pricing.arithmetic import Line
from services.pricing.core import Priced
from services.pricing.matching import Pending
from services.pricing.quantities import token_sums
from services.pricing.told import Decision

_TO_JSON = CallEvent.__pydantic_serializer__.to_json
_PARTS = ("cost_input", "cost_cache_read", "cost_cache_write", "cost_output", "cache_saved")
_FIRST_PART = Priced._fields.index("cost_input")
_AFTER_PARTS = _FIRST_PART + len(_PARTS)


def event_json(event: CallEvent) -> bytes:
    """The call as told, without what it left at its default."""
    return bytes(_TO_JSON(event, exclude_defaults=True))


class Again(NamedTuple):
    """What a call brings that is priced again: see `ParkedCall`."""

    epoch: int = 0
    payload_hash: str = ""
    billed_org: str = ""
    billed: int = 0


FIRST = Again()


def priced_line(
    told: CallEvent, decision: Decision, book_position: int, again: Again = FIRST
) -> bytes:
    """One line of priced.v1: the call as it was read, and its price. `ver` covers all of it.

    The payload hash is that of the call as told, also when it is told from the ledger: another
    normaliser does not make it another call.
    """
    event, reading, result = decision.event, decision.reading, decision.result
    body = event_json(event)
    payload_hash = again.payload_hash or str(hash64(body if event is told else event_json(told)))
    fields: dict[str, Any] = {"payload_hash": payload_hash}
    if again.billed:
        fields |= {"billed_org": again.billed_org, "billed": again.billed}
    if not event.org_id:
        fields["org_id"] = UNATTRIBUTED
    if event.answering_model:
        fields["model"] = event.answering_model
    fields.update(token_sums(event))
    priced = isinstance(result, Priced)
    if isinstance(result, Priced):
        fields.update(_priced_fields(result))
    else:
        fields["pending"] = result.reason
        if result.detail:
            fields["pending_detail"] = result.detail
    if reading is not None:
        fields["normaliser"] = reading.normaliser
    if book_position:
        fields["book_position"] = book_position
    line = body[:-1] + b"," + orjson.dumps(fields)[1:]
    order = rank(event.revision, again.epoch, book_position, priced=priced, billed=again.billed)
    version = ver(order, hash64(line))
    return b'%b,"ver":"%d"}' % (line[:-1], version)


def _priced_fields(result: Priced) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if result.cost:
        fields["cost"] = plain(result.cost)
    if result.charge:
        same = result.charge is result.cost
        fields["charge"] = fields["cost"] if same else plain(result.charge)
    for name, amount in zip(_PARTS, result[_FIRST_PART:_AFTER_PARTS], strict=True):
        if amount:
            fields[name] = plain(amount)  # type: ignore[arg-type]
    if result.price_key:
        fields["currency"] = result.currency
        fields["price_key"] = result.price_key
        fields["price_revision"] = result.price_revision
    if result.variant:
        fields["variant"] = result.variant
    if result.lines:
        fields["lines"] = orjson.Fragment(f"[{','.join(map(_line, result.lines))}]")
    return fields


def _line(line: Line) -> str:
    """One cost line. Written by hand because it is most of the output, and plain where common."""
    amount = plain(line.amount)
    if line.kind == "rate" and not line.rounded:
        return (
            f'{{"dimension":"{line.dimension}","amount":"{amount}","quantity":"{line.quantity}",'
            f'"price":"{line.price}","per":{line.per}}}'
        )
    fields: dict[str, Any] = {"kind": line.kind, "dimension": line.dimension, "amount": amount}
    if line.quantity:
        fields["quantity"] = line.quantity
    if line.price:
        fields["price"] = line.price
    if line.per != 1:
        fields["per"] = line.per
    if line.multiply:
        fields["multiply"] = line.multiply
    if line.rounded:
        fields["rounded"] = True
    return orjson.dumps(fields).decode()


def parked_line(event: CallEvent, pending: Pending) -> bytes:
    """One line of retry.v1."""
    parked = ParkedCall(event=event, reason=pending.reason, detail=pending.detail)
    return parked.model_dump_json(exclude_defaults=True).encode()


def repark_line(parked: ParkedCall, pending: Pending) -> bytes:
    """The same call parked again, with the reason why it still waits."""
    told = {"reason": pending.reason, "detail": pending.detail}
    return parked.model_copy(update=told).model_dump_json(exclude_defaults=True).encode()
