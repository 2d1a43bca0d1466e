"""The index of waiting calls: ranges only, bounded, and what a change wakes."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.pricer.parked import OTHERS, ParkedIndex, Range
from services.pricing.book import Change, PriceBook
from services.pricing.matching import Key
from tests.unit.pricing.make import book_of, key_of, price_record, put

M1, M2 = Key("acme", "openai", "", "m1"), Key("", "openai", "m2", "")


def index(*keys: Key) -> ParkedIndex:
    found = ParkedIndex()
    for offset, key in enumerate(keys):
        found.add(key, offset)
    return found


def woken(book: PriceBook, record: dict[str, Any], *keys: Key) -> set[Key]:
    change = put(book, record)
    assert isinstance(change, Change)
    return set(index(*keys).affected([change], book))


def test_a_price_wakes_its_own_model_only() -> None:
    assert woken(book_of(), price_record(), M1, M2) == {M1}
    assert woken(book_of(), price_record("m3"), M1, M2) == set()
    assert woken(book_of(), price_record(provider="anthropic"), M1, M2) == set()


def test_a_price_wakes_aliases_and_patterns_to_it() -> None:
    alias = {"kind": "alias", "provider": "openai", "reference": "m1", "model": "big",
             "effective_from": "2026-01-01T00:00:00Z"}  # fmt: skip
    pattern = {"kind": "pattern", "provider": "openai", "rule_id": "r", "model": "big",
               "match": {"prefix": "m2"}}  # fmt: skip
    assert woken(book_of(alias, pattern), price_record("big"), M1, M2) == {M1, M2}


def test_an_orgs_price_wakes_its_own_calls_only() -> None:
    assert woken(book_of(), price_record(scope="org:acme"), M1) == {M1}
    assert woken(book_of(), price_record(scope="org:other"), M1) == set()


def test_a_new_provider_wakes_its_calls() -> None:
    ours = Key("", "our-gpus", "llama", "")
    assert woken(book_of(), price_record("llama", "our-gpus"), ours, M1) == {ours}


def test_a_tombstone_wakes_the_provider() -> None:
    book = book_of(price_record())
    change = book.apply(key_of(price_record()), None, 1)
    assert isinstance(change, Change)
    assert index(M1, M2).affected([change], book) == {M1, M2}


def test_keys_are_bounded_and_the_rest_is_one_range() -> None:
    found = ParkedIndex(keys_max=2)
    for offset in range(100):
        found.add(Key("", "p", "", f"m{offset}"), offset)
    assert len(found.ranges) == 3
    assert found.ranges[OTHERS] == Range(2, 99, 98)
    assert found.count == 100
    late = Key("", "p", "", "m50")
    assert found.holds(late, 50, frozenset({OTHERS}))
    assert not found.holds(late, 1, frozenset({OTHERS}))


def test_epoch_waits_for_the_book() -> None:
    found = ParkedIndex()
    found.add(M1, 0, epoch=5)
    book = book_of()
    assert found.affected([], book) == frozenset()
    book.position = 5
    assert found.affected([], book) == {M1}


keys = st.sampled_from([Key("", "p", "", f"m{n}") for n in range(8)])


@given(calls=st.lists(keys, max_size=60), done=st.sets(keys), keys_max=st.integers(1, 8))
def test_nothing_that_waits_is_ever_behind_the_low_water(
    calls: list[Key], done: set[Key], keys_max: int
) -> None:
    found = ParkedIndex(keys_max=keys_max)
    for offset, key in enumerate(calls):
        found.add(key, offset)
    sought = frozenset(key for key in found.ranges if key in done or key == OTHERS)
    if sought:
        rest = ParkedIndex(keys_max=keys_max)
        for offset, key in enumerate(calls):
            if found.holds(key, offset, sought) and key not in done:
                rest.add(key, offset)
        found.replace(sought, rest)
    waiting = [offset for offset, key in enumerate(calls) if key not in done]
    assert found.low_water(len(calls)) <= min(waiting, default=len(calls))
    everything = frozenset(found.ranges)
    assert all(found.holds(calls[offset], offset, everything) for offset in waiting)
