"""`docs/extend.md`: the example package is installed into a folder of its own, passes the kit there, and a report goes through it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from adapters.keys import DEMO
from hub.settings import PROJECT
from tests.end_to_end.intake import crime

PAGE = (PROJECT / "docs" / "extend.md").read_text(encoding="utf-8")
EXAMPLE = PROJECT / "docs" / "examples" / "spool"
CARRY = """
import sys
from datetime import datetime
from pathlib import Path
from flows.wiring import open_hub
from hub.clock import Clock
from hub.settings import Settings
from tests.end_to_end.carrying import carry, outcomes
hub = open_hub(Settings.read(), Clock.at(datetime.fromisoformat("2026-11-22T06:00:00+00:00")))
assert not hub.registry.broken, hub.registry.broken
carry(hub, Path(sys.argv[1]), settle_seconds=None, patience=0)
print(outcomes(hub.ledger))
hub.close()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the package was installed into; beside it a copy of its source."""
    folder = tmp_path_factory.mktemp("extend")
    shutil.copytree(EXAMPLE, folder / "spool")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    ran = subprocess.run([*pip, "--target", folder / "site", folder / "spool"], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return folder / "site"


def ran(installed: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python where the package is installed, with the hub's checkout."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PREFECT_", "PYTEST_"))}
    path = os.pathsep.join([str(installed), str(PROJECT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=installed.parent / "spool",
        env={**plain, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_every_adapter_of_the_example_passes_the_kit(installed: Path) -> None:
    suite = ran(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests")
    assert suite.returncode == 0, suite.stdout + suite.stderr
    passed = re.search(r"(\d+) passed", suite.stdout)
    assert passed
    assert int(passed[1]) > 50


def test_a_report_comes_and_goes_through_adapters_of_the_example(installed: Path, tmp_path: Path) -> None:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    shutil.copytree(EXAMPLE / "mappings", tmp_path / "mappings")
    transport = {"directory": str(tmp_path / "in"), "acknowledgements": str(tmp_path / "out")}
    (tmp_path / "endpoints.yaml").write_text(yaml.safe_dump({"testshire": {"records-system": {"transport": transport}}}))
    wire = crime("99")
    (tmp_path / "intake" / "one").mkdir(parents=True)
    (tmp_path / "intake" / "one" / "submission.json").write_text(json.dumps(wire))
    (tmp_path / "source.yaml").write_text(yaml.safe_dump({"name": "spool", "directory": str(tmp_path / "intake")}))
    where = {"HUB_HOME": tmp_path / "home", "HUB_MAPPINGS": tmp_path / "mappings", "HUB_ENDPOINTS": tmp_path / "endpoints.yaml"}
    environment = {"HUB_KEYS": DEMO, **{name: str(path) for name, path in where.items()}}

    sent = ran(installed, "-c", CARRY, tmp_path / "source.yaml", **environment)
    assert "{'one': ('delivered', None)}" in sent.stdout, sent.stdout + sent.stderr
    [file] = (tmp_path / "in").iterdir()
    head, report, tail = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert (file.name, report["id"], report["surname"], tail) == (
        f"{head['drop']}.lines",
        wire["submissionId"],
        "Prŷs-Example",
        {"reports": 1},
    )
    assert list((tmp_path / "intake").iterdir()) == []

    said = {"submission_id": wire["submissionId"], "outcome": "accepted", "reference": "T-1"}
    (tmp_path / "out" / "1.ack.json").write_text(json.dumps(said) + "\n")
    confirmed = ran(installed, "-c", CARRY, tmp_path / "source.yaml", **environment)
    assert "{'one': ('accepted', None)}" in confirmed.stdout, confirmed.stdout + confirmed.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_without_the_package_its_names_are_unknown() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "from adapters.registry import make_transport; make_transport('spool', {})"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no transport is called 'spool'" in said.stderr


def test_the_page_shows_the_example_as_it_is() -> None:
    shown = re.findall(r"^```(?:toml|yaml)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    files = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.suffix in (".toml", ".yaml")]
    assert len(shown) >= 2
    assert [block for block in shown if not any(block in file for file in files)] == []
