"""What is undecided when published is what is ambiguous when priced, and nothing else."""

from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.price import BOOK_RECORD, PriceRecord
from services.pricing.book import PriceBook
from services.pricing.core import price
from services.pricing.matching import Pending
from services.pricing.ties import undecided
from tests.unit.pricing.make import book_of, call, price_record, rates

SPECIAL = {
    "processing": ["batch", "standard"], "service_tier": ["flex", "priority", "standard"],
    "speed": ["fast"],
}  # fmt: skip
PLAIN = {"region": ["eu", "us"], "quality": ["high", "low"]}
CONTEXT = [0, 100, 200]
WINDOWS = [
    {"days": days, "minutes": minutes}
    for days in ([5], [6], [5, 6])
    for minutes in ([[0, 1440]], [[0, 720]], [[720, 721], [800, 900]])
]
WHEN = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
            for name, values in (SPECIAL | PLAIN).items()
        },
        "context_tokens": st.sampled_from([{"gt": 100}, {"gte": 200}, {"gt": 199}]),
        "utc_weekly": st.sampled_from(WINDOWS),
    },
).filter(lambda when: when and sum(name in when for name in SPECIAL) <= 1)
"""No variant asks for two special ways at once: a call is served in one."""
SERVED: list[dict[str, str]] = [
    {},
    *({name: value} for name, values in SPECIAL.items() for value in (*values, "new")),
]
"""Ways of being served; a provider may come up with one that no variant names."""
CALLS = [
    call(usage={"input": tokens + 1}, occurred_at=at, **served, region=region, quality=quality)
    for served, region, quality, tokens, at in product(
        SERVED, ["", "eu", "us"], ["", "high", "low"], CONTEXT,
        [f"2026-11-{day}T{time}Z" for day in (20, 21, 22) for time in ("06:00", "12:00", "13:45")],
    )
]  # fmt: skip
"""Every kind of call there is: served in one way, in each region, quality, length, on each day."""


def is_ambiguous(book: PriceBook) -> bool:
    return any(
        isinstance(told := price(one, book), Pending) and told.reason == "variant_ambiguous"
        for one in CALLS
    )


def record_of(whens: list[dict[str, Any]]) -> dict[str, Any]:
    variants = [
        {"id": f"v{n}", "when": when, "rates": rates(input=str(n))} for n, when in enumerate(whens)
    ]
    return price_record(variants=variants)


@given(st.lists(WHEN, min_size=2, max_size=3))
@example(
    [
        {"processing": ["batch"]},
        {"service_tier": ["flex", "standard"], "region": ["eu"]},
        {"region": ["eu"]},
    ]
)
@example(
    [
        {"processing": ["batch"]},
        {"service_tier": ["flex", "standard"]},
        {"processing": ["batch"], "service_tier": ["standard"], "region": ["eu", "us"]},
    ]
)
def test_undecided_is_what_some_call_is_ambiguous_by(whens: list[dict[str, Any]]) -> None:
    assert bool(open_pairs(whens)) == is_ambiguous(book_of(record_of(whens)))


@pytest.mark.parametrize(
    ("one", "two", "is_open"),
    [
        ({"days": [1], "minutes": [[0, 60]]}, {"days": [1], "minutes": [[59, 90]]}, True),
        ({"days": [1], "minutes": [[0, 60]]}, {"days": [1], "minutes": [[60, 90]]}, False),
        ({"days": [1], "minutes": [[0, 60]]}, {"days": [2], "minutes": [[0, 60]]}, False),
        (
            {"days": [1], "minutes": [[0, 60]]},
            {"days": [2], "minutes": [[0, 60]], "timezone": "Pacific/Auckland"},
            True,
        ),
    ],
)
def test_windows_are_open_where_they_overlap_or_may(
    one: dict[str, Any], two: dict[str, Any], is_open: bool
) -> None:
    assert bool(open_pairs([{"utc_weekly": one}, {"utc_weekly": two}])) is is_open


HOLIDAYS = {"except_calendar": "holidays"}
NARROW = {"days": [6], "minutes": [[0, 60]]}


@pytest.mark.parametrize(
    ("window", "narrow", "settles"),
    [
        ({"days": [6, 7], "minutes": [[0, 30], [30, 60]]}, NARROW, True),
        ({"days": [6], "minutes": [[0, 61]]}, NARROW, True),
        ({"days": [7], "minutes": [[0, 60]]}, NARROW, False),
        ({"days": [6], "minutes": [[0, 59]]}, NARROW, False),
        (NARROW | {"timezone": "Europe/Paris"}, NARROW, False),
        (NARROW | HOLIDAYS, NARROW, False),
        (NARROW | {"minutes": [[0, 61]]}, NARROW | HOLIDAYS, True),
        (NARROW | {"minutes": [[0, 61]]} | HOLIDAYS, NARROW | HOLIDAYS, True),
    ],
)
def test_a_third_window_settles_what_it_spans(
    window: dict[str, Any], narrow: dict[str, Any], settles: bool
) -> None:
    whens = [
        {"utc_weekly": narrow, "quality": ["high"]},
        {"region": ["eu"], "quality": ["high"]},
        {"utc_weekly": window, "region": ["eu"], "quality": ["high"]},
    ]
    assert (("v0", "v1") in open_pairs(whens)) is not settles


def test_a_third_threshold_settles_what_lies_above_it() -> None:
    long = {"context_tokens": {"gte": 200}}
    whens = [long | {"region": ["eu"]}, long | {"quality": ["high"]}]
    third = {"region": ["eu"], "quality": ["high"]}
    assert open_pairs(whens) == [("v0", "v1")]
    assert open_pairs([*whens, third | {"context_tokens": {"gte": 100}}]) == []
    assert open_pairs([*whens, third | {"context_tokens": {"gte": 201}}]) == [("v0", "v1")]


def test_ordinary_tiers_are_one_and_ordinary_qualities_are_not() -> None:
    both = [{"quality": ["standard"]}, {"quality": ["auto"]}]
    assert open_pairs(both) == []
    assert open_pairs([{"speed": ["standard"]}, {"speed": ["auto"]}]) == [("v0", "v1")]


def open_pairs(whens: list[dict[str, Any]]) -> list[tuple[str, str]]:
    parsed = BOOK_RECORD.validate_json(orjson.dumps(record_of(whens)))
    assert isinstance(parsed, PriceRecord)
    return [(one.id, two.id) for one, two in undecided(parsed.variants)]
