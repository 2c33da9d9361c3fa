"""With a key set, the bytes of the ledger, of the store and of back-ups hold nothing of a report, however it may be written."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import psycopg
import pytest

from adapters.keys import OwnKey
from hub.contracts import Submission
from hub.forces.registry import Registry
from hub.ledger.choosing import Wanted
from hub.ledger.discarding import delete_discarded
from hub.ledger.ledger import Ledger
from hub.ledger.master_keys import NO_MASTERS, MasterKeys
from hub.ledger.notices import next_notice
from hub.ledger.rotation import rotate
from hub.ledger.tables import bodies, payloads
from hub.settings import PROJECT
from hub.steps import operate
from hub.steps.operate import Desk
from tests.end_to_end.canaries import CANARIES, MARK, PHOTO, TYPED, found_under, report, spellings
from tests.ledger.making import rows
from tests.servers.postgres import Postgres, running_postgres
from tests.steps.conftest import forces, mappings
from tests.steps.house import AT, House, brought

__all__ = ["forces", "mappings"]

ESSEX, KENT = "42", "46"
KEYS = MasterKeys.of([OwnKey(b"of the tests, and long enough for one")])
SAID = f"{MARK}bbbb said the text that is too long for a row"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL whose data directory has nothing of other tests in it."""
    with running_postgres() as postgres:
        yield postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger' / 'ledger.db'}"
        return
    with request.getfixturevalue("server").database() as url:
        yield url


def canaried(number: int, force: str, text: str = "") -> Submission:
    wire = report(force) | ({"submissionContent": f"OFFICIAL\n{text * 3_000}"} if text else {})
    [name] = [file["name"] for file in wire["attachments"]]
    return brought(orjson.dumps(wire), f"{number}.json", {name: PHOTO})


def lived_through(house: House) -> None:
    """Reports are picked up, checked, mapped, sealed, delivered and told of; one is amended, and one cannot be read."""
    house.pick_up(*(canaried(n, force) for n, force in enumerate((ESSEX, ESSEX, KENT, KENT))), canaried(5, ESSEX, SAID))
    house.pick_up(brought(f'{{"submissionId": "{MARK}'.encode(), "broken.json"))
    house.prepare()
    for force in ("essex", "kent"):
        house.deliver(force)
    assert next_notice(house.ledger, lambda _force: ESSEX, AT) is not None
    odd = report(ESSEX) | {"category": "not-a-service"}
    house.pick_up(brought(orjson.dumps(odd), "odd.json", {odd["attachments"][0]["name"]: PHOTO}))
    desk = Desk(house.ledger, house.registry, house.clock, "alex", "person-corrected")
    assert operate.amend(desk, odd["submissionId"], orjson.dumps({"category": "OCR"})).changed == 1
    assert operate.release(desk, Wanted((odd["submissionId"],))).changed == 1
    kinds = {row["kind"] for row in rows(house.ledger, payloads)}
    assert (kinds, max(row["version"] for row in rows(house.ledger, bodies))) == ({"attachment", "records", "manifest"}, 2)


def backed_up(url: str, to: Path) -> None:
    """As an administrator would: SQLite's own back-up of a file that is open, or a dump in plain SQL."""
    to.mkdir()
    if url.startswith("sqlite"):
        import sqlite3

        with sqlite3.connect(url.removeprefix("sqlite:///")) as source, sqlite3.connect(to / "copy.db") as copy:
            source.backup(copy)
        return
    dump = ["pg_dump", "--dbname", url.replace("+psycopg", ""), "--file", str(to / "dump.sql")]
    subprocess.run(dump, check=True, cwd=PROJECT)


def on_disk(url: str, tmp_path: Path) -> Path:
    """The folder of the ledger's files, all that was written in them."""
    if url.startswith("sqlite"):
        return tmp_path / "ledger"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        return Path(str(connection.execute("SHOW data_directory").fetchone()[0]))  # type: ignore[index]  # it is one row


def found(url: str, tmp_path: Path) -> dict[str, set[str]]:
    backed_up(url, tmp_path / "back-up")
    forms = spellings(CANARIES)
    everywhere = (on_disk(url, tmp_path), tmp_path / "store", tmp_path / "back-up")
    assert all(any(folder.rglob("*")) for folder in everywhere)
    return {str(folder / name): leaks for folder in everywhere for name, leaks in found_under(folder, forms).items()}


def test_no_canary_is_in_the_ledger_its_log_the_store_or_a_back_up(url: str, forces: Registry, tmp_path: Path) -> None:
    ledger = Ledger.open(url, str(tmp_path / "store"), masters=KEYS)
    lived_through(House(ledger, forces))
    assert found(url, tmp_path) == {}
    ledger.close()


def test_the_search_finds_them_where_nothing_is_encrypted(url: str, forces: Registry, tmp_path: Path) -> None:
    ledger = Ledger.open(url, str(tmp_path / "store"), masters=NO_MASTERS)
    lived_through(House(ledger, forces))
    leaks = found(url, tmp_path)
    assert any("store" in name for name in leaks)
    assert any("back-up" in name for name in leaks)
    assert {MARK, TYPED["phone"]} <= set().union(*leaks.values())
    ledger.close()


def test_after_an_upgrade_a_ledger_from_before_holds_none_any_more(forces: Registry, tmp_path: Path) -> None:
    """On SQLite: what PostgreSQL has overwritten stays on its pages until `VACUUM FULL`, as docs/security.md says."""
    url = f"sqlite:///{tmp_path / 'ledger' / 'ledger.db'}"
    demo = Ledger.open(url, str(tmp_path / "store"), masters=NO_MASTERS)
    lived_through(House(demo, forces))
    demo.close()
    upgrading = Ledger.open(url, str(tmp_path / "store"), masters=MasterKeys.of(KEYS.by_name.values(), plain_too=True))
    assert rotate(upgrading).spoilt == []
    assert delete_discarded(upgrading, timedelta(0)) > 0  # an hour later, but for this test
    assert found(url, tmp_path) == {}
    upgrading.close()
