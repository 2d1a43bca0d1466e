"""retry.v1: prices parked calls as soon as the book allows it.

A parked call is priced when it is first read, else its offset is noted under what it waits for.
A change of the book leads to one search from the first offset of the touched keys to the end seen
then. What is committed is the first offset that still waits: a restart reads from there again,
and repeating a price is harmless. Memory holds ranges, never calls.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from schemas.dead import Refusal
from schemas.ndjson import split
from schemas.priced import ParkedCall
from schemas.topics import RETRY
from services.pricer.decide import (
    Line,
    Outputs,
    Parked,
    Position,
    bury,
    can_wake,
    parking_key,
    position,
    read_parked,
)
from services.pricer.encode import Again, priced_line, repark_line
from services.pricer.parked import OTHERS, ParkedIndex
from services.pricer.publishing import Outlet
from services.pricer.settings import PricerSettings
from services.pricing import told
from services.pricing.book import Change, PriceBook
from services.pricing.matching import Key, Pending
from services.runtime import logs, telemetry
from services.runtime.kafka import new_consumer
from services.runtime.tail import started

POLL_MS = 200
POLL_MESSAGES = 200
COMMIT_SECONDS = 1.0
GROUP_SUFFIX = "-retry"
log = logs.get("pricer")


@dataclass(slots=True)
class Search:
    """One pass over what was already read: only calls of `keys` count, up to `until`."""

    keys: frozenset[Key]
    until: int
    repark: bool = False
    found: ParkedIndex = field(default_factory=ParkedIndex)


@dataclass(slots=True)
class PartitionState:
    """One assigned partition of retry.v1."""

    index: ParkedIndex
    position: int = -1
    search: Search | None = None
    wanted: set[Key] = field(default_factory=set)
    committed: int = -1


def ref_key(parked: ParkedCall) -> Key:
    """What decides which record the call waits for."""
    event = told.as_read(parked.event, told.read(parked.event))
    org_id = parked.billed_org or event.org_id
    return Key(org_id, event.provider, event.response_model, event.request_model)


def _again(parked: ParkedCall) -> Again:
    return Again(parked.epoch, parked.payload_hash, parked.billed_org, parked.billed)


def try_price(parked: ParkedCall, book: PriceBook, outputs: Outputs) -> Pending | None:
    """Add the priced line; else say why there is none. A refusal raises `ValueError`.

    A call that is priced again and has no price any more says so: its old price must not stand.
    """
    if book.position < parked.epoch:
        return Pending(parked.reason, f"waits for book position {parked.epoch}")
    decision = told.decide(parked.event, book, parked.billed_org)
    result = decision.result
    if isinstance(result, Refusal):
        raise ValueError(f"{result.reason}: {result.detail}")
    if isinstance(result, Pending) and not (parked.epoch or parked.billed):
        return result
    outputs.priced.append(priced_line(parked.event, decision, book.position, _again(parked)))
    if isinstance(result, Pending):
        outputs.pending.append(result.reason)
        return result
    return None


class Waker(ConsumerRebalanceListener):  # type: ignore[misc]
    """The consumer of retry.v1."""

    def __init__(self, settings: PricerSettings, book: PriceBook, outlet: Outlet) -> None:
        self._settings = settings
        self._book = book
        self._outlet = outlet
        self._states: dict[TopicPartition, PartitionState] = {}
        self._changes: list[Change] = []
        self._stepped = False
        self._consumer: Any = None

    def on_book(self, changes: list[Change]) -> None:
        """The book moved; looked at between two polls."""
        self._changes += changes
        self._stepped = True

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Nothing is kept: the next owner reads from what is committed."""
        await self._commit()
        for tp in revoked:
            self._states.pop(tp, None)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Start each partition empty."""
        for tp in assigned:
            self._states[tp] = PartitionState(ParkedIndex(self._settings.parked_keys_max))

    async def run(self, stop: asyncio.Event) -> None:
        """Read until stopped. Call only once the book is ready."""
        settings = self._settings
        group = settings.group + GROUP_SUFFIX
        consumer = self._consumer = new_consumer(
            settings, (), group, settings.group_instance_id, settings.session_seconds
        )
        await started(consumer, stop)
        consumer.subscribe([settings.topic_prefix + RETRY.name], listener=self)
        last_commit = 0.0
        try:
            while not stop.is_set():
                self._plan_searches()
                await self._poll(consumer)
                now = asyncio.get_running_loop().time()
                if now - last_commit > COMMIT_SECONDS:
                    await self._commit()
                    last_commit = now
            await self._commit()
        finally:
            await consumer.stop()

    def _plan_searches(self) -> None:
        changes, self._changes = self._changes, []
        stepped, self._stepped = self._stepped, False
        for tp, state in self._states.items():
            if stepped:
                for index in (state.index, *([state.search.found] if state.search else [])):
                    state.wanted |= index.affected(changes, self._book)
            if state.search is None:
                self._begin_search(tp, state)

    def _begin_search(self, tp: TopicPartition, state: PartitionState) -> None:
        keys = frozenset(key for key in state.wanted if key in state.index.ranges)
        state.wanted.clear()
        low = state.index.low_water(state.position)
        repark = False
        if not keys and state.position - low > self._settings.repark_span:
            repark = state.index.count < (state.position - low) // 2
            keys = frozenset(state.index.ranges) if repark else keys
        if not keys:
            return
        found = ParkedIndex(self._settings.parked_keys_max)
        state.search = Search(keys, state.position, repark, found)
        self._consumer.seek(tp, state.index.first(keys))
        log.info("searching parked calls", partition=tp.partition, keys=len(keys), repark=repark)

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_MESSAGES)
        for tp, records in batches.items():
            state = self._states.get(tp)
            if state is not None:
                await self._read(tp, state, records)
        for tp, state in list(self._states.items()):
            if state.search is not None and await _position(consumer, tp) >= state.search.until:
                self._end_search(tp, state)
        telemetry.PARKED.set(sum(state.index.count for state in self._states.values()))

    def _end_search(self, tp: TopicPartition, state: PartitionState) -> None:
        if state.search is not None:
            state.index.replace(state.search.keys, state.search.found)
            log.info("parked calls searched", partition=tp.partition, waiting=state.index.count)
            state.search = None

    async def _read(self, tp: TopicPartition, state: PartitionState, records: list[Any]) -> None:
        """Publish what can be priced, then note what cannot."""
        outputs = Outputs(source=RETRY.name)
        waiting: list[tuple[Key, int, int]] = []
        for record in records:
            searched = state.search is not None and record.offset < state.search.until
            for key, epoch in self._decide(record, state if searched else None, outputs):
                waiting.append((key, record.offset, epoch))
            await asyncio.sleep(0)
        await self._outlet.publish(outputs)
        if self._states.get(tp) is not state:
            return
        # While a search runs, new calls are noted with it: its end replaces the ranges it sought.
        index = state.search.found if state.search else state.index
        for key, offset, epoch in waiting:
            index.add(key, offset, epoch)
        state.position = max(state.position, records[-1].offset + 1)

    def _decide(
        self, record: Any, state: PartitionState | None, outputs: Outputs
    ) -> list[tuple[Key, int]]:
        at = position(RETRY.name, record.partition, record.offset, record.timestamp)
        waiting = []
        for number, value in enumerate(split(record.value or b"")):
            parked = read_parked(value)
            if isinstance(parked, Refusal):
                bury(Line(at, number, value), parked, outputs)
                continue
            key = ref_key(parked)
            search = state.search if state is not None else None
            if search and state and not state.index.holds(key, record.offset, search.keys):
                continue
            pending = self._price(parked, Line(at, number, value), outputs)
            if pending is None or not can_wake(pending, parked.event):
                continue
            if search is not None and search.repark:
                line = repark_line(parked, pending)
                outputs.parked.append(Parked(parking_key(parked.event), line))
            else:
                waiting.append((key, parked.epoch))
        return waiting

    def _price(self, parked: ParkedCall, line: Line, outputs: Outputs) -> Pending | None:
        try:
            return try_price(parked, self._book, outputs)
        except ValueError as wrong:
            bury(line, Refusal(reason="cost_out_of_range", detail=str(wrong)[:4000]), outputs)
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"[:4000]
            bury(line, Refusal(reason="bug", detail=detail), outputs)
        return None

    async def _commit(self) -> None:
        offsets = {}
        for tp, state in self._states.items():
            low = state.index.low_water(state.position)
            if state.position >= 0 and low > state.committed:
                offsets[tp] = low
        if not offsets:
            return
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            log.warning("commit refused, the partitions moved on", error=repr(error))
        except KafkaError as error:
            log.warning("commit failed, tried again later", error=repr(error))
        else:
            for tp, low in offsets.items():
                self._states[tp].committed = low


async def _position(consumer: AIOKafkaConsumer, tp: TopicPartition) -> int:
    try:
        return int(await consumer.position(tp))
    except IllegalStateError:
        return -1


__all__ = ["OTHERS", "Position", "Waker", "try_price"]
