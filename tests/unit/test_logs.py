"""What reaches the log."""

import logging

from services.runtime.logs import Repeats


def record(logger: str, text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord(logger, logging.ERROR, "", 0, text, arguments, None)


def test_a_library_that_repeats_itself_is_heard_once() -> None:
    repeats = Repeats()
    told = [repeats.filter(record("aiokafka.client", "no node %s", n)) for n in range(50)]
    assert told == [True] + [False] * 49
    assert repeats.filter(record("aiokafka.client", "another matter"))
    assert repeats.filter(record("aiokafka.conn", "no node %s", 1))


def test_our_own_words_are_never_cut() -> None:
    repeats = Repeats()
    assert all(repeats.filter(record("rollup", "flushed")) for _ in range(50))
