"""The price book: every record of prices.v1, indexed for look-up. One writer, no I/O.

A record that cannot be used is refused and the one that stood under its key stays in force: a bad
correction must not take a good price away.
"""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from schemas.dead import Refusal
from schemas.price import (
    BOOK_RECORD,
    AliasRecord,
    CalendarRecord,
    MarkupRecord,
    PatternRecord,
    PriceRecord,
    ReplayRecord,
    book_key,
)
from services.pricing.providers import KNOWN, canonical, plain_name
from services.pricing.rates import Markup, Version, compile_markup, compile_price, in_utc

CACHE_MAX = 100_000
"""Remembered look-ups; beyond it all are forgotten and found again."""

Series = tuple[str, str, str]
"""(scope, canonical provider, model or reference)"""


class Alias(NamedTuple):
    """A reference that stands for a model while it is valid."""

    key: str
    model: str
    effective_from: datetime
    effective_to: datetime | None
    active: bool


class Pattern(NamedTuple):
    """References with a prefix stand for a model. Sorts in order of precedence."""

    order: tuple[int, int, str, str]
    prefix: str
    model: str
    active: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a record changed. `series` is empty where any call of the provider may be touched."""

    kind: Literal["price", "alias", "pattern", "markup", "calendar"]
    scope: str
    provider: str
    series: Series | None


@dataclass(frozen=True, slots=True)
class _Entry:
    record: Any
    item: Any
    series: Any


@dataclass(slots=True)
class PriceBook:
    """Feed it every record in order of its offset with `apply`; everything else reads."""

    prices: dict[Series, list[Version]] = field(default_factory=dict)
    aliases: dict[Series, list[Alias]] = field(default_factory=dict)
    patterns: dict[tuple[str, str], list[Pattern]] = field(default_factory=dict)
    markups: dict[tuple[str, str], list[Markup]] = field(default_factory=dict)
    calendars: dict[str, frozenset[date]] = field(default_factory=dict)
    position: int = 0
    cache: dict[Any, Any] = field(default_factory=dict)
    markup_rules: dict[str, list[str]] = field(default_factory=dict)
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _providers: dict[tuple[str, str], int] = field(default_factory=dict)
    """Records by scope and provider."""

    def __len__(self) -> int:
        return len(self._entries)

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> Change | Refusal | None:
        """Take one message of prices.v1. None: it changed nothing."""
        self.position = offset + 1
        try:
            name = (key or b"").decode()
        except UnicodeDecodeError:
            return Refusal(reason="price_record_invalid", detail="the key is not UTF-8")
        if value is None:
            return self._forget(name)
        parsed = _parse(name, value)
        if isinstance(parsed, Refusal):
            return parsed
        if isinstance(parsed, ReplayRecord):
            return None
        try:
            entry = _ENTRY[type(parsed)](parsed, name)
        except (ValueError, LookupError, OSError) as wrong:
            return Refusal(reason="price_record_invalid", detail=str(wrong)[:1000])
        old = self._entries.get(name)
        if old is not None and old.record == parsed:
            return None
        if old is not None:
            self._remove(old)
        self._entries[name] = entry
        self._add(entry)
        self.cache.clear()
        return _change(parsed, entry.series)

    def fork(self) -> "PriceBook":
        """A book of its own with the same records: for what would be if."""
        return PriceBook(
            prices={key: list(items) for key, items in self.prices.items()},
            aliases={key: list(items) for key, items in self.aliases.items()},
            patterns={key: list(items) for key, items in self.patterns.items()},
            markups={key: list(items) for key, items in self.markups.items()},
            calendars=dict(self.calendars),
            position=self.position,
            markup_rules={scope: list(rules) for scope, rules in self.markup_rules.items()},
            _entries=dict(self._entries),
            _providers=dict(self._providers),
        )

    def record(self, key: str) -> Any:
        """The record that stands under a key, None without one."""
        entry = self._entries.get(key)
        return entry.record if entry else None

    def knows_provider(self, provider: str, scopes: Iterable[str]) -> bool:
        """True for a canonical provider of the table, or one that has records in these scopes."""
        return provider in KNOWN or any((scope, provider) in self._providers for scope in scopes)

    def remember(self, key: Any, value: Any) -> None:
        """Keep a look-up until the next change."""
        if len(self.cache) >= CACHE_MAX:
            self.cache.clear()
        self.cache[key] = value

    def _forget(self, name: str) -> Change | None:
        old = self._entries.pop(name, None)
        if old is None:
            return None
        self._remove(old)
        self.cache.clear()
        return _change(old.record, None)

    def _add(self, entry: _Entry) -> None:
        record, item = entry.record, entry.item
        if isinstance(record, CalendarRecord):
            self.calendars[entry.series] = item
            return
        index, order = self._index(record)
        insort(index.setdefault(entry.series, []), item, key=order)
        if isinstance(record, MarkupRecord):
            self._count_rule(record, entry.series)
        else:
            owner = entry.series[:2]
            self._providers[owner] = self._providers.get(owner, 0) + 1

    def _count_rule(self, record: MarkupRecord, series: tuple[str, str]) -> None:
        rules = self.markup_rules.setdefault(record.scope, [])
        if series[1] not in rules:
            insort(rules, series[1])

    def _remove(self, entry: _Entry) -> None:
        record = entry.record
        if isinstance(record, CalendarRecord):
            del self.calendars[entry.series]
            return
        index, _ = self._index(record)
        rest = [item for item in index[entry.series] if item is not entry.item]
        if rest:
            index[entry.series] = rest
        else:
            del index[entry.series]
        if isinstance(record, MarkupRecord):
            if not rest:
                self.markup_rules[record.scope].remove(entry.series[1])
            return
        owner = entry.series[:2]
        self._providers[owner] -= 1
        if not self._providers[owner]:
            del self._providers[owner]

    def _index(self, record: Any) -> tuple[dict[Any, list[Any]], Callable[[Any], Any]]:
        match record:
            case PriceRecord():
                return self.prices, _by_time
            case AliasRecord():
                return self.aliases, _by_time
            case PatternRecord():
                return self.patterns, _by_order
            case _:
                return self.markups, _by_time


def _by_time(item: Any) -> Any:
    return (item.effective_from, item.key)


def _by_order(item: Pattern) -> Any:
    return item.order


def _parse(name: str, value: bytes) -> Any:
    try:
        record = BOOK_RECORD.validate_json(value)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        told = f"{where}: {first['msg']}" if where else first["msg"]
        return Refusal(reason="price_record_invalid", detail=told[:4000], field=where[:256])
    if (expected := book_key(record)) != name:
        return Refusal(
            reason="price_record_invalid",
            detail=f"the key is {name!r} but the record's is {expected!r}"[:4000],
            field="key",
        )
    return record


def _price_entry(record: PriceRecord, name: str) -> _Entry:
    version = compile_price(record, name)
    return _Entry(record, version, (record.scope, version.provider, plain_name(record.model)))


def _alias_entry(record: AliasRecord, name: str) -> _Entry:
    alias = Alias(
        name,
        plain_name(record.model),
        in_utc(record.effective_from),
        None if record.effective_to is None else in_utc(record.effective_to),
        record.status == "active",
    )
    return _Entry(
        record, alias, (record.scope, canonical(record.provider), plain_name(record.reference))
    )


def _pattern_entry(record: PatternRecord, name: str) -> _Entry:
    prefix = plain_name(record.match.prefix)
    pattern = Pattern(
        (-record.priority, -len(prefix), record.rule_id, name),
        prefix,
        plain_name(record.model),
        record.status == "active",
    )
    return _Entry(record, pattern, (record.scope, canonical(record.provider)))


def _markup_entry(record: MarkupRecord, name: str) -> _Entry:
    return _Entry(record, compile_markup(record, name), (record.scope, record.rule_id))


def _calendar_entry(record: CalendarRecord, _: str) -> _Entry:
    return _Entry(record, frozenset(record.dates), plain_name(record.calendar_id))


_ENTRY: dict[type, Callable[[Any, str], _Entry]] = {
    PriceRecord: _price_entry,
    AliasRecord: _alias_entry,
    PatternRecord: _pattern_entry,
    MarkupRecord: _markup_entry,
    CalendarRecord: _calendar_entry,
}


def _change(record: Any, series: Any) -> Change:
    scope = getattr(record, "scope", "*")
    provider = canonical(getattr(record, "provider", ""))
    return Change(record.kind, scope, provider, series if record.kind == "price" else None)
