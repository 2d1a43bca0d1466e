"""What is killed, and how it comes back."""

import asyncio
import time
from dataclasses import dataclass

from tests.engines import ClickHouseEngine, KafkaEngine
from tests.system import SERVICES, System

ENGINES = ("kafka", "clickhouse")
VICTIMS = (*SERVICES, *ENGINES)


@dataclass(frozen=True)
class World:
    """A system on engines of its own, because they are killed."""

    system: System
    kafka: KafkaEngine
    clickhouse: ClickHouseEngine

    def kill(self, name: str) -> None:
        """kill -9"""
        if name in ENGINES:
            getattr(self, name).kill()
        else:
            self.system.kill(name)

    def start(self, name: str) -> None:
        """Start again, until ready."""
        if name in ENGINES:
            getattr(self, name).start()
        else:
            self.system.restart(name)

    async def crash(self, name: str, after: float, away: float) -> None:
        """Kill it after some seconds and start it again some seconds later."""
        await asyncio.sleep(after)
        await asyncio.to_thread(self.kill, name)
        await asyncio.sleep(away)
        await asyncio.to_thread(self.start, name)

    def up(self) -> None:
        """Everything runs and is ready, whatever happened before."""
        for name in (*ENGINES, *SERVICES):
            self.start(name)

    async def outage(self, name: str, seconds: float) -> float:
        """Kill an engine, start it again so many seconds later; when it was back (monotonic)."""
        await asyncio.to_thread(self.kill, name)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.start, name)
        return time.monotonic()
