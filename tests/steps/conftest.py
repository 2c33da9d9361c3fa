import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from tests.forces.conftest import DATA
from tests.ledger.ledgers import MASTERS, new_file
from tests.steps.house import House

__all__ = ["new_file"]


COPY = """
  - name: copy
    purpose: copy
    profile: tiny
    endpoint: {instance: kent-copy, environment: test}
    transport: {host: copy.kent.example}"""


@pytest.fixture
def house(tmp_path: Path, new_file: Path, forces: Registry) -> Iterator[House]:
    copy = shutil.copy(new_file, tmp_path / "ledger.db")
    ledger = Ledger.open(f"sqlite:///{copy}", str(tmp_path / "store"), worker="first", masters=MASTERS)
    yield House(ledger, forces)
    ledger.close()


@pytest.fixture(scope="session")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small forces of the registry's own tests; Essex takes one post for each report, and no manifest."""
    folder = Path(shutil.copytree(DATA / "mappings", tmp_path_factory.mktemp("steps") / "mappings"))
    kent = folder / "forces" / "kent.yaml"
    kent.write_text(kent.read_text(encoding="utf-8").replace(COPY, ""), encoding="utf-8")
    essex = folder / "forces" / "essex.yaml"
    text = essex.read_text(encoding="utf-8")
    essex.write_text(text.replace("transport: {host", "drops: {manifest: false, at_most: 300}, transport: {host"), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def forces(mappings: Path) -> Registry:
    registry = Registry.load(mappings)
    assert not registry.broken
    return registry
