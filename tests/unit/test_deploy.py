"""The container path, as far as it can be checked without a Docker engine."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.service_lock import name_of, service_lock
from services.api.settings import Settings as Api
from services.ingest.settings import Settings as Ingest
from services.pricer.settings import PricerSettings as Pricer
from services.rollup.worker import Settings as Rollup

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SETTINGS = {"ingest": Ingest, "pricer": Pricer, "rollup": Rollup, "api": Api}
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")


def environment(service: str, **given: str) -> dict[str, str]:
    """As compose fills it in from a shell that has only what is given."""
    told: dict[str, str] = COMPOSE["services"][service]["environment"]
    return {n: DEFAULT.sub(lambda m: given.get(m[1], m[2]), text) for n, text in told.items()}


def names(lock: str) -> set[str]:
    return {name_of(line) for line in lock.splitlines() if re.match(r"[A-Za-z0-9]", line)}


@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_knows_every_setting_it_is_given(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = SETTINGS[service]
    prefix = str(kind.model_config["env_prefix"])
    given = environment(service, INGEST_AUTH="off", API_AUTH="off")
    for name, value in given.items():
        assert name.removeprefix(prefix).lower() in kind.model_fields, name
        monkeypatch.setenv(name, value)
    assert kind().host == "0.0.0.0"  # noqa: S104 - inside the container


@pytest.mark.parametrize("service", SETTINGS)
def test_ports_inside_are_those_that_are_published(service: str) -> None:
    told = COMPOSE["services"][service]
    inside = {port.rpartition(":")[2] for port in told.get("ports", [])}
    listens = {v for n, v in environment(service).items() if n.endswith("_PORT")}
    assert inside in (listens, set())
    assert all(port.startswith("127.0.0.1:") for port in told.get("ports", []))


def test_the_image_of_ingest_takes_otlp_over_grpc() -> None:
    ingest = COMPOSE["services"]["ingest"]
    assert environment("ingest")["INGEST_GRPC_PORT"] == "4317"
    assert any(port.endswith(":4317") for port in ingest["ports"])
    extras = ["ingest", *ingest["build"]["args"]["EXTRAS"].split()]
    assert "grpcio" in names(service_lock(LOCK, PROJECT, extras))
    assert "grpcio" not in names(service_lock(LOCK, PROJECT, ["ingest"]))


@pytest.mark.parametrize("service", SETTINGS)
def test_what_an_image_installs_is_in_the_lock(service: str) -> None:
    arguments = COMPOSE["services"][service]["build"]["args"]
    assert arguments["SERVICE"] == service
    assert service_lock(LOCK, PROJECT, [service, *arguments.get("EXTRAS", "").split()])


def test_an_extra_that_is_not_locked_is_refused() -> None:
    """Else its image would be built without it and fail at its first use."""
    with pytest.raises(ValueError, match="not in the lock: presidio-analyzer"):
        service_lock(LOCK, PROJECT, ["ingest", "pii"])


def test_the_dockerfile_uses_only_arguments_it_declares() -> None:
    stages = re.split(r"^FROM ", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE)
    for stage in stages[1:]:
        declared = set(re.findall(r"^ARG (\w+)", stage, flags=re.MULTILINE))
        declared |= set(re.findall(r"(?:^ENV|^ {4})\s*(\w+)=", stage, flags=re.MULTILINE))
        used = set(re.findall(r"\$\{(\w+)\}", stage.partition("\n")[2]))
        assert used <= declared, stage.partition("\n")[0]
