"""Answers that take long: who has no units left for a new one gets the one before."""

import time

import pytest

from services.api.query.dear import Dear
from services.api.query.shelf import Kept, Shelf
from services.runtime.problems import ProblemError


async def test_without_units_the_answer_before_is_given_while_it_is_fresh_enough() -> None:
    dear = Dear(Shelf(1_000_000), is_paced=True)
    made: list[str] = []

    async def make() -> Kept:
        made.append("made")
        return Kept(b"first", None)

    def refuse() -> None:
        raise ProblemError(429, "no units are left")

    first = await dear.get("question", "one", make, lambda: None)
    for late, is_given in ((4.0, True), (60.0, False)):
        at = time.monotonic() - late
        dear._last["question"] = dear._last["question"]._replace(at=at, cost=0.3)
        if is_given:
            assert await dear.get("question", "two", make, refuse) == first
        else:
            with pytest.raises(ProblemError, match="units"):
                await dear.get("question", "two", make, refuse)
    assert made == ["made"]
