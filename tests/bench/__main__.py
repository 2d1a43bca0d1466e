"""All benchmarks, one after the other: `make bench`, or `make bench ARGS="path queries"`.

Names: price, ingest, otlp, pricer, rollup, path, queries, traces. Figures are ratios to a ceiling
or a peer of the same run; absolute ones depend on the machine. Nothing here is a test.

What is measured is the wheel, as the image holds it: pricing and the reading of OTLP compiled. With
`--here` it is the checkout, which runs the same sources as they are.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.wheel import ROOT
from tests import compiled
from tests.engines import kafka_engine

ORDER = ("price", "ingest", "otlp", "pricer", "rollup", "path", "queries", "traces")
NEEDS_KAFKA = {"ingest", "otlp", "pricer"}


def run(name: str, env: Mapping[str, str]) -> int:
    """One benchmark in a process of its own."""
    sys.stdout.write(f"\n== {name}\n")
    sys.stdout.flush()
    command = [sys.executable, "-m", f"tests.bench.bench_{name}"]
    if name not in NEEDS_KAFKA:
        return subprocess.run(command, check=False, env=env, cwd=ROOT).returncode
    with (
        tempfile.TemporaryDirectory(prefix="tracetally-bench-") as home,
        kafka_engine(Path(home)) as kafka,
    ):
        command += ["--bootstrap", kafka.bootstrap]
        return subprocess.run(command, check=False, env=env, cwd=ROOT).returncode


def main() -> None:
    """Run those named on the command line, else all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(ORDER))
    parser.add_argument("--here", action="store_true", help="the checkout, nothing compiled")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(ORDER):
        raise SystemExit(f"no benchmark named {', '.join(sorted(unknown))}; have {ORDER}")
    is_here = asked.here or not compiled.is_possible()
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, {'not ' * is_here}compiled, load before {load:.1f}\n"
    )
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="tracetally-wheel-") as folder:
        env = os.environ if is_here else compiled.environment(compiled.unpacked(Path(folder)))
        raise SystemExit(max(run(name, env) for name in asked.names or ORDER))


if __name__ == "__main__":
    main()
