"""A running installation on engines of its own, for benchmarks."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.engines import clickhouse_engine, kafka_engine
from tests.system import System


@contextmanager
def system(**settings: str) -> Iterator[System]:
    """Engines and services in a temporary folder, gone afterwards."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracetally-bench-")))
        kafka = stack.enter_context(kafka_engine(home / "kafka"))
        clickhouse = stack.enter_context(clickhouse_engine(home / "clickhouse"))
        running = System(kafka.bootstrap, clickhouse.url, home, settings=settings)
        yield stack.enter_context(running)
