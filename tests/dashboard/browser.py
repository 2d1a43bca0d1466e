"""Which Chromium drives the tests: an installed one, else Debian's, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, sync_playwright

INSTALLED = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
DEBIAN = ("chromium", "fonts-dejavu-core")
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--lang=en-US"]


def executable() -> str | None:
    """The path of a Chromium; None for the one that Playwright has downloaded."""
    if found := _installed():
        return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        sys.stderr.write("no Chromium here: installing Debian's with apt-get ...\n")
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", *DEBIAN]):
            subprocess.run(["apt-get", *command], env=quiet, check=False, capture_output=True)
        if found := _installed():
            return found
    sys.stderr.write("no Chromium here: downloading Playwright's ...\n")
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    return None


def _installed() -> str | None:
    return next((path for name in INSTALLED if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; says on stderr which one."""
    path = executable()
    with sync_playwright() as playwright:
        browser = _launched(playwright, path)
        sys.stderr.write(f"browser: {path or 'from Playwright'}, {browser.version}\n")
        yield browser
        browser.close()


def _launched(playwright: Playwright, path: str | None) -> Browser:
    return playwright.chromium.launch(executable_path=path, args=FLAGS)
