"""What README says exists."""

import re
from pathlib import Path

import pytest

from deploy.demo.processes import PORTS
from deploy.local import engines
from services.api.settings import Settings as Api
from services.ingest.settings import Settings as Ingest
from services.pricer.settings import PricerSettings as Pricer
from services.rollup.worker import Settings as Rollup

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"make ([a-z]+)", README))))
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:INGEST|API|ROLLUP)_[A-Z_]+)`", README)))
)
def test_settings_exist(name: str) -> None:
    prefix, _, rest = name.partition("_")
    fields = {"INGEST": Ingest, "API": Api, "ROLLUP": Rollup, "PRICER": Pricer}[prefix].model_fields
    assert not rest or rest.lower() in fields


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\]\(([^):]+)\)", README))))
def test_linked_files_exist(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:services|schemas|deploy)/[\w./]+)`", README)))
)
def test_named_files_exist(name: str) -> None:
    assert (ROOT / name).exists()


def test_ports_are_those_of_the_code() -> None:
    ports = [default for _, default in PORTS.values()]
    ports += [engines.KAFKA_PORT, engines.KAFKA_CONTROLLER_PORT, engines.CLICKHOUSE_PORT]
    for port in ports:
        assert str(port) in README
