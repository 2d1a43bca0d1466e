"""Records of the compacted price topic prices.v1: price, alias, pattern, markup, calendar, replay.

The instant a price takes effect is part of its key: a change is one blind publish, a correction
is a re-publish of the same key, a tombstone forgets one version, and compaction never erases
history.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field, StringConstraints, TypeAdapter

from schemas.base import Currency, Instant, LongText, Record, RequiredText, Text
from schemas.money import MoneyString
from schemas.usage import Dimension

Scope = Annotated[str, StringConstraints(pattern=r"^(\*|org:.{1,256})$")]
MultiplierString = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}(\.[0-9]{1,12})?$")]
Per = Annotated[int, Field(ge=1, le=10**12)]


class Rate(Record):
    """A price for `per` units: `{"price": "3.00", "per": 1000000}`. `"0"` is an explicit zero."""

    price: MoneyString
    per: Per


class Threshold(Record):
    """A bound that says whether it includes its own value."""

    gt: Annotated[int, Field(ge=0)] | None = None
    gte: Annotated[int, Field(ge=0)] | None = None


class WeeklyWindow(Record):
    """Hours of the week, e.g. peak hours: minutes of the day `[from, to)` on the given days."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    """ISO weekdays, Monday is 1."""
    minutes: Annotated[
        list[tuple[Annotated[int, Field(ge=0, le=1440)], Annotated[int, Field(ge=0, le=1440)]]],
        Field(min_length=1, max_length=24),
    ]
    timezone: RequiredText = "UTC"
    except_calendar: Text = ""


Values = Annotated[list[RequiredText], Field(min_length=1, max_length=64)]


class When(Record):
    """Conditions of a variant, adjustment or markup. All that are given must hold."""

    context_tokens: Threshold | None = None
    processing: Values | None = None
    service_tier: Values | None = None
    speed: Values | None = None
    region: Values | None = None
    deployment: Values | None = None
    utc_weekly: WeeklyWindow | None = None
    search_context_size: Values | None = None
    image_size: Values | None = None
    quality: Values | None = None
    provider: Values | None = None
    model: Values | None = None


Rates = Annotated[dict[Dimension, Rate], Field(max_length=32)]


def _empty(kind: type[dict[Any, Any]] | type[list[Any]]) -> Any:
    """A default that pydantic need not copy deeply for every record: books are large."""
    return Field(default_factory=kind, json_schema_extra={"default": kind()})


class Variant(Record):
    """Another set of rates. Complete in itself but for the names it inherits from the base."""

    id: RequiredText
    when: When
    rates: Rates
    inherit: Annotated[list[Dimension], Field(max_length=32)] = _empty(list)


class Adjustment(Record):
    """A multiplier on lines, applied in listed order, e.g. a regional uplift."""

    id: RequiredText
    when: When
    multiply: MultiplierString
    dimensions: Literal["tokens", "all"] | list[Dimension] = "tokens"


class Source(Record):
    """Where a price was read."""

    kind: Text = ""
    url: LongText = ""
    retrieved_at: Instant | None = None
    evidence_sha256: Text = ""
    agrees_with: list[Text] = _empty(list)
    confidence: Text = ""


class Audit(Record):
    """Who published a record and why."""

    published_by: Text = ""
    published_at: Instant | None = None
    reason: LongText = ""
    ticket: Text = ""
    force: bool = False


_NO_SOURCE, _NO_AUDIT, _ALWAYS = Source(), Audit(), When()
"""Frozen, so that all records may share them."""


class PriceRecord(Record):
    """The rates of one model from `effective_from` until the next version or `effective_to`."""

    schema_version: Literal[1] = Field(1, alias="schema")
    kind: Literal["price"] = "price"
    scope: Scope = "*"
    provider: RequiredText
    model: RequiredText
    effective_from: Instant
    effective_to: Instant | None = None
    status: Literal["active", "withdrawn"] = "active"
    currency: Currency = "USD"
    rates: Rates = _empty(dict)
    fallback: dict[Dimension, Dimension] = _empty(dict)
    variants: Annotated[list[Variant], Field(max_length=64)] = _empty(list)
    adjustments: Annotated[list[Adjustment], Field(max_length=32)] = _empty(list)
    minimums: Rates = _empty(dict)
    context_measure: Annotated[list[Dimension], Field(min_length=1, max_length=32)] | None = None
    revision: Annotated[int, Field(ge=1)] = 1
    reprice: Literal["none", "pending_only", "retroactive"] = "pending_only"
    source: Source = Field(default_factory=lambda: _NO_SOURCE)
    audit: Audit = Field(default_factory=lambda: _NO_AUDIT)


class AliasRecord(Record):
    """Another name of a model: a deployment, a fine-tune, a "-latest"."""

    schema_version: Literal[1] = Field(1, alias="schema")
    kind: Literal["alias"] = "alias"
    scope: Scope = "*"
    provider: RequiredText
    reference: RequiredText
    model: RequiredText
    effective_from: Instant
    effective_to: Instant | None = None
    status: Literal["active", "withdrawn"] = "active"
    revision: Annotated[int, Field(ge=1)] = 1
    source: Source = Field(default_factory=lambda: _NO_SOURCE)
    audit: Audit = Field(default_factory=lambda: _NO_AUDIT)


class PatternMatch(Record):
    """A literal prefix of the model reference. Nothing matches by "contains" or by likeness."""

    prefix: RequiredText


class PatternRecord(Record):
    """All references with a prefix are priced as one model."""

    schema_version: Literal[1] = Field(1, alias="schema")
    kind: Literal["pattern"] = "pattern"
    scope: Scope = "*"
    provider: RequiredText
    rule_id: RequiredText
    match: PatternMatch
    model: RequiredText
    priority: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    status: Literal["active", "withdrawn"] = "active"
    revision: Annotated[int, Field(ge=1)] = 1
    source: Source = Field(default_factory=lambda: _NO_SOURCE)
    audit: Audit = Field(default_factory=lambda: _NO_AUDIT)


class MarkupRecord(Record):
    """What an org pays on top of (or below) the provider's cost: separate lines, separate total."""

    schema_version: Literal[1] = Field(1, alias="schema")
    kind: Literal["markup"] = "markup"
    scope: Scope
    rule_id: RequiredText
    effective_from: Instant
    effective_to: Instant | None = None
    status: Literal["active", "withdrawn"] = "active"
    when: When = Field(default_factory=lambda: _ALWAYS)
    multiply: MultiplierString = "1"
    add_per_call: MoneyString = "0"
    currency: Currency = "USD"
    revision: Annotated[int, Field(ge=1)] = 1
    audit: Audit = Field(default_factory=lambda: _NO_AUDIT)


