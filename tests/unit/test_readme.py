"""What README says exists."""

import re
from pathlib import Path

import pytest

from deploy.demo.processes import PORTS
from deploy.local import engines
from schemas.topics import CONTENTS, DAY_MS
from services.api.http import build as api
from services.api.reader import Reader
from services.api.settings import Settings as Api
from services.ingest.app import shell_of
from services.ingest.routes import build as ingest
from services.ingest.settings import Settings as Ingest
from services.pricer.settings import PricerSettings as Pricer
from services.pricing import seed
from services.pricing.usage import FLAVOURS
from services.rollup.worker import Settings as Rollup
from services.runtime.fakes import FakePublisher
from tests.contract.api.conftest import FakeWriter
from tests.contract.api.world import NOW

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


def unnamed(path: str) -> str:
    """Parameters are called differently in prose."""
    return re.sub(r"{\w+}", "{}", path)


@pytest.fixture(scope="module")
def paths() -> set[str]:
    """Of every route of both services."""
    settings = Api(auth="off")
    apps = [
        api(settings, Reader(settings), FakeWriter(), lambda: NOW),
        ingest(shell_of(Ingest(auth="off"), FakePublisher())),
    ]
    return {unnamed(path) for app in apps for path in app.openapi()["paths"]}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"/v1/[a-z/{}_-]*[a-z}]", README))))
def test_named_routes_exist(path: str, paths: set[str]) -> None:
    assert unnamed(path) in paths | {re.sub(r"/{}$", "", known) for known in paths}


def test_figures_are_those_of_the_code() -> None:
    assert f"`services/pricing/usage/` has {len(FLAVOURS)})" in README
    folder = Path(str(seed.__file__)).parent
    records = sum(len(path.read_text().splitlines()) for path in folder.glob("*.ndjson"))
    assert f"some {round(records, -2):,} records" in README
    assert "(and three in Kafka)" in README
    assert CONTENTS.retention_ms == 3 * DAY_MS
