"""One background process with a pid file: start, wait until ready, stop, kill, start again.

A pid alone may be reused by another program, so the pid file also keeps the instant the process
was born as the system tells it; a pid born at another instant is not ours and is left alone.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

POLL_S = 0.05
STOP_GRACE_S = 20.0
KILL_GRACE_S = 10.0
LOG_TAIL_LINES = 15


class EngineError(RuntimeError):
    """An engine could not be started; the message is one sentence for a person."""


def born(pid: int) -> str | None:
    """When this pid was started, as an opaque mark; None when it is gone or only a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if after_name[0] == "Z" else after_name[19]
    ps = subprocess.run(
        ["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = ps.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this local port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A local port nobody listens on at this instant."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_port(port: int, engine: str, setting: str) -> None:
    """Refuse with the port and the setting that moves it when something else listens there."""
    if not port_is_free(port):
        raise EngineError(
            f"{engine} cannot start: port {port} is in use by another program; "
            f"stop that program or set {setting} to a free port."
        )


@dataclass
class Process:
    """A program we start in the background, known by its pid file."""

    name: str
    argv: tuple[str, ...]
    home: Path
    is_ready: Callable[[], bool]
    ready_timeout_s: float = 60.0
    env: Mapping[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log_path(self) -> Path:
        return self.home / f"{self.name}.log"

    @property
    def pid_path(self) -> Path:
        return self.home / f"{self.name}.pid"

    def pid(self) -> int | None:
        """The pid when our process is alive, else None."""
        try:
            pid_text, mark = self.pid_path.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid_text) if born(int(pid_text)) == mark else None

    def start(self) -> None:
        """Start unless it already runs, and return once it answers."""
        if self.pid() is None:
            self._spawn()
        self._wait_ready()

    def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Ask it to end (SIGTERM); insist (SIGKILL) when it does not within the grace."""
        if not self._end(signal.SIGTERM, grace_s):
            self._end(signal.SIGKILL, KILL_GRACE_S)
        self.pid_path.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it at once as a crash would (SIGKILL)."""
        self._end(signal.SIGKILL, KILL_GRACE_S)
        self.pid_path.unlink(missing_ok=True)

    def _spawn(self) -> None:
        self._reap()
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                start_new_session=True,
            )
        self.pid_path.write_text(f"{self._child.pid} {born(self._child.pid)}\n")

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + self.ready_timeout_s
        while not self.is_ready():
            if self.pid() is None:
                self._reap()
                raise EngineError(f"{self.name} ended while starting.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise EngineError(
                    f"{self.name} does not answer after {self.ready_timeout_s:.0f} s; "
                    f"see {self.log_path}.\n{self.tail()}"
                )
            time.sleep(POLL_S)

    def _end(self, with_signal: signal.Signals, grace_s: float) -> bool:
        pid = self.pid()
        if pid is None:
            self._reap()
            return True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, with_signal)
        deadline = time.monotonic() + grace_s
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        self._reap()
        return True

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait()
            self._child = None

    def tail(self, count: int = LOG_TAIL_LINES) -> str:
        """The last lines of its log."""
        with contextlib.suppress(OSError):
            lines = self.log_path.read_text(errors="replace").splitlines()
            return "\n".join(lines[-count:])
        return ""
