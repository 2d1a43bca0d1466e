"""The shell's own decisions: packing, stall, retry, bug limit."""

from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError
from hypothesis import given
from hypothesis import strategies as st

from services.pricer import publishing
from services.pricer.decide import Outputs, Parked
from services.pricer.publishing import BugLimitError, Outlet, messages, packed
from services.pricer.settings import PricerSettings
from services.pricer.watchdog import Progress
from services.runtime.kafka import Message

SETTINGS = PricerSettings(output_bytes_max=100, output_lines_max=3, bugs_in_a_row_max=2)


@given(st.lists(st.binary(min_size=1, max_size=60).filter(lambda b: b"\n" not in b)))
def test_packing_keeps_every_line_in_order(lines: list[bytes]) -> None:
    values = list(packed(lines, 100, 3))
    assert [line for value in values for line in value.split(b"\n")] == lines
    assert all(len(value) <= 101 and value.count(b"\n") < 3 for value in values)


def test_messages_by_topic_and_key() -> None:
    outputs = Outputs([b"p"], [Parked("a|x", b"1"), Parked("b|y", b"2"), Parked("a|x", b"3")],
                      [b"d"], source="prices.v1")  # fmt: skip
    assert messages(outputs, SETTINGS, b"k") == [
        Message("priced.v1", b"p", b"k"), Message("retry.v1", b"1\n3", b"a|x"),
        Message("retry.v1", b"2", b"b|y"), Message("dead.v1", b"d", b"prices.v1"),
    ]  # fmt: skip


class FailingFor:
    """A publisher that refuses a number of times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.taken: list[Message] = []

    async def publish(self, found: Sequence[Message]) -> None:
        if self.times:
            self.times -= 1
            raise KafkaConnectionError("away")
        self.taken += found


async def test_publishing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "BACKOFF_SECONDS", (0.0,))
    publisher = FailingFor(3)
    outlet = Outlet(publisher, SETTINGS)
    await outlet.publish(Outputs([b"p"]))
    assert [message.value for message in publisher.taken] == [b"p"]
    assert outlet.check() == ""


async def test_publishing_gives_up_and_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "BACKOFF_SECONDS", (0.0,))
    outlet = Outlet(FailingFor(10**9), PricerSettings(publish_retry_seconds=0.05))
    with pytest.raises(KafkaError):
        await outlet.publish(Outputs([b"p"]))
    assert outlet.check()


async def test_bugs_in_a_row_stop_the_worker() -> None:
    outlet = Outlet(FailingFor(0), SETTINGS)
    await outlet.publish(Outputs(refused=["bug", "bug"]))
    await outlet.publish(Outputs([b"p"], refused=["bug"]))
    with pytest.raises(BugLimitError):
        await outlet.publish(Outputs(refused=["bug", "bug"]))


def test_idle_is_not_a_stall() -> None:
    progress = Progress(0.0)
    for now in range(1, 1000):
        progress.observe(now, 0, "same", all_read=True)
        assert progress.age(now) == 0


def test_lag_without_progress_is() -> None:
    progress = Progress(0.0)
    progress.observe(1, 5, "a", all_read=False)
    progress.observe(50, 5, "a", all_read=False)
    assert progress.age(50) == 49
    progress.observe(60, 5, "b", all_read=False)
    assert progress.age(60) == 0
    progress.observe(90, 1, "b", all_read=True)
    assert progress.age(90) == 0
