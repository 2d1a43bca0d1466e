"""What is still on its way through the pricer is never told to be in the ledger."""

from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition

from services.rollup.upstream import LOOKS_MAX, Offing

ONE, TWO = TopicPartition("calls.v1", 0), TopicPartition("calls.v1", 1)


def at(seconds: float) -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=seconds)


def test_an_instant_counts_once_priced_and_then_heard() -> None:
    offing = Offing()
    offing.look(at(0), {ONE: 5}, {ONE: 4}, at(0.1))
    assert offing.until(at(60)) is None, "the pricer has not committed it"
    offing.look(at(1), {ONE: 7}, {ONE: 6}, at(1.1))
    assert offing.until(at(1)) is None, "priced.v1 was heard before the pricer was seen to be done"
    assert offing.until(at(1.1)) == at(0)
    offing.look(at(2), {ONE: 7}, {ONE: 7}, at(2.1))
    assert offing.until(at(3)) == at(2)
    assert offing.until(at(3)) is None, "nothing newer"


def test_every_partition_must_be_read() -> None:
    offing = Offing()
    offing.look(at(0), {ONE: 5, TWO: 1}, {ONE: 5}, at(0.1))
    assert offing.until(at(9)) is None
    offing.look(at(1), {ONE: 5, TWO: 1}, {ONE: 5, TWO: 1}, at(1.1))
    assert offing.until(at(9)) == at(1)


def test_a_pricer_that_is_away_for_a_day_takes_no_more_memory_than_an_hour() -> None:
    offing = Offing()
    for second in range(10 * LOOKS_MAX):
        offing.look(at(second), {ONE: second + 1}, {ONE: 0}, at(second))
    assert len(offing._looks) <= LOOKS_MAX
    offing.look(at(10**5), {ONE: 10**6}, {ONE: 5 * LOOKS_MAX}, at(10**5))
    found = offing.until(at(10**5))
    assert found is not None
    assert at(4 * LOOKS_MAX) < found <= at(5 * LOOKS_MAX)
