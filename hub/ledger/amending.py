"""Amending: a new version of a submission's bytes is kept beside the original. And taking: who works on what is in quarantine."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from hub.ledger.cells import cell, of_body
from hub.ledger.changes import Author, note
from hub.ledger.choosing import Chosen, Locked, lock
from hub.ledger.engine import insert_unless_there
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done, each_force, not_now
from hub.ledger.store import Stored
from hub.ledger.tables import bodies, owners
from hub.words import State


def version_of(ledger: Ledger, submission: int) -> int:
    """The newest version of a submission's bytes: 1 is the original."""
    with ledger.read() as connection:
        return _newest(connection, submission)


def amend(ledger: Ledger, chosen: Chosen, stored: Stored, after: int, author: Author) -> Done:
    """Keep amended bytes beside those of version `after`, if that is still the newest and the report is still in quarantine."""
    done = Done()
    with ledger.write() as connection:
        (one,) = lock(connection, [chosen.report_id])
        if one.state != State.QUARANTINED:
            done.refuse(one, not_now(one))
        elif _newest(connection, one.submission) != after:
            done.refuse(one, "another operator amended it meanwhile: look at it again")
        else:
            place = of_body(one.submission, after + 1)
            connection.execute(insert(bodies).values(submission_id=one.submission, version=after + 1, **cell(stored, place)))
            note(connection, one.force, author, [(one.report_id, one.state, one.code, f"version {after + 1}")])
            done.by_force[one.force] += 1
    return done


def seen(ledger: Ledger, chosen: Chosen, author: Author) -> bool:
    """The author is shown what a report in quarantine says: into its history first. False where it is in quarantine no more."""
    with ledger.write() as connection:
        (one,) = lock(connection, [chosen.report_id])
        if one.state != State.QUARANTINED:
            return False
        note(connection, one.force, author, [(one.report_id, one.state, one.code, f"version {_newest(connection, one.submission)}")])
    return True


def take(ledger: Ledger, chosen: Sequence[Chosen], author: Author, *, dry_run: bool = False) -> Done:
    """The author works on these reports in quarantine from now on, whoever did before."""

    def act(connection: Connection, force: str, some: Sequence[Locked], done: Done) -> None:
        mine: list[Locked] = []
        for one in some:
            if one.state == State.QUARANTINED:
                mine.append(one)
            else:
                done.refuse(one, not_now(one))
        owned = {"owner": author.actor, "since": author.at}
        for one in mine:
            connection.execute(insert_unless_there(connection, owners).values(report_id=one.report_id, **owned))
            connection.execute(update(owners).where(owners.c.report_id == one.report_id).values(**owned))
        if mine:
            note(connection, force, author, [(one.report_id, one.state, one.code, None) for one in mine])
            done.by_force[force] += len(mine)

    return each_force(ledger, chosen, act, dry_run=dry_run)


def _newest(connection: Connection, submission: int) -> int:
    return connection.scalar(select(func.max(bodies.c.version)).where(bodies.c.submission_id == submission)) or 0
