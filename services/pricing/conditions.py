"""Conditions of variants, adjustments and markups, compiled once and tested per call."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.price import Threshold, When
from services.pricing.providers import canonical, plain_name

DEFAULTS = frozenset({
    "", "null", "none", "standard", "default", "on_demand", "on-demand", "auto", "standard_only",
    "sync", "synchronous", "online",
})  # fmt: skip
"""Served the ordinary way: all of these mean the same as saying nothing."""

TIERED = ("processing", "service_tier", "speed")
"""Attributes whose non-default value must be named by a price, or the price is not known."""

BATCH = "batch"
_PLAIN = ("region", "deployment", "search_context_size", "image_size", "quality")

Calendars = Mapping[str, frozenset[date]]


class Attributes(NamedTuple):
    """What of a call conditions may look at, in one spelling."""

    processing: str
    service_tier: str
    speed: str
    region: str
    deployment: str
    search_context_size: str
    image_size: str
    quality: str


def tier(value: str) -> str:
    """The tier in one spelling; the ordinary one is the empty string."""
    name = plain_name(value)
    return "" if name in DEFAULTS else name


def attributes(told: Sequence[str], provider: str = "") -> Attributes:
    """The pricing attributes in one spelling, from those of a call in the order of the fields.

    Batch is a way of processing, also where it was told as a tier, as Anthropic's API does, or by
    the type of an Azure deployment. On Vertex every place but "global" is a regional deployment.
    """
    processing, served, speed = map(tier, told[: len(TIERED)])
    if served == BATCH and processing in ("", BATCH):
        processing, served = BATCH, ""
    region, deployment, *others = map(plain_name, told[len(TIERED) :])
    if provider == "gcp.vertex_ai" and not deployment and region not in ("", "global"):
        deployment = "regional"
    if deployment and provider.startswith("azure."):
        processing, region = _by_type(deployment, processing, region)
    return Attributes(processing, served, speed, region, deployment, *others)


DATA_ZONE = "datazone"
_US = re.compile(r"us\d?$")
_EU = re.compile(
    r"(north|west)europe$|(austria|belgium|denmark|finland|france|germany|greece|italy|poland|spain"
    r"|sweden)"
)
_SEPARATORS = str.maketrans("", "", " _-")


def joined(deployment: str) -> str:
    """The type of a deployment without separators: `DataZone-Standard` as `DataZoneStandard`."""
    return deployment.translate(_SEPARATORS)


def _by_type(deployment: str, processing: str, region: str) -> tuple[str, str]:
    """Azure's types of deployment (learn.microsoft.com, deployment types): batches, data zones.

    A data zone is that of the region it was deployed in.
    """
    kind = joined(deployment)
    if kind in ("globalbatch", "datazonebatch"):
        processing = processing or BATCH
    if kind.startswith(DATA_ZONE):
        region = "us" if _US.search(region) else "eu" if _EU.match(region) else region
    return processing, region


class Kind(NamedTuple):
    """What conditions may look at that all calls told alike share."""

    attributes: Attributes
    provider: str
    models: tuple[str, ...]


class Subject(NamedTuple):
    """One call as conditions see it."""

    kind: Kind
    context_tokens: int
    at: datetime


class MissingCalendarError(LookupError):
    """A condition names a calendar that the book does not have: the price is not known."""


_HoldsFor = Callable[[Kind], bool]
_Holds = Callable[[Subject, Calendars], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled `When`: tests that the kind of a call settles, then those of its size and time.

    `context_least`: the fewest context tokens it holds for.
    """

    fixed: tuple[_HoldsFor, ...]
    moving: tuple[_Holds, ...]
    named: frozenset[str]
    context_least: int = 0

    @property
    def specificity(self) -> int:
        """How many conditions there are: the most specific one wins."""
        return len(self.named)

    def can_hold(self, kind: Kind) -> bool:
        """True when the kind of the call does not rule it out."""
        return all(test(kind) for test in self.fixed)

    def holds_now(self, subject: Subject, calendars: Calendars) -> bool:
        """True for a kind that it can hold for when size and time fulfil it too."""
        for test in self.moving:  # noqa: SIM110 - a generator costs more than the tests
            if not test(subject, calendars):
                return False
        return True


def compile_when(when: When) -> Condition:
    """Compile, or `ValueError` for what can never be evaluated."""
    if when.processing is None and {tier(value) for value in when.service_tier or ()} == {BATCH}:
        when = when.model_copy(update={"processing": [BATCH], "service_tier": None})
    fixed: list[_HoldsFor] = []
    moving: list[_Holds] = []
    for name in (*TIERED, *_PLAIN):
        values = getattr(when, name)
        if values is not None:
            fixed.append(_attribute(name, values))
    context_least = 0
    if when.context_tokens is not None:
        context_least = least(when.context_tokens)
        moving.append(_context(context_least))
    if when.utc_weekly is not None:
        moving += [_weekly(when), *map(_late, _names(when))]  # a calendar may be missing first
    else:
        fixed += _names(when)
    named = frozenset(when.model_dump(exclude_none=True))
    return Condition(tuple(fixed), tuple(moving), named, context_least)


def _names(when: When) -> list[_HoldsFor]:
    tests: list[_HoldsFor] = []
    if when.provider is not None:
        providers = frozenset(canonical(value) for value in when.provider)
        tests.append(lambda kind: kind.provider in providers)
    if when.model is not None:
        models = frozenset(plain_name(value) for value in when.model)
        tests.append(lambda kind: not models.isdisjoint(kind.models))
    return tests


def _late(test: _HoldsFor) -> _Holds:
    return lambda subject, _: test(subject.kind)


def _attribute(name: str, values: list[str]) -> _HoldsFor:
    spelling = tier if name in TIERED else plain_name
    allowed = frozenset(spelling(value) for value in values)
    index = Attributes._fields.index(name)

    return lambda kind: kind.attributes[index] in allowed


def least(threshold: Threshold) -> int:
    """The fewest tokens a threshold holds for, or `ValueError` where it has none or two bounds."""
    if (threshold.gt is None) == (threshold.gte is None):
        raise ValueError("context_tokens needs exactly one of gt and gte")
    return threshold.gte if threshold.gte is not None else (threshold.gt or 0) + 1


def _context(fewest: int) -> _Holds:
    def holds(subject: Subject, _: Calendars) -> bool:
        return subject.context_tokens >= fewest

    return holds


def _weekly(when: When) -> _Holds:
    window = when.utc_weekly
    if window is None:
        raise ValueError("no weekly window")
    zone: tzinfo = UTC if window.timezone == "UTC" else ZoneInfo(window.timezone)
    days = frozenset(window.days)
    spans = tuple(window.minutes)
    if any(start >= end for start, end in spans):
        raise ValueError("a span of minutes must end after it starts; split it at midnight")
    calendar = plain_name(window.except_calendar)

    def holds(subject: Subject, calendars: Calendars) -> bool:
        local = subject.at.astimezone(zone)
        if calendar and calendar not in calendars:
            raise MissingCalendarError(calendar)
        if local.isoweekday() not in days or local.date() in calendars.get(calendar, ()):
            return False
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in spans)

    return holds
