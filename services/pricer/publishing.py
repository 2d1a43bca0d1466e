"""Outputs to Kafka: many lines a message, every message acknowledged, retried while Kafka is away.

Our own idempotent producer and not faust's: that one is not idempotent and hides failures from a
commit. A batch that was published twice is harmless, because every line carries its version.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator

import orjson
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from schemas.ndjson import join
from schemas.topics import DEAD, PRICED, RECEIPTS_HEADER, RETRY
from services.pricer.decide import SERVICE, Outputs
from services.pricer.settings import PricerSettings
from services.runtime import logs, telemetry
from services.runtime.kafka import Message, Publisher

BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
log = logs.get("pricer")


class BugLimitError(RuntimeError):
    """The core failed line after line: stopping keeps the input, going on would bury it."""


def packed(lines: Iterable[bytes], bytes_max: int, lines_max: int) -> Iterator[bytes]:
    """Message values of whole lines; a line longer than the limit stands alone."""
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        if chunk and (size + len(line) + 1 > bytes_max or len(chunk) >= lines_max):
            yield join(chunk)
            chunk, size = [], 0
        chunk.append(line)
        size += len(line) + 1
    if chunk:
        yield join(chunk)


def messages(outputs: Outputs, settings: PricerSettings, key: bytes | None) -> list[Message]:
    """The batch's outputs. Keys only spread load: readers depend on no order and no placement."""
    limits = settings.output_bytes_max, settings.output_lines_max
    found = _priced(outputs, key, limits)
    by_key: dict[str, list[bytes]] = {}
    for parked in outputs.parked:
        by_key.setdefault(parked.key, []).append(parked.line)
    for parking_key, lines in by_key.items():
        encoded = parking_key.encode()
        found += [Message(RETRY.name, value, encoded) for value in packed(lines, *limits)]
    source = outputs.source.encode()
    found += [Message(DEAD.name, value, source) for value in packed(outputs.dead, *limits)]
    return found


def _priced(outputs: Outputs, key: bytes | None, limits: tuple[int, int]) -> list[Message]:
    """The first message accounts for the sources; without any call it is empty but is sent."""
    values = list(packed(outputs.priced, *limits))
    if not outputs.receipts:
        return [Message(PRICED.name, value, key) for value in values]
    headers = ((RECEIPTS_HEADER, orjson.dumps([list(r) for r in outputs.receipts])),)
    first, *rest = values or [b""]
    return [
        Message(PRICED.name, first, key, headers),
        *(Message(PRICED.name, value, key) for value in rest),
    ]


class Outlet:
    """Publishes outputs and counts them."""

    def __init__(self, publisher: Publisher, settings: PricerSettings) -> None:
        self._publisher = publisher
        self._settings = settings
        self._bugs_in_a_row = 0
        self.failing_since: float | None = None

    def check(self) -> str:
        """A readiness check."""
        return "" if self.failing_since is None else "Kafka does not take outputs"

    async def publish(self, outputs: Outputs, key: bytes | None = None) -> None:
        """Return once everything is acknowledged; raise when Kafka refuses for too long."""
        self._check_bugs(outputs)
        found = messages(outputs, self._settings, key)
        if found:
            await self._retried(found)
        self._count(outputs)

    async def _retried(self, found: list[Message]) -> None:
        started, attempt = time.monotonic(), 0
        while True:
            try:
                await self._publisher.publish(found)
            except MessageSizeTooLargeError:
                raise
            except (KafkaError, TimeoutError, OSError) as error:
                if time.monotonic() - started > self._settings.publish_retry_seconds:
                    raise
                self.failing_since = self.failing_since or started
                log.warning("kafka does not take outputs", error=repr(error), attempt=attempt)
                await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
                attempt += 1
            else:
                self.failing_since = None
                return

    def _check_bugs(self, outputs: Outputs) -> None:
        if outputs.priced:
            self._bugs_in_a_row = 0
        self._bugs_in_a_row += outputs.refused.count("bug")
        if self._bugs_in_a_row > self._settings.bugs_in_a_row_max:
            raise BugLimitError(f"{self._bugs_in_a_row} lines in a row failed with a bug")

    def _count(self, outputs: Outputs) -> None:
        telemetry.PRICED.labels("priced").inc(len(outputs.priced) - len(outputs.pending))
        for why, number in Counter(outputs.pending).items():
            telemetry.PRICED.labels("pending").inc(number)
            telemetry.PENDING.labels(why).inc(number)
        for reason in set(outputs.refused):
            telemetry.REFUSED.labels(SERVICE, reason).inc(outputs.refused.count(reason))
