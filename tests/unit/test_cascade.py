"""How often coarser tables are refreshed: paced by their cost, unless no calls come in."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from services.rollup.cascade import QUIET_SECONDS, Cascade, Paced
from services.rollup.stage import Scratch


def test_a_level_waits_for_its_share_of_the_clock() -> None:
    level = Paced(share=0.1, least_seconds=5.0, dirty={("acme", 0)})
    level.spent(100.0, 103.0)
    assert level.take(132.9) == []
    assert level.take(133.0) == [("acme", 0)]


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_without_calls_its_cost_does_not_count(seconds: float) -> None:
    level = Paced(share=0.1, least_seconds=5.0, dirty={("acme", 0)})
    level.spent(100.0, 100.0 + seconds)
    level.hasten()
    assert level.take(104.9 + seconds) == []
    assert level.take(105.0 + seconds) == [("acme", 0)]


class Counted:
    """A store that takes everything and gives back the token it was given."""

    def __init__(self) -> None:
        self.inserts: list[str] = []
        self._token = 0

    async def command(self, sql: str) -> None:
        if sql.startswith("INSERT INTO "):
            self.inserts.append(sql.split()[2])

    async def insert_bytes(self, table: str, body: bytes) -> None:
        if "token" in table:
            self._token = int(body[10:-1])

    async def rows(self, sql: str) -> list[tuple[int]]:
        return [(self._token,)]


async def test_users_of_a_burst_are_not_late_once_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, store = 1_000.0, Counted()
    monkeypatch.setattr(
        "services.rollup.cascade.time", SimpleNamespace(monotonic=lambda: now, time=time.time)
    )
    any_store: Any = store
    cascade = Cascade(any_store, Scratch("w"))
    cascade.subjects.spent(900.0, 1_000.0)  # dear: due in a thousand seconds
    cascade.touch(frozenset({("acme", 0)}))
    await cascade.refresh()
    assert "users_hour" not in store.inserts
    now += QUIET_SECONDS
    await cascade.refresh()
    assert "users_hour" in store.inserts
    assert not cascade.subjects.dirty
