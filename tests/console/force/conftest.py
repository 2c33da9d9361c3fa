"""An integration engineer with a folder of mappings of their own: three forces, three profiles."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.settings import PROJECT
from sandbox.stand_ins import StandIns
from tests.console.conftest import AT, Person

FORCES = ("kent", "lancashire", "north-wales")
PROFILES = ("athena-style", "connect-style", "niche-style")
REAL_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE6n0Fd4vEuFQm3Xn2U5x1f4q8tVgN0aR7mYcKpLhJtW"
NEW = ("--slug", "testshire", "--name", "Testshire Police", "--nation", "England", "--pnc-code", "99", "--profile", "niche-style")


def a_folder(folder: Path) -> Path:
    """A copy of some of the mappings as they are shipped, a host key in the place of the placeholder."""
    mappings = folder / "mappings"
    (mappings / "forces").mkdir(parents=True)
    for force in FORCES:
        text = (PROJECT / "mappings" / "forces" / f"{force}.yaml").read_text(encoding="utf-8")
        text = re.sub(r'host_key: ".*$', f"host_key: {REAL_KEY}", text, flags=re.MULTILINE)
        (mappings / "forces" / f"{force}.yaml").write_text(text, encoding="utf-8")
    for profile in PROFILES:
        shutil.copytree(PROJECT / "mappings" / "profiles" / profile, mappings / "profiles" / profile)
    return mappings


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """A folder of mappings, to be changed at will."""
    return a_folder(tmp_path)


@pytest.fixture
def engineer(tmp_path: Path, mappings: Path) -> Person:
    """Somebody who works on that folder."""
    return Person(tmp_path / "home", {"HUB_MAPPINGS": str(mappings), "COLUMNS": "200"})


def edited(path: Path, old: str, new: str) -> None:
    """Replaces what stands in a file exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    """Stand-ins for the three forces: Lancashire's speaks REST."""
    folder = tmp_path_factory.mktemp("stand-ins")
    with StandIns(folder / "sandbox", a_folder(folder), AT) as running:
        yield running
