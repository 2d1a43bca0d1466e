"""What every record shares: frozen, no unknown fields, strict types, bounded strings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Record(BaseModel):
    """A frozen value that refuses fields it does not know and types it would have to guess."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )

    def replaced(self, changes: Mapping[str, Any]) -> Self:
        """A copy with other values of some fields, unchecked as by `model_copy`, at a fifth of its
        cost: what is frozen can be shared, so only the table of fields is new."""
        made, put = object.__new__(type(self)), object.__setattr__
        put(made, "__dict__", {**self.__dict__, **changes})
        put(made, "__pydantic_fields_set__", self.__pydantic_fields_set__.union(changes))
        put(made, "__pydantic_extra__", None)
        put(made, "__pydantic_private__", None)
        return made


Text = Annotated[str, StringConstraints(max_length=256)]
"""An id or a name. An absent one is the empty string, so that the ledger has one form of it."""

RequiredText = Annotated[str, StringConstraints(min_length=1, max_length=256)]
LongText = Annotated[str, StringConstraints(max_length=4096)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Instant = Annotated[
    AwareDatetime, Field(description="ISO 8601 with a zone, e.g. 2026-11-22T10:00:00Z")
]
Milliseconds = Annotated[int, Field(ge=0, le=4_294_967_295)]

__all__ = [
    "Currency",
    "Instant",
    "LongText",
    "Milliseconds",
    "Record",
    "RequiredText",
    "Text",
    "datetime",
]
