"""Every way to tamper with the history is found, and named to the event; what the hub itself does is not taken for tampering."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from hub.ledger.arrivals import record
from hub.ledger.audit import Audit, Kind, verify
from hub.ledger.chain import Head, catch_up, heads
from hub.ledger.changes import Author, Move, change
from hub.ledger.history_keys import NO_KEYS, HistoryKeys
from hub.ledger.ledger import Ledger
from hub.ledger.queue import move
from hub.ledger.rights import statements
from hub.ledger.tables import changes, history, links, noticed
from hub.settings import PROJECT
from hub.words import State
from tests.ledger.ledgers import OpenLedger
from tests.ledger.making import AT, all_at_once, an_arrival, own, rows, waiting
from tests.ledger.tampering import by_hand

KEYS = HistoryKeys.of([b"k" * 32])
OPERATOR = Author("withdraw", AT, "alex", "asked to")
Found = list[tuple[Kind, str, int | None, int | None, int | None]]


@pytest.fixture
def day(open_ledger: OpenLedger) -> Ledger:
    return _a_day(open_ledger(keys=KEYS))


@pytest.fixture
def here(new_file: Path, tmp_path: Path) -> Iterator[Ledger]:
    """The same on SQLite alone: what is found does not hang on the database."""
    ledger = Ledger(f"sqlite:///{shutil.copy(new_file, tmp_path / 'ledger.db')}", str(tmp_path / "store"), keys=KEYS)
    yield _a_day(ledger)
    ledger.close()


def _a_day(ledger: Ledger) -> Ledger:
    """Kent: changes 1 (events 1 to 4), 3 (events 6 and 7: sealed) and 4 (event 8: withdrawn); Essex: change 2 (event 5)."""
    ids = waiting(ledger, 1, 2, 3, 4)
    record(ledger, [an_arrival(5, force="essex")], AT)
    own(ledger, ids[:2])
    withdraw(ledger, ids[3])
    return ledger


def withdraw(ledger: Ledger, report: int) -> None:
    move(ledger, OPERATOR, {"kent": [Move(report, State.WAITING, State.WITHDRAWN)]})


def found(audit: Audit) -> Found:
    return [(one.kind, one.force, one.link, one.change, one.event) for one in audit.findings]


def told(ledger: Ledger) -> list[Head]:
    with ledger.read() as connection:
        return heads(connection)


def event(number: int, **values: object) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(update(history).where(history.c.id == number).values(**values))


def no_event(number: int) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(delete(history).where(history.c.id == number))


def no_change(*ids: int) -> Callable[[Connection], object]:
    """Changes with all that is of them, their links too."""

    def act(connection: Connection) -> None:
        mine = select(history.c.id).where(history.c.change_id.in_(ids))
        connection.execute(delete(noticed).where(noticed.c.history_id.in_(mine)))
        for table, column in ((history, history.c.change_id), (links, links.c.change_id), (changes, changes.c.id)):
            connection.execute(delete(table).where(column.in_(ids)))

    return act


def another_event(connection: Connection) -> object:
    row = {"change_id": 3, "report_id": 3, "from_state": State.WAITING, "to_state": State.ACCEPTED}
    return connection.execute(insert(history).values(**row))


def another_change(connection: Connection) -> object:
    row = {"force": "kent", "action": "release", "actor": "nobody", "at": AT, "reports": 0}
    return connection.execute(insert(changes).values(**row))


def swapped(connection: Connection) -> None:
    """The reports of two events change places."""
    for number, report in ((6, 2), (7, 1)):
        event(number, report_id=report)(connection)


def reordered(connection: Connection) -> None:
    """Two links change places, digests and all."""
    first, second = (connection.execute(select(links.c.number, links.c.digest).where(links.c.change_id == i)).one() for i in (3, 4))
    connection.execute(update(links).where(links.c.change_id == 3).values(number=99))
    for change_id, place in ((4, first), (3, second)):
        connection.execute(update(links).where(links.c.change_id == change_id).values(number=place.number, digest=place.digest))


K = Kind
TAMPERED: dict[str, tuple[Callable[[Connection], object], Found]] = {
    "an event was changed": (event(6, to_state="accepted"), [(K.CHANGED, "kent", 2, 3, 6)]),
    "an event was moved to another report": (event(6, report_id=3), [(K.CHANGED, "kent", 2, 3, 6)]),
    "an event was moved to another change": (event(8, change_id=3), [(K.INSERTED, "kent", 2, 3, 8), (K.REMOVED, "kent", 3, 4, None)]),
    "who did it was changed": (
        lambda connection: connection.execute(update(changes).where(changes.c.id == 4).values(actor="sam")),
        [(K.CHANGED, "kent", 3, 4, None)],
    ),
    "a time was made none": (
        lambda connection: connection.execute(update(changes).where(changes.c.id == 4).values(at=AT.replace(year=2001))),
        [(K.CHANGED, "kent", 3, 4, None)],
    ),
    "events were swapped": (swapped, [(K.CHANGED, "kent", 2, 3, 6), (K.CHANGED, "kent", 2, 3, 7)]),
    "links were swapped": (reordered, [(K.CHANGED, "kent", 2, 4, None), (K.CHANGED, "kent", 3, 3, None)]),
    "an event was deleted": (no_event(2), [(K.REMOVED, "kent", 1, 1, None)]),
    "the last event of a change was deleted": (no_event(7), [(K.REMOVED, "kent", 2, 3, None)]),
    "an event was inserted": (another_event, [(K.INSERTED, "kent", 2, 3, 9)]),
    "a change was inserted": (another_change, [(K.INSERTED, "kent", None, 5, None)]),
    "a change was deleted": (no_change(3), [(K.REMOVED, "kent", 2, None, None)]),
    "a change was deleted, its events and link not": (
        lambda connection: connection.execute(delete(changes).where(changes.c.id == 4)),
        [(K.REMOVED, "kent", 3, 4, None), (K.INSERTED, "unknown", None, 4, 8)],
    ),
    "a link was deleted": (
        lambda connection: connection.execute(delete(links).where(links.c.change_id == 3)),
        [(K.REMOVED, "kent", 2, None, None), (K.INSERTED, "kent", None, 3, None)],
    ),
    "the start was cut off": (no_change(1), [(K.REMOVED, "kent", 1, None, None)]),
    "the end was cut off": (no_change(4), [(K.CUT_OFF, "kent", 3, None, None)]),
    "a whole force was taken out": (no_change(2), [(K.CUT_OFF, "essex", 1, None, None)]),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_is_found_and_named_to_the_event(here: Ledger, how: str) -> None:
    write, must = TAMPERED[how]
    noted = told(here)
    clean = verify(here, noted)
    assert (clean.sound, clean.links, clean.events, clean.without_key, clean.waiting, clean.told) == (True, 4, 8, 0, 0, 2)
    by_hand(here, write)
    assert found(verify(here, noted)) == must


def test_without_the_heads_that_were_told_a_cut_off_end_is_not_seen_and_that_is_why_they_are(here: Ledger) -> None:
    by_hand(here, no_change(4))
    assert verify(here).sound


def test_a_start_whose_rest_was_numbered_anew_follows_from_nothing(here: Ledger) -> None:
    def write(connection: Connection) -> None:
        no_change(1)(connection)
        for number, change_id in ((1, 3), (2, 4)):
            connection.execute(update(links).where(links.c.change_id == change_id).values(number=number))

    by_hand(here, write)
    assert found(verify(here)) == [(K.CHANGED, "kent", 1, 3, None), (K.CHANGED, "kent", 2, 4, None)]


def test_whoever_has_no_key_cannot_seal_the_end_anew(day: Ledger, ledger_url: str, tmp_path: Path) -> None:
    """Not even with the hub's own code: what it seals is without a key, and is not what was told."""
    noted, without = told(day), Ledger(ledger_url, str(tmp_path / "store"))
    by_hand(day, no_change(4))
    withdraw(without, 3)
    mine = rows(day, changes)[-1]["id"]
    assert found(verify(day, noted)) == [(K.CHANGED, "kent", 3, mine, None), (K.NOT_SEALED, "kent", 3, mine, None)]
    assert found(verify(without)) == [
        (K.UNKNOWN_KEY, "essex", 1, 2, None),
        (K.UNKNOWN_KEY, "kent", 1, 1, None),
        (K.NOT_SEALED, "kent", 3, mine, None),
    ]
    without.close()


