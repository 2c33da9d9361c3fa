"""The hub's own troubles: picking up stops with a clear message, nothing is lost, and it goes on by itself when they are over."""

import asyncio
import multiprocessing
import resource
import shutil
import signal
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from adapters.sources.folder import FolderSource
from flows.stage import NO_INTAKE, NO_LEDGER, holding
from hub.clock import Clock
from hub.contracts import Payload, Receipt, SourceUnavailable, Transport
from hub.forces.registry import Registry
from hub.ledger.account import account
from hub.ledger.errors import LedgerUnavailable
from hub.ledger.ledger import Ledger
from hub.settings import PROJECT
from hub.steps.deliver import deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.words import State
from sandbox.sample.attachments import jpeg
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import confirm_all, deliver_all, held_of, holders
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.intake import Wire, announce, crime, left_in, put
from tests.end_to_end.rights import stopped_by_permissions
from tests.servers.postgres import Interruptible, interruptible_postgres

PHOTO = jpeg(b"\xff\xd8 a photograph")
LARGE = "a" * 90_000  # more than a row takes: it goes to the store


def _filled(intake: Path, *wires: Wire) -> list[str]:
    """These submissions in the intake; their ids."""
    for number, wire in enumerate(wires):
        put(intake, f"{number}.json", wire, {"a.jpg": PHOTO} if wire.get("attachments") else None)
    return [wire["submissionId"] for wire in wires]


def _take(ledger: Ledger, intake: Path, registry: Registry | None = None) -> int:
    registry = registry or Registry.load(PROJECT / "mappings")
    return pick_up(ledger, FolderSource({"path": str(intake), "settle_seconds": 0}), registry, Clock()).entered.total()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path / "store"))
    yield ledger
    ledger.close()


def test_a_full_ledger_stops_picking_up_and_it_goes_on_when_there_is_room(ledger: Ledger, tmp_path: Path) -> None:
    """Full by SQLite's own limit, on every connection: what it raises is what it raises on a full disk."""
    intake = tmp_path / "intake"
    sent = _filled(intake, *(crime("46") for _ in range(20)))
    with ledger.read() as connection:
        limit = [connection.scalar(text("PRAGMA page_count"))]

    @event.listens_for(ledger.database.engine, "checkout")
    def limited(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit[0]}")

    before = left_in(intake)
    with pytest.raises(LedgerUnavailable, match=r"it is full \(SQLITE_FULL\).*Nothing was lost: free space on its disk, and the next pass"):
        _take(ledger, intake)
    assert (left_in(intake), account(ledger).total) == (before, 0)
    limit[0] = 1_000_000
    assert _take(ledger, intake) == len(sent)
    assert (left_in(intake), account(ledger).totals()) == (set(), {State.WAITING: len(sent)})


def _told(ledger: Ledger, intake: Path, registry: Registry | None = None) -> str | int:
    """What picking up says: how many it took, or why it could not."""
    try:
        return _take(ledger, intake, registry)
    except (LedgerUnavailable, SourceUnavailable) as error:
        return str(error)


