"""The services as processes on given engines: start, kill, restart, ask, wait until settled.

Each system has its own topics, database and ports, so many of them share one pair of engines.
"""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.process import Process, free_port
from schemas import topics
from services.runtime.keys import digest
from services.runtime.settings import KafkaMixin

SERVICES = ("rollup", "pricer", "ingest", "api")
READERS = {
    "pricer": (topics.CALLS,),
    "rollup": (
        topics.PRICED,
        topics.DEAD,
        topics.PRICES,
        topics.ORGS,
        topics.OUTCOMES,
        topics.AUDIT,
    ),
}
SETTLE_SECONDS = 60.0
READY_SECONDS = 60.0


class System:
    """All services of one installation. Enter it to start them, leave it to stop them."""

    def __init__(
        self,
        bootstrap: str,
        clickhouse_url: str,
        home: Path,
        *,
        partitions: int = 0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        name = f"s{uuid.uuid4().hex[:12]}"
        self.bootstrap, self.clickhouse_url, self.home = bootstrap, clickhouse_url, home / name
        self.prefix, self.database = f"{name}.", name
        self.key = f"tt_{secrets.token_urlsafe(18)}"
        self.kafka = KafkaMixin(kafka_bootstrap=bootstrap, topic_prefix=self.prefix)
        self._settings = {
            "ROLLUP_TOPIC_PARTITIONS": str(partitions),
            "ROLLUP_COARSE_SECONDS_MIN": "0.5",  # days are waited for after every phase of a test
            **(settings or {}),
        }
        self.ports = {service: free_port() for service in SERVICES}
        self.processes = {service: self._process(service) for service in SERVICES}

    def __enter__(self) -> Self:
        try:
            self.restart("rollup")  # creates tables and topics
            with ThreadPoolExecutor() as pool:
                list(pool.map(self.restart, SERVICES[1:]))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self, service: str) -> dict[str, str]:
        """What a service is configured with."""
        key = {"key_id": "test", "sha256": digest(self.key), "scopes": ["ingest", "admin"]}
        hashed = [key | {"content": {}}]
        told = {
            "HOST": "127.0.0.1",
            "PORT": str(self.ports[service]),
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "CLICKHOUSE_URL": self.clickhouse_url,
            "CLICKHOUSE_DATABASE": self.database,
            "TOPIC_PREFIX": self.prefix,
            "GROUP_INSTANCE_ID": "one",  # a killed member's place is taken over at once
            "API_KEYS": json.dumps(hashed),
            "KEYS": json.dumps(hashed),
        }
        return {f"{service.upper()}_{name}": value for name, value in told.items()} | self._settings

    def url(self, service: str) -> str:
        """Base address of a service."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def restart(self, service: str) -> None:
        """Start it and return once it is ready."""
        self.processes[service].start()

    def kill(self, service: str) -> None:
        """End it as a crash would."""
        self.processes[service].kill()

    def stop(self, *services: str) -> None:
        """End services (all when none is named) in good order."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self.processes[name].stop(), services or SERVICES))

    def command(
        self, service: str, *arguments: str, seconds: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a service's command, e.g. `command("rollup", "verify")`."""
        return subprocess.run(
            [_script(service), *arguments],
            env=os.environ | self.environment(service),
            capture_output=True,
            timeout=seconds,
            check=False,
        )

    def verify(self) -> None:
        """Every aggregate says what the ledger says, to the digit."""
        done = self.command("rollup", "verify")
        assert done.returncode == 0, (done.stdout + done.stderr).decode()[-4000:]

    def sql(self, query: str) -> list[list[str]]:
        """Rows of a query on the system's database, as text."""
        told = httpx.post(
            f"{self.clickhouse_url}/?database={self.database}", content=query.encode(), timeout=60
        )
        assert told.status_code == 200, told.text
        return [line.split("\t") for line in told.text.splitlines()]

    def get(self, path: str, **parameters: Any) -> Any:
        """A JSON answer of the read API."""
        headers = {"authorization": f"Bearer {self.key}"}
        told = httpx.get(f"{self.url('api')}{path}", params=parameters, headers=headers, timeout=30)
        assert told.status_code == 200, told.text
        return told.json()

    def metric(self, service: str, name: str) -> float:
        """The value of a metric without labels; 0 when it is not there yet."""
        told = httpx.get(f"{self.url(service)}/metrics", timeout=10).text
        found = [line for line in told.splitlines() if line.startswith(f"{name} ")]
        return float(found[0].split()[1]) if found else 0.0

    async def lag(self, group: str) -> int:
        """Messages that a group has not committed yet."""
        names = [self.prefix + topic.name for topic in READERS[group]]
        asker = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            await asker.start()
            await admin.start()
            described = await admin.describe_topics(names)
            partitions = [
                TopicPartition(topic["topic"], found["partition"])
                for topic in described
                for found in topic["partitions"]
            ]
            ends = await asker.end_offsets(partitions)
            committed = await admin.list_consumer_group_offsets(self.prefix + group)
        finally:
            await asker.stop()
            await admin.close()
        done = {tp: meta.offset for tp, meta in committed.items()}
        return sum(max(0, end - max(0, done.get(tp, 0))) for tp, end in ends.items())

    async def wait_settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Until everything sent is in ledger and aggregates, else fail with what is left."""
        left = ""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            left = await self._unsettled()
            if not left:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"not settled after {seconds:g} s: {left}\n{await self._waits()}")

    async def _waits(self) -> str:
        """What the services that move the records said last, and where they wait now."""
        moving = [self.processes[name] for name in ("pricer", "rollup")]
        for process in moving:
            if pid := process.pid():
                os.kill(pid, signal.SIGUSR1)
        await asyncio.sleep(1)
        return "\n".join(f"{p.log_path}: pid {p.pid()}\n{p.tail(40)}" for p in moving)

    async def _unsettled(self) -> str:
        try:
            for group in READERS:  # in the order of the flow: nothing overtakes the question
                if lag := await self.lag(group):
                    return f"{group} is {lag} messages behind"
        except (KafkaError, OSError) as error:
            return repr(error)
        wrong = await asyncio.to_thread(self.sql, BEHIND)
        return f"aggregates behind the ledger: {wrong[:3]}" if wrong else ""

    async def wait_for(self, what: str, check: Callable[[], bool], seconds: float = 30.0) -> float:
        """Until `check` holds; the seconds it took."""
        started = time.monotonic()
        while not await asyncio.to_thread(check):
            waited = time.monotonic() - started
            assert waited < seconds, f"{what}: not within {seconds:g} s; logs: {self.home}"
            await asyncio.sleep(0.05)
        return time.monotonic() - started

    def _process(self, service: str) -> Process:
        return Process(
            name=service,
            argv=(_script(service),),
            home=self.home,
            is_ready=lambda: _answers(f"{self.url(service)}/readyz"),
            ready_timeout_s=READY_SECONDS,
            env=self.environment(service),
        )


_OF_ORGS = (
    "rollup_minute", "rollup_hour", "rollup_day", "narrow_hour", "narrow_day",
    "sketch_hour", "sketch_day", "sketch_narrow_hour", "sketch_narrow_day",
)  # fmt: skip
_OF_ALL = ("total_hour", "total_day", "sketch_total_hour", "sketch_total_day")
BEHIND = " UNION ALL ".join(
    f"SELECT '{table}', org_id, day FROM (SELECT {org} AS org_id, toDate(bucket) AS day, "
    "sum(toUInt256(ver)) AS want FROM calls FINAL GROUP BY org_id, day) AS c LEFT JOIN (SELECT "
    f"org_id AS o, toDate(bucket) AS b, sum(gen) AS have FROM {table} FINAL GROUP BY o, b) AS t "
    "ON o = org_id AND b = day WHERE want != have"
    for org, tables in (("calls.org_id", _OF_ORGS), ("''", _OF_ALL))
    for table in tables
)
"""(table, org, day) whose generation is not the ledger's."""


def _script(service: str) -> str:
    return str(Path(sys.executable).with_name(f"tracetally-{service}"))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def as_json(value: Any) -> bytes:
    """One line."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
