"""Files that are too large to be read at once, and files that may not be read at all."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from adapters.sources.folder import FolderSource
from hub.clock import Clock
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from hub.steps.pick_up import PickedUp, pick_up
from tests.end_to_end.carrying import body_of, outcomes
from tests.end_to_end.intake import crime, left_in, put, settled
from tests.end_to_end.rights import stopped_by_permissions

LARGE = 100_000_000  # bytes
FLAT = 60  # MB that a pick-up of any size may take beside the libraries

_PICKS_UP = """
import resource, sys
from adapters.sources.folder import FolderSource
from hub.clock import Clock
from hub.forces.registry import Registry
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from hub.steps.pick_up import pick_up
registry, ledger = Registry.load(PROJECT / "mappings"), Ledger.open(sys.argv[1], sys.argv[2])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
pick_up(ledger, FolderSource({"path": sys.argv[3], "settle_seconds": 0}), registry, Clock())
small = peak()
print(pick_up(ledger, FolderSource({"path": sys.argv[4], "settle_seconds": 0}), registry, Clock()).seen, peak() - small)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path / "store"))
    yield ledger
    ledger.close()


def _large_file(path: Path) -> str:
    """A submission of JSON with a text of a hundred megabytes; its digest."""
    body = orjson.dumps(crime("46", submissionContent="OFFICIAL\n" + "a" * LARGE))
    path.write_bytes(body)
    return hashlib.sha256(body).hexdigest()


def _large_line(path: Path) -> None:
    """A good line, a hundred megabytes without a line break, and a good line."""
    with path.open("wb") as file:
        file.write(orjson.dumps(crime("46")) + b"\n")
        for _ in range(100):
            file.write(b"b" * (LARGE // 100))
        file.write(b"\n" + orjson.dumps(crime("46")) + b"\n")


def test_a_hundred_megabytes_are_set_aside_whole_in_flat_memory(tmp_path: Path, ledger: Ledger) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    put(small, "good.json", crime("46"))
    large.mkdir()
    digest = _large_file(large / "large.json")
    _large_line(large / "large.ndjson")
    put(large, "good.json", crime("46"))
    places = [str(ledger.database.url), ledger.store.url, str(small), str(large)]
    told = subprocess.run([sys.executable, "-c", _PICKS_UP, *places], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    seen, grown = map(int, told.stdout.split())
    assert seen == 5
    assert grown < FLAT
    found = outcomes(ledger)
    assert {name: found[name] for name in ("large.json", "large.ndjson:2")} == dict.fromkeys(
        ("large.json", "large.ndjson:2"), ("quarantined", "too-large")
    )
    assert {found[name] for name in ("good.json", "large.ndjson:1", "large.ndjson:3")} == {("waiting", None)}
    assert hashlib.sha256(body_of(ledger, "large.json")).hexdigest() == digest
    assert body_of(ledger, "large.ndjson:2") == b"b" * LARGE + b"\n"
    assert left_in(large) == set()
    assert account(ledger).balanced


def test_a_file_without_permission_stays_and_is_told_and_leaves_when_it_may_be_read(ledger: Ledger, tmp_path: Path) -> None:
    intake = tmp_path / "intake"
    for file in ("good.json", "locked.json", "locked.ndjson"):
        put(intake, file, crime("46"))
    for file in ("locked.json", "locked.ndjson"):
        (intake / file).chmod(0)
        settled(intake / file)
    registry = Registry.load(PROJECT / "mappings")
    _pick_up(ledger, tmp_path / "empty", registry)  # what it reads of the project, it has read
    with stopped_by_permissions():
        first = _pick_up(ledger, intake, registry)
    assert (first.seen, first.left) == (3, 2)
    assert sorted(first.unread) == ["locked.json", "locked.ndjson"]
    assert outcomes(ledger) == {"good.json": ("waiting", None)}
    assert left_in(intake) == {"locked.json", "locked.ndjson"}
    for file in ("locked.json", "locked.ndjson"):
        (intake / file).chmod(0o644)
    with stopped_by_permissions():
        second = _pick_up(ledger, intake, registry)
    assert (second.seen, second.left) == (2, 0)
    assert outcomes(ledger) == dict.fromkeys(("good.json", "locked.json", "locked.ndjson:1"), ("waiting", None))
    assert left_in(intake) == set()


def _pick_up(ledger: Ledger, intake: Path, registry: Registry) -> PickedUp:
    intake.mkdir(exist_ok=True)
    return pick_up(ledger, FolderSource({"path": str(intake), "settle_seconds": 0}), registry, Clock())
