"""faust-streaming in the one mode that loses nothing: everything that corrects it is in this file.

Upstream commits past messages that are not acked (wrong by one, blind at offset 0, wrong next to
gaps). Here the commit is the first delivered offset that is not acked, however offsets are spaced.
Upstream also makes two tasks per message; here the callback is awaited directly.
"""

import asyncio
import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
import faust.streams
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from yarl import URL

from services.pricer.settings import PricerSettings
from services.runtime.kafka import connection
from services.runtime.settings import KafkaMixin

FAUST_VERSION = "0.15.3"
COMMIT_SECONDS = 1.0
DATA = Path(gettempdir()) / "tracetally-pricer"
"""Where faust makes an empty folder at its start: not where it happens to be started."""
BUFFER_MESSAGES = 512
"""Messages in faust's own buffer; a message may hold megabytes."""
POLL_MESSAGES = 1_000
PARTITION_FETCH_BYTES = 8 * 1024 * 1024


class UnsafeFaustError(RuntimeError):
    """faust is not as this module needs it: starting would risk money."""


@dataclass(slots=True)
class Delivered:
    """Offsets of one partition that were delivered, and which of them are done."""

    waiting: list[int] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    next_offset: int | None = None

    def deliver(self, offset: int) -> None:
        """A message goes to the handler; the same one may come again after a seek."""
        if offset not in self.known:
            self.known.add(offset)
            heapq.heappush(self.waiting, offset)

    def ack(self, offset: int) -> None:
        """All outputs of a message are written."""
        if offset in self.known:
            self.done.add(offset)

    def committable(self) -> int | None:
        """The first offset not done, or the one after the last done; None when nothing is new."""
        moved = False
        while self.waiting and self.waiting[0] in self.done:
            offset = heapq.heappop(self.waiting)
            self.done.discard(offset)
            self.known.discard(offset)
            self.next_offset, moved = offset + 1, True
        if not moved:
            return None
        return self.waiting[0] if self.waiting else self.next_offset


class SafeConsumer(Consumer):
    """faust's consumer, committing only what is done."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.delivered: defaultdict[Any, Delivered] = defaultdict(Delivered)
        self.acked_total = 0
        super().__init__(*args, **kwargs)

    @property
    def in_flight(self) -> int:
        """Messages delivered and not yet committable."""
        return sum(len(delivered.waiting) for delivered in self.delivered.values())

    def _new_consumer_thread(self) -> Any:
        return SafeConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def ack(self, message: Any) -> bool:
        """Called by `event.ack()`, in any order."""
        done = bool(super().ack(message))
        self.delivered[message.tp].ack(message.offset)
        self.acked_total += 1
        return done

    def _new_offset(self, tp: Any) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.delivered[tp].committable() if tp in self.delivered else None

    def on_buffer_full(self, tp: Any) -> None:
        """A full queue makes the callback wait, which is enough.

        Upstream stops fetching the partition instead and, with none left, sleeps for a second.
        """

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """Fetching starts again at what is committed: what was in flight comes again."""
        self.delivered.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                messages = self.getmany(timeout=1.0)
                await asyncio.sleep(0)
                if not self.should_stop:
                    await self._deliver(messages)
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _deliver(self, messages: Any) -> None:
        """Deliver everything fetched, repeated messages too: dropping is what loses money.

        What is read is noted before the callback, because that may wait through a rebalance,
        and a stale note afterwards would skip what then comes again.
        """
        count = 0
        async for tp, message in messages:
            count += 1
            if not count % 100:
                await asyncio.sleep(0)
            self._read_offset[tp] = message.offset
            self.delivered[tp].deliver(message.offset)
            await self.callback(message)


class SafeConsumerThread(AIOKafkaConsumerThread):
    """The driver's thread; aborted transactions of producers are not read."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Nothing: our watchdog looks at commits. Upstream's looks at a sensor that our batches do
        not feed, so after five minutes it reports every busy partition as stuck."""


class SafeTransport(Transport):
    """faust's Kafka transport with the safe consumer."""

    Consumer = SafeConsumer


def new_app(settings: PricerSettings) -> Any:
    """A faust app that reads; its producer and tables are not used."""
    app = faust.App(
        settings.topic_prefix + settings.group,
        broker=f"kafka://{settings.kafka_bootstrap.replace(',', ';kafka://')}",
        broker_credentials=_credentials(settings),
        autodiscover=False,
        origin="services.pricer",
        processing_guarantee="at_least_once",
        broker_commit_interval=COMMIT_SECONDS,
        broker_commit_every=None,
        broker_max_poll_records=POLL_MESSAGES,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds * 0.3,
        broker_request_timeout=settings.session_seconds + 30,
        broker_max_poll_interval=600.0,
        consumer_max_fetch_size=PARTITION_FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.group_instance_id or None,
        stream_buffer_maxsize=BUFFER_MESSAGES,
        stream_wait_empty=True,
        stream_recovery_delay=0.0,
        producer_acks=-1,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        datadir=DATA,
        store="memory://",
        cache="memory://",
    )
    app.finalize()
    app.transport = SafeTransport([URL(str(url)) for url in app.conf.broker], app)
    app.producer_transport = app.transport
    return app


def _credentials(settings: KafkaMixin) -> Any:
    options = connection(settings)
    context = options.get("ssl_context")
    if settings.kafka_security_protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password.get_secret_value(),
            ssl_context=context,
            mechanism=settings.kafka_sasl_mechanism,
        )
    return faust.SSLCredentials(context) if context is not None else None


def assert_safe(app: Any) -> None:
    """Refuse to start on anything this module was not written and tested for."""
    installed = version("faust-streaming")
    checks = {
        f"faust-streaming is {installed}, {FAUST_VERSION} needed": installed == FAUST_VERSION,
        "faust's compiled stream iterator is missing: install the wheel, not the source":
            getattr(faust.streams, "_CStreamIterator", None) is not None,
        "the guarantee must be at_least_once":
            app.conf.processing_guarantee.value == "at_least_once",
        "acks must be -1": app.conf.producer_acks == -1,
        "agents must not run concurrently": app.conf.agent_supervisor is not None,
        "the consumer is not ours": app.transport.Consumer is SafeConsumer,
    }  # fmt: skip
    wrong = [sentence for sentence, fine in checks.items() if not fine]
    if wrong:
        raise UnsafeFaustError("; ".join(wrong))


def assert_consumer_safe(app: Any) -> None:
    """After the start: the real client neither commits by itself nor reads aborted messages."""
    client = app.consumer._thread._consumer
    if client is None or client._enable_auto_commit:
        raise UnsafeFaustError("the client would commit by itself")
    if not isinstance(app.consumer, SafeConsumer):
        raise UnsafeFaustError("the consumer is not ours")
