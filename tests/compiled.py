"""The product as its wheel and image hold it, unpacked: its hot cores compiled."""

import os
import shutil
import sysconfig
import zipfile
from pathlib import Path

from deploy.wheel import ROOT, build


def is_possible() -> bool:
    """True where this machine can compile."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    return shutil.which("cc") is not None and headers.exists()


def unpacked(folder: Path) -> Path:
    """Build the wheel and unpack it in this folder."""
    site = folder / "site"
    with zipfile.ZipFile(build(folder)) as wheel:
        wheel.extractall(site)
    return site


def environment(site: Path) -> dict[str, str]:
    """Of a process that takes the product from there, and the tests from here."""
    return os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
