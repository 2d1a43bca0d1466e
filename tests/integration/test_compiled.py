"""What the wheel and the image run is compiled, and prices as the sources do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import compiled

RUN = """
import sys, pytest, services.pricing.core, services.ingest.otlp.events
code = pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[2:]])
ours = [m for name, m in sys.modules.items()
        if name.startswith(("services.pricing.", "services.ingest.otlp."))]
assert all(m.__file__.startswith(sys.argv[1]) for m in ours), "not of the wheel"
assert all(not m.__file__.endswith(".py") for m in ours if "seed" not in m.__name__), "not compiled"
sys.exit(code)
"""


@pytest.mark.skipif(not compiled.is_possible(), reason="no C compiler, or no headers of Python")
@pytest.mark.timeout(900)
def test_the_compiled_wheel_passes_the_tests_of_what_is_compiled(tmp_path: Path) -> None:
    site = compiled.unpacked(tmp_path)
    tests = [sys.executable, "-c", RUN, str(site), "tests/unit/pricing", "tests/unit/otlp"]
    done = subprocess.run(
        tests, env=compiled.environment(site), cwd=compiled.ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert list((site / "services" / "pricing" / "seed").glob("*.ndjson"))
