"""The same two engines as containers, when a Docker engine answers."""

import shutil
import subprocess
from pathlib import Path

from deploy.local.process import EngineError

COMPOSE_PATH = Path(__file__).resolve().parents[1] / "compose.yaml"
ENGINES = ("kafka", "clickhouse")
ASK_TIMEOUT_S = 10


def answers() -> bool:
    """Whether a Docker engine answers on this machine."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run(
            [docker, "info"], capture_output=True, check=False, timeout=ASK_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def compose(*arguments: str) -> str:
    """Run docker compose on our file; give what it printed."""
    argv = ["docker", "compose", "-f", str(COMPOSE_PATH), *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineError(f"docker compose {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def up() -> None:
    """Start the two engines and wait until they are healthy."""
    compose("up", "-d", "--wait", *ENGINES)


def down() -> None:
    """Stop and remove the two engines' containers; their volumes stay."""
    compose("rm", "--stop", "--force", *ENGINES)


def running() -> bool:
    """Whether any of the two is up."""
    return bool(compose("ps", "--quiet", *ENGINES).strip())
