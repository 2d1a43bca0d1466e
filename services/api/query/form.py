"""The wire: what is asked and what is answered, as models. Pure."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Word = Annotated[str, StringConstraints(max_length=512)]
Instant = Annotated[str, StringConstraints(max_length=64)]
INTERVALS = ("1m", "5m", "15m", "hour", "day", "week", "month", "auto")
Interval = Literal["1m", "5m", "15m", "hour", "day", "week", "month", "auto"]
MEASURES_MAX = 20
BY_MAX = 3
WHERE_MAX = 20
VALUES_MAX = 100
TOP_MAX = 1_000
"""Cells bound an answer before members do."""
BATCH_MAX = 24


class Strict(BaseModel):
    """Names that are not known are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class By(Strict):
    """A dimension, its largest members over the whole range; the others are one, `other`."""

    dim: Word = Field(description="A name of `GET /v1/query/schema`.")
    top: int = Field(7, ge=0, le=TOP_MAX)
    order: Word | None = Field(
        None,
        description="An additive measure, or `change`: the largest absolute change of the first "
        "measure against `compare`. By default the first additive measure that is asked for.",
    )


class Where(Strict):
    """A condition; several are joined by AND. A value of null is 'none'."""

    dim: Word
    among: list[Word | None] | None = Field(None, alias="in", max_length=VALUES_MAX)
    not_in: list[Word | None] | None = Field(None, max_length=VALUES_MAX)
    is_null: bool | None = None


class Span(Strict):
    """A range to compare with."""

    start: Instant = Field(alias="from")
    end: Instant = Field(alias="to")


class Query(Strict):
    """A question. `from` and `to` are ISO 8601 (local ones belong to `tz`) or relative: `now`,
    `now-7d`, `now-7d/d` (units m h d w M y; `/d` rounds down). `to` is exclusive."""

    measures: list[Word] = Field(min_length=1, max_length=MEASURES_MAX)
    by: list[By] = Field([], max_length=BY_MAX)
    where: list[Where] = Field([], max_length=WHERE_MAX)
    start: Instant = Field("now-7d/d", alias="from")
    end: Instant = Field("now", alias="to")
    tz: Annotated[str, StringConstraints(max_length=64)] = "UTC"
    interval: Interval | None = None
    compare: Literal["previous", "week", "year"] | Span | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "USD"


class Batch(Strict):
    """Questions that are answered as of one instant."""

    queries: list[Query] = Field(min_length=1, max_length=BATCH_MAX)


class Column(BaseModel):
    """What a measure is."""

    name: str
    kind: Literal["money", "count", "share", "duration", "rate"]
    unit: str
    additive: bool
    exact: bool
    relative_error: float | None = None


class Bucket(BaseModel):
    """`[start, end)` in the asked zone. Partial: cut by the range, or still running."""

    start: str
    end: str
    partial: bool


class Values(BaseModel):
    """Money is text. null is unknown: no price yet, no denominator, nothing measured."""

    total: dict[str, str | float | None]
    series: dict[str, list[str | float | None]] | None = Field(
        None, description="Parallel to `buckets`; absent without an interval."
    )
    pending_calls: list[int] | None = Field(
        None, description="In each bucket (one value without an interval)."
    )


class Group(Values):
    """A member. With two dimensions, what is beyond `top` inside a first member is a group too,
    `is_other`, whose key names the first member alone."""

    key: dict[str, str | None]
    slot: int | None = Field(description="Its colour: stable, in the order of first sight.")
    is_other: bool = False


class Other(Values):
    """All members that are not shown."""

    members: int


class Answer(BaseModel):
    """An answer. Of additive measures, groups and `other` add up to `total`, in each bucket."""

    query: Query = Field(description="As understood: instants resolved, defaults written out.")
    as_of: str | None = Field(description="Everything told until then is in.")
    completeness: dict[str, Any]
    columns: list[Column]
    buckets: list[Bucket]
    groups: list[Group]
    other: Other | None
    total: Values
    previous: dict[str, Any] | None = Field(
        None, description="`buckets`, `groups` of the same members, `other`, `total` of `compare`."
    )
    units: int = Field(description="What the question cost of the key's budget.")


class Answers(BaseModel):
    """Parallel to the questions; one that failed is its problem document."""

    as_of: str | None
    answers: list[dict[str, Any]]
