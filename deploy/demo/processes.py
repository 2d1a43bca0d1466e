"""The engines and the four services of the demo, as background processes with pid files."""

import json
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from deploy.local import clickhouse, engines, kafka
from deploy.local.process import Process, port_is_free, require_port
from services.runtime.keys import digest

PORTS = {
    "ingest": ("TRACETALLY_INGEST_PORT", 8080),
    "api": ("TRACETALLY_API_PORT", 8081),
    "pricer": ("TRACETALLY_PRICER_PORT", 8082),
    "rollup": ("TRACETALLY_ROLLUP_PORT", 8083),
}
ORDER = ("rollup", "pricer", "ingest", "api")
READY_SECONDS = 90.0


@dataclass(frozen=True)
class Keys:
    """The demo's API keys: made at each start, printed, never committed."""

    ingest: str
    admin: str
    acme: str

    @staticmethod
    def make() -> "Keys":
        return Keys(*(f"tt_{name}_{secrets.token_urlsafe(18)}" for name in ("in", "admin", "acme")))

    def stored(self) -> str:
        """What the services are configured with: hashes only."""
        return json.dumps(
            [
                {"key_id": "demo-ingest", "sha256": digest(self.ingest), "scopes": ["ingest"]},
                {"key_id": "demo-admin", "sha256": digest(self.admin), "scopes": ["admin"]},
                {
                    "key_id": "demo-acme",
                    "sha256": digest(self.acme),
                    "scopes": ["read"],
                    "org_id": "acme",
                },
            ]
        )


@dataclass(frozen=True)
class Demo:
    """Where everything of a demo lives and listens."""

    state: Path
    keys: Keys

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{engines.port(kafka.PORT_SETTING, engines.KAFKA_PORT)}"

    @property
    def clickhouse_url(self) -> str:
        port = engines.port(clickhouse.PORT_SETTING, engines.CLICKHOUSE_PORT)
        return f"http://127.0.0.1:{port}"

    def url(self, service: str) -> str:
        """Base address of a service."""
        return f"http://127.0.0.1:{engines.port(*PORTS[service])}"

    def process(self, service: str) -> Process:
        """A service, running or not."""
        prefix = service.upper()
        env = {
            f"{prefix}_HOST": "127.0.0.1",
            f"{prefix}_PORT": str(engines.port(*PORTS[service])),
            f"{prefix}_KAFKA_BOOTSTRAP": self.bootstrap,
            f"{prefix}_CLICKHOUSE_URL": self.clickhouse_url,
            f"{prefix}_API_KEYS": self.keys.stored(),
            "API_KEYS": self.keys.stored(),
        }
        return Process(
            name=service,
            argv=(str(Path(sys.executable).with_name(f"tracetally-{service}")),),
            home=self.state / "services",
            is_ready=lambda: answers(f"{self.url(service)}/readyz"),
            ready_timeout_s=READY_SECONDS,
            env=dict(os.environ) | env,
        )


def answers(url: str) -> bool:
    """True when a GET succeeds."""
    try:
        with urlopen(url, timeout=2) as reply:  # noqa: S310 - our own loopback address
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def state_dir() -> Path:
    """The demo's own folder: pids, logs and data; wiped at each start."""
    return engines.state_dir() / "demo"


def start(demo: Demo) -> None:
    """Engines first, then the rollup (which creates tables and topics), then the rest."""
    for service, (setting, default) in PORTS.items():
        require_port(engines.port(setting, default), service, setting)
    engines.up(demo.state)
    for service in ORDER:
        demo.process(service).start()
        print(f"{service}: {demo.url(service)}, log {demo.process(service).log_path}")


def stop(state: Path) -> None:
    """Stop what the demo started, services before engines, and nothing else."""
    demo = Demo(state, Keys("", "", ""))
    for service in reversed(ORDER):
        process = demo.process(service)
        if (pid := process.pid()) is not None:
            process.stop()
            print(f"{service}: stopped (pid {pid})")
    engines.down(state)


def fresh() -> Demo:
    """A clean start: whatever an earlier demo left is stopped and its data removed."""
    state = state_dir()
    if state.exists():
        stop(state)
        shutil.rmtree(state)
    state.mkdir(parents=True)
    return Demo(state, Keys.make())


__all__ = ["Demo", "Keys", "fresh", "port_is_free", "start", "state_dir", "stop"]