class CalendarRecord(Record):
    """Named dates (public holidays) that a weekly window may except."""

    schema_version: Literal[1] = Field(1, alias="schema")
    kind: Literal["calendar"] = "calendar"
    calendar_id: RequiredText
    dates: Annotated[list[date], Field(max_length=10_000)]
    audit: Audit = Field(default_factory=lambda: _NO_AUDIT)


class ReplayRecord(Record):
    """Price the calls of a window again: after a new normaliser, alias, pattern or markup.

    It changes no price. Every condition that is given must hold; calls whose price comes out the
    same are left alone.
    """

    schema_version: Literal[1] = Field(1, alias="schema")
    kind: Literal["replay"] = "replay"
    scope: Scope = "*"
    replay_id: RequiredText
    start: Instant
    end: Instant
    provider: Text = ""
    model: Text = ""
    normaliser: Text = Field("", description="Name without version, e.g. openai.chat.")
    audit: Audit = Field(default_factory=lambda: _NO_AUDIT)


BookRecord = Annotated[
    PriceRecord | AliasRecord | PatternRecord | MarkupRecord | CalendarRecord | ReplayRecord,
    Field(discriminator="kind"),
]
BOOK_RECORD: TypeAdapter[Any] = TypeAdapter(BookRecord)
"""Parses one line of prices.v1 by its `kind`."""


def instant_text(value: datetime) -> str:
    """UTC, with fractions only where there are any: `2026-11-22T10:00:00Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _part(text: str) -> str:
    return quote(text.strip().lower(), safe="*:.-_ ")


def _scope_part(scope: str) -> str:
    """The org id keeps its case: two orgs may differ in case alone."""
    return "*" if scope == "*" else quote(scope, safe="*:.-_ ")


def book_key(record: Any) -> str:
    """The Kafka key of a record: fields joined by `|`, each percent-encoded, lower case.

    >>> book_key(BOOK_RECORD.validate_json(b'{"kind":"calendar","calendar_id":"CN","dates":[]}'))
    'calendar|cn'
    """
    match record:
        case PriceRecord():
            parts = [record.provider, record.model, instant_text(record.effective_from)]
        case AliasRecord():
            parts = [record.provider, record.reference, instant_text(record.effective_from)]
        case PatternRecord():
            parts = [record.provider, record.rule_id]
        case MarkupRecord():
            parts = [record.rule_id, instant_text(record.effective_from)]
        case ReplayRecord():
            parts = [record.replay_id]
        case CalendarRecord():
            return f"calendar|{_part(record.calendar_id)}"
        case _:
            raise TypeError(f"not a price book record: {type(record).__name__}")
    *names, last = parts
    tail = [_part(name) for name in names] + [last if last.endswith("Z") else _part(last)]
    return "|".join([record.kind, _scope_part(record.scope), *tail])
