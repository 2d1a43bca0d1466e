"""Conditions of the query form in the parameters of an address: `where={"dim": …}`. Pure."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, ValidationError

from services.api.asked import refuse
from services.api.query import form

HINT = '{"dim": "model", "not_in": ["gpt-4o"]}'
_CHARS_MAX = 60_000
Texts = Annotated[
    list[Annotated[str, Field(max_length=_CHARS_MAX)]],
    Field(
        max_length=form.WHERE_MAX,
        description="A condition of `POST /v1/query` as JSON, with `in`, `not_in` or `is_null`; "
        f"repeated for several, which all must hold: `{HINT}`.",
    ),
]


def conditions(texts: Sequence[str]) -> list[form.Where]:
    """What the texts say; a refusal names which of them cannot be read, and why."""
    found = []
    for number, text in enumerate(texts):
        try:
            found.append(form.Where.model_validate_json(text))
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False)[0]
            field = ".".join(["where", str(number), *(str(part) for part in first["loc"])])
            raise refuse(field, f"{field}: {first['msg']}", hint=HINT) from None
    return found