def _told_with_limited_files(ledger: Ledger, intake: Path, limit: int) -> str | int:
    """What picking up says in a process of its own, whose files may not be longer."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_limited, args=(theirs, str(ledger.database.url), ledger.store.url, intake, limit))
    child.start()
    theirs.close()
    said: str | int = ours.recv()
    child.join(30)
    return said


def _limited(theirs: Connection, url: str, store: str, intake: Path, limit: int) -> None:
    try:
        ledger = Ledger(url, store)  # before the limit, which is for its files, too
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        theirs.send(_told(ledger, intake))
        ledger.close()
    except BaseException:
        theirs.send(traceback.format_exc())


def _told_as_an_owner(ledger: Ledger, intake: Path) -> str | int:
    """What picking up says to a user whom permissions stop: with a ledger of its own, opened by that user."""
    registry = Registry.load(PROJECT / "mappings")
    fresh = Ledger(str(ledger.database.url), ledger.store.url)
    try:
        with stopped_by_permissions():
            return _told(fresh, intake, registry)
    finally:
        fresh.close()


def test_a_store_that_can_take_no_more_stops_picking_up(ledger: Ledger, tmp_path: Path) -> None:
    """The system refuses the write that goes too far (RLIMIT_FSIZE), for any user and on any disk."""
    intake = tmp_path / "intake"
    wire = crime("46", submissionContent="OFFICIAL\n" + LARGE)
    _filled(intake, wire)
    said = _told_with_limited_files(ledger, intake, 60_000)
    assert "the store" in str(said), said
    assert "cannot be used (File too large). Nothing was lost: free space on it" in str(said)
    assert (left_in(intake), account(ledger).total) == ({"0.json"}, 0)
    assert [path for path in Path(ledger.store.url).rglob("*") if path.is_file()] == []
    assert _take(ledger, intake) == 1


def test_a_read_only_ledger_stops_picking_up_until_it_may_be_written(tmp_path: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", str(tmp_path / "store"))
    ledger.close()
    _filled(tmp_path / "intake", crime("46"))
    (tmp_path / "ledger.db").chmod(0o444)
    said = str(_told_as_an_owner(ledger, tmp_path / "intake"))
    assert "read-only (SQLITE_READONLY" in said
    assert "let the hub's user write to it" in said
    assert left_in(tmp_path / "intake") == {"0.json"}
    for path in tmp_path.glob("ledger.db*"):  # SQLite made the files beside it as read-only as it was
        path.chmod(0o644)
    assert _told_as_an_owner(ledger, tmp_path / "intake") == 1


def test_an_intake_without_permission_stops_picking_up_until_it_has_one(ledger: Ledger, tmp_path: Path) -> None:
    intake = tmp_path / "intake"
    _filled(intake, crime("46"))
    intake.chmod(0o000)
    assert "is not ours to read and delete: give the hub's user both rights" in str(_told_as_an_owner(ledger, intake))
    intake.chmod(0o755)
    assert _told_as_an_owner(ledger, intake) == 1


def test_an_intake_that_is_gone_stops_picking_up_until_it_is_back(ledger: Ledger, tmp_path: Path) -> None:
    intake = tmp_path / "intake"
    _filled(intake, crime("46"))
    intake.rename(tmp_path / "away")
    with pytest.raises(SourceUnavailable):
        _take(ledger, intake)
    (tmp_path / "away").rename(intake)
    assert _take(ledger, intake) == 1


def test_a_ledger_that_is_taken_away_keeps_the_intake_and_no_other_is_begun_in_its_place(ledger: Ledger, tmp_path: Path) -> None:
    """SQLite itself goes on writing into a file that has no name any more, and says that all is well."""
    intake, file = tmp_path / "intake", tmp_path / "ledger.db"
    _filled(intake, crime("46"))
    _take(ledger, intake)
    sent = _filled(intake, crime("46"), crime("46"))
    file.rename(tmp_path / "away.db")
    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match=r"ledger.db: it is gone while the hub had it open. Nothing was lost: put it back"):
            _take(ledger, intake)
    assert (left_in(intake), file.exists()) == ({"0.json", "1.json"}, False)
    (tmp_path / "away.db").rename(file)
    assert _take(ledger, intake) == len(sent)
    assert account(ledger).total == 3


def test_a_ledger_that_goes_in_the_middle_of_a_commit_does_not_count_as_written(ledger: Ledger, tmp_path: Path) -> None:
    intake = tmp_path / "intake"
    _filled(intake, crime("46"))

    @event.listens_for(ledger.database.engine, "commit")
    def taken(_connection: object) -> None:
        (tmp_path / "ledger.db").rename(tmp_path / "away.db")

    with pytest.raises(LedgerUnavailable, match="it is gone"):
        _take(ledger, intake)
    assert left_in(intake) == {"0.json"}


def test_another_file_in_the_ledgers_place_is_not_written_to(ledger: Ledger, tmp_path: Path) -> None:
    intake = tmp_path / "intake"
    _filled(intake, crime("46"))
    shutil.copy(tmp_path / "ledger.db", tmp_path / "other.db")
    (tmp_path / "other.db").replace(tmp_path / "ledger.db")
    with pytest.raises(LedgerUnavailable, match=r"it was replaced while the hub had it open.* start the hub anew"):
        _take(ledger, intake)
    assert left_in(intake) == {"0.json"}


def test_a_database_server_that_crashes_in_the_middle_of_a_delivery_neither_loses_nor_doubles(
    hub_of: OpenHub, stand_ins: StandIns, tmp_path: Path
) -> None:
    """It goes at the moment in which the far end has taken the records, and nobody has written that down."""
    with interruptible_postgres() as database:
        hub = hub_of(url=f"postgresql+psycopg://hub@127.0.0.1:{database.server.port}/postgres")
        sent = _filled(tmp_path / "intake", crime("46"), crime("46", attachments=[announce(PHOTO, "a.jpg")]))
        pick_up(hub.ledger, hub.source_of(tmp_path / "intake", 0), hub.registry, hub.clock)
        prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
        route = hub.route("kent", "records-system")
        assert route
        transport = _CrashesIt(hub.transport_of(route), database)
        with pytest.raises(LedgerUnavailable, match="the next pass goes on"):
            deliver(hub.ledger, route, transport, hub.clock)
        later = _filled(tmp_path / "intake", crime("46"))
        with pytest.raises(LedgerUnavailable, match="start it, or set HUB_LEDGER_URL"):
            pick_up(hub.ledger, hub.source_of(tmp_path / "intake", 0), hub.registry, hub.clock)
        assert left_in(tmp_path / "intake") == {"0.json"}

        database.start()
        assert account(hub.ledger).totals() == {State.SEALED: 2}
        pick_up(hub.ledger, hub.source_of(tmp_path / "intake", 0), hub.registry, hub.clock)
        prepare(hub.ledger, hub.registry, hub.format_of, hub.checks, hub.clock)
        [done] = deliver_all(hub).values()  # by the same process, whose lane it still is
        confirm_all(hub)
        assert done.stopped is None
        assert holders(held_of(stand_ins, hub.ledger)) == {one: ["kent"] for one in sent + later}
        assert account(hub.ledger).totals() == {State.ACCEPTED: 3}
        hub.close()


class _CrashesIt:
    """A transport that ends the ledger's server when the far end has taken the records."""

    parallel = 1

    def __init__(self, transport: Transport, database: Interruptible) -> None:
        self._transport, self._database = transport, database
        self.find, self.acknowledgements = transport.find, transport.acknowledgements
        self.settle, self.close = transport.settle, transport.close

    def send(self, payload: Payload) -> Receipt:
        receipt = self._transport.send(payload)
        if payload.kind == "records":
            self._database.crash()
        return receipt


@pytest.mark.parametrize(
    ("error", "name"),
    [(LedgerUnavailable("ledger.db: it is full"), NO_LEDGER), (SourceUnavailable("the intake cannot be read"), NO_INTAKE)],
)
def test_a_run_in_trouble_of_its_own_ends_in_a_state_that_says_so(error: Exception, name: str) -> None:
    @holding
    async def stage() -> Any:
        raise error

    end = asyncio.run(stage())
    assert (end.is_failed(), end.name, end.message) == (True, name, str(error))
