"""Which telling of a call counts, and by what it stands out."""

from typing import Any

from services.api.traces.told import ONCE, Counted, calls_of
from services.counting.telling import Identity, Place, Telling

TRACE = 7


def telling(number: int, call: int, **told: Any) -> Telling:
    fields = {"ver": number, "usage_rank": 2, "wire_rank": 1, "own_key": number} | told
    return Telling(
        place=Place(0, TRACE, number, 0), call_key=call, is_void=False, identity=Identity(),
        minute=0, **fields,
    )  # fmt: skip


def said(*tellings: Telling, winner: int, usages: dict[int, Any] | None = None) -> dict[str, Any]:
    events = {t: (f"e{t.place.span_key}", (usages or {}).get(t.place.span_key)) for t in tellings}
    call = next((t.call_key for t in tellings if t.place.span_key == winner), tellings[0].call_key)
    return calls_of(tellings, events, {call: Counted(f"e{winner}", "t")})


def test_one_telling_is_told_once() -> None:
    assert said(telling(1, 10), winner=1)["e1"]["why"] == ONCE


def test_of_two_with_the_same_response_the_rules_say_why() -> None:
    cases = {
        "has_usage": ({"usage_rank": 0}, {}),
        "nearest_the_wire": ({"wire_rank": 1}, {"wire_rank": 3}),
        "deepest": ({}, {"parent_key": 1}),
        "newest": ({}, {}),
    }
    for why, (one, other) in cases.items():
        told = said(telling(1, 10, **one), telling(2, 10, **other), winner=2)
        assert told["e1"] == told["e2"]
        assert (told["e1"]["why"], told["e1"]["counted"]) == (why, "e2")
        assert sorted(told["e1"]["tellings"]) == ["e1", "e2"]


def test_the_innermost_of_nested_calls_counts_and_differing_usage_shows() -> None:
    told = said(telling(1, 10), telling(2, 20, parent_key=1), winner=2, usages={1: 5, 2: 6})
    assert told["e1"]["why"] == "innermost"
    assert told["e2"]["tellings"] == ["e1", "e2"]
    assert not told["e2"]["is_usage_equal"]


def test_a_call_around_one_without_usage_speaks_for_it() -> None:
    outer, inner = telling(1, 10), telling(2, 20, parent_key=1, usage_rank=0)
    events = {outer: ("e1", 5), inner: ("e2", None)}
    told = calls_of([outer, inner], events, {20: Counted("e1", "t")})
    assert told["e1"] == told["e2"]
    assert (told["e2"]["counted"], told["e2"]["why"]) == ("e1", "has_usage")


def test_an_outer_call_around_two_is_a_telling_of_neither() -> None:
    outer, one, two = telling(1, 10), telling(2, 20, parent_key=1), telling(3, 30, parent_key=1)
    events = {t: (f"e{t.place.span_key}", None) for t in (outer, one, two)}
    told = calls_of([outer, one, two], events, {20: Counted("e2", "t"), 30: Counted("e3", "t")})
    assert set(told) == {"e2", "e3"}
    assert told["e2"]["why"] == ONCE


def test_the_winner_may_stand_in_another_trace() -> None:
    told = said(telling(1, 10), winner=99)
    assert told["e1"]["why"] == "told_elsewhere"