def test_a_new_key_seals_what_comes_and_the_old_one_is_still_heard(day: Ledger, open_ledger: OpenLedger) -> None:
    both = open_ledger(keys=HistoryKeys.of([b"n" * 32, b"k" * 32]))
    withdraw(both, 3)
    assert verify(both).sound
    assert len({row["key"] for row in rows(both, links)}) == 2
    assert found(verify(day)) == [(K.UNKNOWN_KEY, "kent", 4, 5, None)]


def test_a_key_that_could_be_guessed_is_refused_and_none_is_shown() -> None:
    with pytest.raises(ValueError, match="has 31 bytes: it needs 32"):
        HistoryKeys.of([b"k" * 31])
    assert "kkkk" not in repr(KEYS)
    assert HistoryKeys.of([]) == NO_KEYS


def test_the_database_refuses_to_alter_what_was_written(day: Ledger) -> None:
    engine = create_engine(day.database.url)
    for statement in (
        "UPDATE changes SET actor = 'sam'",
        "DELETE FROM changes",
        "UPDATE history SET report_id = 3 WHERE id = 6",
        "DELETE FROM history WHERE id = 8",
        "UPDATE links SET number = 9 WHERE change_id = 4",
        "DELETE FROM links",
    ):
        with pytest.raises(DBAPIError, match="is append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()
    assert verify(day, told(day)).sound


def test_workers_that_write_for_one_force_at_once_do_not_wait_and_leave_one_chain(open_ledger: OpenLedger) -> None:
    first, second = (open_ledger(worker=name, keys=KEYS) for name in ("first", "second"))
    ids = waiting(first, *range(12))
    workers = [(first, ids[:6]), (second, ids[6:])]

    def work(task: tuple[Ledger, Sequence[int]]) -> None:
        for report in task[1]:
            withdraw(task[0], report)

    all_at_once(work, workers)
    catch_up(first)
    audit = verify(second, told(first))
    assert (audit.sound, audit.links, audit.waiting) == (True, 13, 0)


def test_who_finds_the_chain_in_another_workers_hands_leaves_its_link_for_the_end_of_the_pass(open_ledger: OpenLedger) -> None:
    first, second = (open_ledger(worker=name, keys=KEYS) for name in ("first", "second"))
    if first.database.is_sqlite:  # it has one writer at a time
        return
    one, other = waiting(first, 1, 2)
    with first.write() as connection:
        change(connection, "kent", OPERATOR, [Move(one, State.WAITING, State.WITHDRAWN)])
        withdraw(second, other)
    behind = verify(first)
    assert (behind.sound, behind.waiting) == (True, 1)
    assert (catch_up(second), catch_up(second), verify(first).waiting) == (1, 0, 0)
    noted = told(first)
    by_hand(first, no_change(3))
    assert found(verify(first, noted)) == [(K.CUT_OFF, "kent", 3, None, None)]


def test_a_change_that_breaks_off_leaves_the_chain_as_it_was(day: Ledger) -> None:
    before = told(day)

    def breaks_off() -> None:
        with day.write() as connection:
            change(connection, "kent", OPERATOR, [Move(3, State.WAITING, State.WITHDRAWN)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        breaks_off()
    assert (told(day), verify(day, before).sound) == (before, True)


def test_a_ledger_with_history_is_sealed_as_it_is_found_when_it_is_migrated(day: Ledger, ledger_url: str, tmp_path: Path) -> None:
    with day.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(PROJECT / "hub/ledger/migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    day.close()
    again = Ledger.open(ledger_url, str(tmp_path / "store"), keys=KEYS)
    audit = verify(again)
    assert (audit.sound, audit.links, audit.events, audit.without_key) == (True, 4, 8, 0)
    withdraw(again, 3)
    by_hand(again, event(2, code="other"))
    assert found(verify(again)) == [(K.CHANGED, "kent", 1, 1, 2)]
    again.close()


_FORBIDDEN = ("DELETE FROM history", "UPDATE links SET seal = ''", "ALTER TABLE history DISABLE TRIGGER ALL", "DROP TABLE links")


def test_a_role_with_the_least_rights_can_work_and_can_alter_no_history(day: Ledger, ledger_url: str, tmp_path: Path) -> None:
    if day.database.is_sqlite:
        return
    with day.write() as connection:
        connection.execute(text("CREATE ROLE hub_worker LOGIN"))
        for statement in statements("hub_worker"):
            connection.execute(text(statement))
    try:
        worker = Ledger.open(ledger_url.replace("hub@", "hub_worker@"), str(tmp_path / "store"), keys=KEYS)
        own(worker, waiting(worker, 7))
        assert verify(worker).sound
        engine = create_engine(worker.database.url)
        for forbidden in _FORBIDDEN:
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), engine.begin() as connection:
                connection.execute(text(forbidden))
        engine.dispose()
        worker.close()
    finally:
        with day.write() as connection:
            connection.execute(text("DROP OWNED BY hub_worker"))
            connection.execute(text("DROP ROLE hub_worker"))
    with pytest.raises(ValueError, match="is no name of a role"):
        list(statements('x"; DROP TABLE history; --'))
