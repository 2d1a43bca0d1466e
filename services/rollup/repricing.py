"""Prices calls of the ledger again after a retroactive correction or a replay.

The calls go back through retry.v1 and the pricer, with the book position the correction needs as
their epoch: what comes out beats every earlier price. Hour by hour, each page first noted in
`price_changes` and then sent, so that a crash repeats a page and loses nothing: what was already
priced again no longer differs. Calls of a closed month are noted, not sent.

A second pass after a while catches calls that were priced by the old book while the first one ran.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from aiokafka.errors import KafkaError

from schemas import ndjson
from schemas.price import BOOK_RECORD
from schemas.progress import AS_OF
from schemas.topics import RETRY
from services.pricing.book import PriceBook
from services.pricing.matching import Key
from services.pricing.recall import COLUMNS, Named, is_touched, reach, stored
from services.rollup.price_changes import (
    Adjusted,
    Closed,
    Found,
    Job,
    Names,
    differences,
    month_of,
    noted,
    parked,
    utc,
)
from services.runtime import logs
from services.runtime.clickhouse import DataError, Store, StoreAwayError
from services.runtime.kafka import Message, Publisher

PAGE_ROWS = 5_000
LINES_PER_MESSAGE = 200
WAITING = (
    "SELECT position, key, record, published_at FROM price_log WHERE is_deleted = 0 "
    "AND (kind = 'replay' OR (kind = 'price' "
    "AND JSONExtractString(record, 'reprice') = 'retroactive')) "
    "AND position NOT IN (SELECT position FROM repricings FINAL WHERE state = 'done') "
    "ORDER BY position"
)
BOOK = "SELECT key, position, is_deleted, record FROM price_log FINAL ORDER BY position"
NAMES = (
    "SELECT DISTINCT if(billed > 0, billed_org, org_own), provider, response_model, "
    "request_model, price_key FROM tellings "
    "WHERE {conditions}"
)
SLOTS = "SELECT DISTINCT slot FROM tellings WHERE {conditions} ORDER BY slot"
PAGE = (
    "SELECT {columns}, if(t.ver = s.top, c.org_id, '') AS counted FROM ({page}) AS t "
    "LEFT JOIN (SELECT span_key AS k, max(ver) AS top FROM tellings "
    "WHERE slot = {{slot:DateTime('UTC')}} AND span_key IN (SELECT span_key FROM ({page})) "
    "GROUP BY k) AS s ON s.k = t.span_key "
    "LEFT JOIN (SELECT project AS p, event_id AS e, org_id FROM calls FINAL "
    "WHERE bucket >= {{slot:DateTime('UTC')}} AND bucket < {{slot:DateTime('UTC')}} "
    "+ INTERVAL 1 HOUR AND is_void = 0) AS c ON c.p = t.project AND c.e = t.event_id "
    "ORDER BY t.trace_key, t.span_key, t.shape"
).replace(
    "{page}",
    "SELECT * FROM tellings FINAL WHERE {conditions} "
    "AND slot = {{slot:DateTime('UTC')}} AND (trace_key, span_key, shape) > "
    "({{trace:UInt128}}, {{span:UInt64}}, {{shape:UInt64}}) "
    "AND response_model IN {{responses:Array(String)}} "
    "AND request_model IN {{requests:Array(String)}} "
    "ORDER BY trace_key, span_key, shape LIMIT {{limit:UInt32}}",
)
"""Tellings of an hour, and the org that each is counted for: of one event told in several ways the
one with the highest version speaks, the others move no money."""
ADJUSTED = (
    "SELECT project, event_id, position, currency_after, cost_after, charge_after, pending_after "
    "FROM price_changes FINAL WHERE slot = {slot:DateTime('UTC')} AND is_adjustment = 1 "
    "ORDER BY position"
)
ADJUSTED_SLOTS = "SELECT DISTINCT slot FROM price_changes WHERE is_adjustment = 1"
UNREAD = (
    "SELECT count() FROM progress FINAL WHERE topic = 'priced.v1' "
    f"AND {AS_OF} < fromUnixTimestamp64Milli({{until:Int64}}, 'UTC')"
)
log = logs.get("rollup")


@dataclass(frozen=True)
class Speed:
    """How fast calls are sent, and how long to wait before looking again."""

    calls_per_second: int = 2_000
    settle_seconds: float = 60.0
    poll_seconds: float = 5.0


async def read_book(store: Store) -> PriceBook:
    """The price book from its mirror, every record in the order it was published."""
    book = PriceBook()
    for key, position, is_deleted, record in await store.rows(BOOK):
        book.apply(key.encode(), None if is_deleted else record.encode(), int(position))
    return book


class Repricer:
    """One worker at a time is meant to run it (`is_mine`); two would only do the work twice."""

    def __init__(
        self, store: Store, publisher: Publisher, speed: Speed, is_mine: Callable[[], bool]
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._speed = speed
        self._is_mine = is_mine

    async def run(self, stop: asyncio.Event) -> None:
        """Look for work until stopped."""
        while not stop.is_set():
            try:
                if self._is_mine():
                    await self.once(stop)
            except (StoreAwayError, DataError, KafkaError, TimeoutError) as error:
                log.warning("repricing goes on later", error=str(error)[:500])
            await _pause(stop, self._speed.poll_seconds)

    async def once(self, stop: asyncio.Event) -> None:
        """One pass over every job that is due."""
        rows = await self._store.rows(WAITING)
        if not rows:
            return
        book = await read_book(self._store)
        for row in rows:
            job = await self._job(row, book)
            if job is not None and not stop.is_set():
                await self._pass(job, book, stop)

    async def _job(self, row: Sequence[Any], book: PriceBook) -> Job | None:
        position, key, text, at = row
        record = BOOK_RECORD.validate_json(text)
        reached = reach(record, key, book)
        job = Job(int(position), reached, record.kind == "replay", utc(at))
        known = await self._store.rows(
            "SELECT state, pass, slot, slots_done, slots, seen, changed, updated_at "
            "FROM repricings FINAL WHERE position = {position:UInt64}",
            {"position": job.position},
        )
        if not known:
            return await self._begun(job, book)
        state, number, slot, done, slots, seen, changed, updated = known[0]
        job = replace(
            job, state=state, number=int(number), slot=utc(slot), slots_done=int(done),
            slots=int(slots), seen=int(seen), changed=int(changed),
        )  # fmt: skip
        if state == "running":
            return await self._begun(job, book)
        if not await self._has_settled(job, utc(updated)):
            return None
        again = replace(
            job, state="running", number=job.number + 1, slot=Job.slot, slots_done=0, seen=0
        )
        return await self._begun(again, book)

    async def _has_settled(self, job: Job, updated: datetime) -> bool:
        """True once a pass would see every call that was priced by the book before the record.

        After an outage such calls may wait in priced.v1 for long.
        """
        settle = timedelta(seconds=self._speed.settle_seconds)
        if datetime.now(UTC) < updated + settle:
            return False
        until = int((job.published_at + settle).timestamp() * 1000)
        ((behind,),) = await self._store.rows(UNREAD, {"until": until})
        return not behind

    async def _begun(self, job: Job, book: PriceBook) -> Job:
        """With the names of the calls it touches: what decides their record, seen in the ledger."""
        conditions, parameters = job.reached.conditions()
        rows = await self._store.rows(NAMES.replace("{conditions}", conditions), parameters)
        touched = frozenset(
            Names(response, request)
            for org, provider, response, request, price_key in rows
            if is_touched(
                Named(Key(org, provider, response, request), price_key), job.reached, book
            )
        )
        return replace(job, names=touched)

    async def _pass(self, job: Job, book: PriceBook, stop: asyncio.Event) -> None:
        conditions, parameters = job.reached.conditions()
        listed = await self._store.rows(SLOTS.replace("{conditions}", conditions), parameters)
        slots = [utc(row[0]) for row in listed]
        changed_before = job.changed
        job = replace(job, slots=len(slots))
        adjusted = {utc(row[0]) for row in await self._store.rows(ADJUSTED_SLOTS)}
        for slot in slots if job.names else ():
            if slot <= job.slot:
                continue
            closed = await self._closed(job, slot, has_any=slot in adjusted)
            async for rows in self._pages(job, slot):
                found = list(differences(rows, job, book, closed))
                await self._note(job, found, closed)
                await self._send(job, found)
                job = replace(job, seen=job.seen + len(rows), changed=job.changed + len(found))
                if stop.is_set():
                    return
            job = replace(job, slot=slot, slots_done=job.slots_done + 1)
            await self._report(job)
        settled = job.number > 1 and job.changed == changed_before
        job = replace(job, state="done" if settled else "settling", slots_done=len(slots))
        await self._report(job)
        log.info("repricing", position=job.position, state=job.state, changed=job.changed)

    async def _pages(self, job: Job, slot: datetime) -> AsyncIterator[Sequence[Sequence[Any]]]:
        conditions, parameters = job.reached.conditions()
        sql = PAGE.format(columns=", ".join(COLUMNS), conditions=conditions)
        parameters |= {
            "slot": slot, "limit": PAGE_ROWS, "responses": sorted({n.response for n in job.names}),
            "requests": sorted({n.request for n in job.names}),
        }  # fmt: skip
        cursor = ("0", "0", "0")
        while True:
            at = dict(zip(("trace", "span", "shape"), cursor, strict=True))
            rows = await self._store.rows(sql, parameters | at)
            yield rows
            if len(rows) < PAGE_ROWS:
                return
            cursor = stored(rows[-1][:-1]).cursor

    async def _closed(self, job: Job, slot: datetime, *, has_any: bool) -> Closed:
        """Asked for each hour anew: a pass may take long, and a month be closed meanwhile."""
        months = await closed_months(self._store)
        if month_of(slot) not in months and not has_any:
            return Closed(months, {})
        rows = await self._store.rows(ADJUSTED, {"slot": slot})
        earlier = {(p, e): Adjusted(c, Decimal(k), Decimal(h), w) for p, e, at, c, k, h, w in rows
                   if at < job.position}  # fmt: skip
        done = frozenset((row[0], row[1]) for row in rows if row[2] >= job.position)
        return Closed(months, earlier, done)

    async def _note(self, job: Job, found: Sequence[Found], closed: Closed) -> None:
        rows = [noted(job, entry, closed) for entry in found if entry.org_id]
        if rows:
            await self._store.insert_bytes("price_changes", ndjson.join(map(orjson.dumps, rows)))

    async def _send(self, job: Job, found: Sequence[Found]) -> None:
        lines = [parked(job, entry.change) for entry in found if not entry.is_closed]
        for start in range(0, len(lines), LINES_PER_MESSAGE):
            part = lines[start : start + LINES_PER_MESSAGE]
            began = time.monotonic()
            await self._publisher.publish([Message(RETRY.name, ndjson.join(part), b"reprice")])
            spent = time.monotonic() - began
            await asyncio.sleep(max(0.0, len(part) / self._speed.calls_per_second - spent))

    async def _report(self, job: Job) -> None:
        row = {
            "position": job.position, "step": time.time_ns(), "state": job.state,
            "pass": job.number, "slot": job.slot.isoformat(), "slots_done": job.slots_done,
            "slots": job.slots, "seen": job.seen, "changed": job.changed,
            "updated_at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        await self._store.insert_bytes("repricings", orjson.dumps(row))


async def closed_months(store: Store) -> frozenset[date]:
    """First days of the months that no repricing may change."""
    rows = await store.rows("SELECT month FROM closed_months FINAL WHERE is_closed = 1")
    return frozenset(
        row[0] if isinstance(row[0], date) else date.fromisoformat(row[0]) for row in rows
    )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
