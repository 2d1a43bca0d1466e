"""What the wheel and the image run is compiled, and prices as the sources do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import compiled

CORE = "services.pricing.core"


@pytest.mark.skipif(not compiled.is_possible(), reason="no C compiler, or no headers of Python")
@pytest.mark.timeout(600)
def test_the_compiled_wheel_passes_every_test_of_pricing(tmp_path: Path) -> None:
    site = compiled.unpacked(tmp_path)
    env = compiled.environment(site)
    where = [sys.executable, "-c", f"import {CORE} as core; print(core.__file__)"]
    found = subprocess.run(where, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).parent == site / "services" / "pricing"
    assert not found.stdout.strip().endswith(".py")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", CORE, "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*tests, "tests/unit/pricing"], env=env, cwd=compiled.ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert list((site / "services" / "pricing" / "seed").glob("*.ndjson"))
