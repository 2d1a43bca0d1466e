"""One table of all conventions' places, and the reading of a span's attributes by it. Pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from services.ingest.otlp.conventions import (
    CARRIED,
    CONTENT,
    CONVENTIONS,
    ORG_NAMES,
    answers,
    carriers,
    tags,
)
from services.ingest.otlp.fields import CONVERT, as_name
from services.ingest.otlp.values import Attributes, inner, parsed


class Source(NamedTuple):
    """Where a field may be read, and before which other places."""

    field: str
    rank: int
    path: str


Table = Mapping[str, tuple[Source, ...]]


def build(first: Mapping[Any, Sequence[str]] | None = None) -> Table:
    """The table of all conventions; `first` are a project's own places, looked at before them.

    >>> build({"org_id": ["acme.tenant"]})["acme.tenant"]
    (Source(field='org_id', rank=0, path=''),)
    """
    places: dict[str, list[str]] = defaultdict(list)
    for field, own in (first or {}).items():
        places[field] += own
    places["org_id"] += ORG_NAMES
    for convention in CONVENTIONS:
        for field, told in convention.SOURCES.items():
            places[field] += told
    for carrier in carriers():
        for field, names in CARRIED.items():
            places[field] += [carrier + name for name in names]
    places["feature"] += tags()
    table: dict[str, list[Source]] = defaultdict(list)
    for field, listed in places.items():
        for rank, place in enumerate(listed):
            key, _, path = place.partition("|")
            table[key].append(Source(field, rank, path))
    return {key: tuple(sources) for key, sources in table.items()}


TABLE = build()


class Found(NamedTuple):
    """A value, the attribute it came from, and before which other places that one counts."""

    value: Any
    place: str
    rank: int


_tuple = tuple.__new__
"""A named tuple's own constructor takes twice as long, and a span tells a dozen."""


def read(attributes: Attributes, table: Table = TABLE) -> dict[str, Found]:
    """Every field that the attributes tell. Content is opened only for what nothing else says."""
    best: dict[str, Found] = {}
    content = []
    for key in attributes:
        sources = table.get(key)
        if sources is None:
            continue
        if key in CONTENT:
            content.append(key)
        else:
            _take(best, key, attributes.get(key), sources)
    for key in content:
        missing = [source for source in table[key] if source.field not in best]
        if missing:
            opened = parsed(attributes.get(key))
            if key == answers.PLACE:
                opened = answers.unwrapped(opened)
            _take(best, key, opened, missing)
    return best


def _take(best: dict[str, Found], key: str, value: Any, sources: Sequence[Source]) -> None:
    """What one attribute says, where nothing before it does. A structure is opened once."""
    opened = None
    for field, rank, path in sources:
        known = best.get(field)
        if known is not None and known.rank <= rank:
            continue
        convert: Callable[[Any], Any] = CONVERT.get(field, as_name)
        place = key
        if not path:
            said = convert(value)
        else:
            opened = parsed(value) if opened is None else opened
            said, place = convert(inner(opened, path)), f"{key}|{path}"
        if said or (said is not None and key not in CONTENT):
            best[field] = _tuple(Found, (said, place, rank))
