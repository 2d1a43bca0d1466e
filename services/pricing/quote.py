"""A quote: what one call costs by a price book, with every line of the sum. Pure."""

from typing import Any

import orjson
from pydantic import ValidationError

from schemas.dead import Refusal
from schemas.money import plain
from schemas.quote import QuoteRequest
from services.pricing.arithmetic import Line
from services.pricing.book import PriceBook
from services.pricing.choice import NAMES
from services.pricing.core import Priced, price_of
from services.pricing.matching import Pending
from services.pricing.told import Result, read_and_price
from services.pricing.usage import FLAVOURS, Reading, canonical_flavour, infer

_parse = QuoteRequest.__pydantic_validator__.validate_json


class QuoteError(ValueError):
    """The request cannot be understood; says which field and what to do."""


def quote_line(line: bytes, book: PriceBook) -> tuple[dict[str, Any], bool]:
    """The answer to one JSON line, and whether it was understood."""
    try:
        request = _parse(line)
        return quote(request, book), True
    except ValidationError as wrong:
        return {"id": _id_of(line), "error": first_of(wrong)}, False
    except QuoteError as wrong:
        return {"id": request.id, "error": str(wrong)}, False


def quote(request: QuoteRequest, book: PriceBook) -> dict[str, Any]:
    """The outcome as JSON values; `QuoteError` for a request that leaves its meaning open."""
    reading: Reading | None = None
    fields = fields_of(request)
    if request.usage_payload is not None:
        reading, result = read_and_price(fields, book)
    else:
        result = price_of(fields, request.usage, book)
    return {"id": request.id, **told(reading, result)}


def told(reading: Reading | None, result: Result) -> dict[str, Any]:
    """What a decision says: outcome, totals, and the lines that lead to them."""
    normaliser = reading.normaliser if reading else None
    if not isinstance(result, Priced):
        return {
            "outcome": _OUTCOME[type(result)], "reason": result.reason,
            "detail": result.detail or None, **_NO_PRICE, "lines": [], "normaliser": normaliser,
        }  # fmt: skip
    cost = plain(result.cost)
    charge = cost if result.charge is result.cost else plain(result.charge)
    currency = result.currency or "USD"
    is_usd = currency == "USD"
    return {
        "outcome": "priced", "reason": None, "detail": None,
        "cost_usd": cost if is_usd else None, "charge_usd": charge if is_usd else None,
        "currency": currency, "cost": cost, "charge": charge,
        "lines": [line_of(line) for line in result.lines],
        "record": result.price_key or None, "revision": result.price_revision or None,
        "variant": result.variant or None, "normaliser": normaliser,
    }  # fmt: skip


_NO_PRICE: dict[str, Any] = {
    "cost_usd": None, "charge_usd": None, "currency": None, "cost": None, "charge": None,
    "lines": None, "record": None, "revision": None, "variant": None,
}  # fmt: skip
_OUTCOME: dict[type, str] = {Pending: "pending", Refusal: "quarantined"}


def line_of(line: Line) -> dict[str, Any]:
    """quantity x price / per = amount; an adjustment, minimum or markup says its kind."""
    kind, dimension, amount, quantity, price, per, multiply, rounded = line
    shown: dict[str, Any] = {
        "dimension": dimension, "quantity": quantity or None, "price": price or None, "per": per,
        "amount": plain(amount),
    }  # fmt: skip
    if kind != "rate":
        shown |= {"kind": kind, "multiply": multiply or None}
    if rounded:
        shown["rounded"] = True
    return shown


def _flavour(request: QuoteRequest) -> str:
    """The flavour that is named, or the only one there can be: a request leaves one meaning."""
    if request.usage is not None and request.usage_payload is not None:
        raise QuoteError("usage, usage_payload: give one of the two")
    if request.flavour:
        if canonical_flavour(request.flavour) is None:
            raise QuoteError(f"flavour: {request.flavour!r} is not known; one of {_known()}")
        return request.flavour
    if request.usage_payload is None:
        return ""
    flavour = infer(request.provider or "", request.usage_payload)
    if flavour is None:
        raise QuoteError(
            f"flavour: provider and payload do not tell which API answered; one of {_known()}"
        )
    return flavour


def _known() -> str:
    return ", ".join(FLAVOURS)


_BLANK = dict.fromkeys(NAMES, "")


def fields_of(request: QuoteRequest) -> dict[str, Any]:
    """What of a call the price depends on; `QuoteError` where the request leaves that open."""
    fields: dict[str, Any] = {
        **_BLANK, "occurred_at": request.time, "org_id": request.org_id or "",
        "provider": request.provider or "", "response_model": request.model or "",
        "usage_payload": request.usage_payload, "flavour": _flavour(request),
    }  # fmt: skip
    if request.attributes is not None:
        for name in request.attributes.model_fields_set:
            fields[name] = getattr(request.attributes, name) or ""
    return fields


def _id_of(line: bytes) -> Any:
    try:
        parsed = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return parsed.get("id") if isinstance(parsed, dict) else None


_BRANCHES = ("int", "str", "constrained-int", "constrained-str")
"""What pydantic adds where a field may be a number or text: no part of its name."""


def first_of(wrong: ValidationError) -> str:
    """What is wrong first, and where."""
    error = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in error["loc"] if part not in _BRANCHES)
    return f"{where}: {error['msg']}" if where else str(error["msg"])
