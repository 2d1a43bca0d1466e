"""All benchmarks, one after the other: `make bench`, or `make bench ARGS="path queries"`.

Names: price, ingest, otlp, pricer, rollup, path, queries, traces. Figures are ratios to a ceiling
or a peer of the same run; absolute ones depend on the machine. Nothing here is a test.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.engines import kafka_engine

ORDER = ("price", "ingest", "otlp", "pricer", "rollup", "path", "queries", "traces")
NEEDS_KAFKA = {"ingest", "otlp", "pricer"}


def run(name: str) -> int:
    """One benchmark in a process of its own."""
    sys.stdout.write(f"\n== {name}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", f"tests.bench.bench_{name}"]
    if name not in NEEDS_KAFKA:
        return subprocess.run(command, check=False).returncode
    with (
        tempfile.TemporaryDirectory(prefix="tracetally-bench-") as home,
        kafka_engine(Path(home)) as kafka,
    ):
        command += ["--bootstrap", kafka.bootstrap]
        return subprocess.run(command, check=False).returncode


def main() -> None:
    """Run those named on the command line, else all."""
    wanted = sys.argv[1:] or list(ORDER)
    unknown = set(wanted) - set(ORDER)
    if unknown:
        raise SystemExit(f"no benchmark named {', '.join(sorted(unknown))}; have {ORDER}")
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, load before {load:.1f}\n"
    )
    raise SystemExit(max(run(name) for name in wanted))


if __name__ == "__main__":
    main()
