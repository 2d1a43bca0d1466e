"""What the waker remembers while it searches."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from services.pricer.encode import parked_line
from services.pricer.publishing import Outlet
from services.pricer.settings import PricerSettings
from services.pricer.waker import PartitionState, Waker
from services.pricing.book import Change
from services.pricing.matching import Pending
from tests.unit.pricer.test_shell import FailingFor
from tests.unit.pricing.make import book_of, call, price_record, put

PARTITION = TopicPartition("retry.v1", 0)


class Log:
    """The partition in memory, read as the waker's consumer would."""

    def __init__(self, *models: str) -> None:
        stamp = int(datetime.now(UTC).timestamp() * 1000)
        self.position = 0
        self.records = [
            SimpleNamespace(
                partition=0, offset=offset, timestamp=stamp,
                value=parked_line(call(event_id=f"e{offset}", request_model=model),
                                  Pending("model_unknown")),
            )
            for offset, model in enumerate(models)
        ]  # fmt: skip

    def seek(self, _: TopicPartition, offset: int) -> None:
        self.position = offset

    async def getmany(self, max_records: int, **_: Any) -> dict[TopicPartition, list[Any]]:
        found = self.records[self.position : self.position + max_records]
        self.position += len(found)
        return {PARTITION: found} if found else {}


def waker_of(
    log: Log, *records: dict[str, Any], keys_max: int = 10_000
) -> tuple[Waker, FailingFor]:
    publisher = FailingFor(0)
    settings = PricerSettings(parked_keys_max=keys_max)
    waker = Waker(settings, book_of(*records), Outlet(publisher, settings))
    waker._consumer = log
    return waker, publisher


async def read(waker: Waker, log: Log, count: int) -> None:
    """One step of the loop, with so many records."""
    waker._plan_searches()
    state = waker._states[PARTITION]
    for records in (await log.getmany(count)).values():
        await waker._read(PARTITION, state, records)
    if state.search is not None and log.position >= state.search.until:
        waker._end_search(PARTITION, state)


def priced(publisher: FailingFor) -> list[int]:
    lines = [line for m in publisher.taken for line in (m.value or b"").split(b"\n")]
    return [int(line.split(b'"event_id":"e')[1].split(b'"')[0]) for line in lines]


def change(waker: Waker, model: str) -> None:
    found = put(waker._book, price_record(model))
    assert isinstance(found, Change)
    waker.on_book([found])


async def test_calls_that_arrive_during_a_search_are_kept() -> None:
    log = Log("m1", "m2", "m1", "m2", "m1", "m3")
    waker, publisher = waker_of(log)
    await waker.on_partitions_assigned({PARTITION})
    state: PartitionState = waker._states[PARTITION]
    await read(waker, log, 3)
    assert (state.index.count, state.index.low_water(state.position)) == (3, 0)
    change(waker, "m2")
    await read(waker, log, 10)
    assert priced(publisher) == [1, 3]
    assert state.search is None
    assert {key.request_model: found.count for key, found in state.index.ranges.items()} == {
        "m1": 3, "m3": 1,
    }  # fmt: skip
    change(waker, "m1")
    await read(waker, log, 10)
    assert sorted(priced(publisher)) == [0, 1, 2, 3, 4]
    assert state.index.low_water(state.position) == 5


async def test_key_searched_while_its_new_calls_arrive() -> None:
    log = Log("m1", "m1")
    waker, publisher = waker_of(log)
    await waker.on_partitions_assigned({PARTITION})
    await read(waker, log, 1)
    late = price_record("m1", effective_from="2036-01-01T00:00:00Z")
    found = put(waker._book, late)
    waker.on_book([found])
    await read(waker, log, 10)
    state = waker._states[PARTITION]
    assert state.index.count == 2
    assert state.index.low_water(state.position) == 0
    assert not publisher.taken
    change(waker, "m1")
    await read(waker, log, 10)
    assert priced(publisher) == [0, 1]
    assert state.index.count == 0


async def test_a_price_that_comes_during_a_search_reaches_what_the_search_has_found() -> None:
    """Beyond the limit of keys a search finds calls under names that the index does not hold."""
    log = Log("m1", "m2", "m3")
    waker, publisher = waker_of(log, keys_max=1)
    await waker.on_partitions_assigned({PARTITION})
    await read(waker, log, 3)
    change(waker, "other")
    await read(waker, log, 1)
    change(waker, "m2")
    for _ in range(4):
        await read(waker, log, 10)
    assert priced(publisher) == [1]
    assert waker._states[PARTITION].index.count == 2
