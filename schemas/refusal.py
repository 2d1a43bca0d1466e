"""Why a line is refused, from pydantic's words: the same reasons in every service."""

from pydantic import ValidationError

from schemas.dead import Refusal

DETAIL_CHARS_MAX = 2_000


def refusal_of(wrong: ValidationError, item: bytes) -> Refusal:
    """Pydantic's first error, in our words for the reason and its words for the detail."""
    error = wrong.errors(include_url=False, include_context=False, include_input=False)[0]
    kind, message = error["type"], error["msg"][:DETAIL_CHARS_MAX]
    path = [str(part) for part in error["loc"] if not _is_branch(part)]
    field = ".".join(path)[:256]
    if kind == "json_invalid":
        return _not_json(message, item)
    if kind == "extra_forbidden":
        return Refusal(reason="unknown_field", field=field, detail=f"{field}: no such field")
    if kind in ("model_type", "model_attributes_type") and not path:
        return Refusal(reason="not_an_object", detail="an event is a JSON object")
    return Refusal(reason="invalid_field", field=field, detail=message)


def _is_branch(part: int | str) -> bool:
    """Pydantic names the branch of a union in the location: no part of the field's name."""
    return isinstance(part, str) and (part.startswith("constrained-") or part == "[key]")


def _not_json(message: str, item: bytes) -> Refusal:
    if "recursion limit" in message:
        return Refusal(reason="too_deep", detail="nested too deeply to be read")
    try:
        item.decode()
    except UnicodeDecodeError as wrong:
        return Refusal(reason="not_utf8", detail=f"byte {wrong.start}: {wrong.reason}")
    return Refusal(reason="not_json", detail=message)
