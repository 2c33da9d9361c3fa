"""Legal holds: nothing of a submission is erased until a person lifts it. Placing and lifting stand in the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from hub.ledger.changes import Author, note
from hub.ledger.choosing import Chosen, lock
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done
from hub.ledger.tables import legal_holds, submissions

_HELD = select(legal_holds.c.submission_id)


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A submission that nothing is erased of."""

    submission: int  # the number of its arrival
    submission_id: str | None
    reference: str | None
    force: str
    since: datetime
    actor: str
    reason: str


def legally_held(ledger: Ledger) -> list[LegalHold]:
    """Every hold, the oldest first."""
    h, s = legal_holds.c, submissions.c
    columns = (s.id, s.submission_id, s.reference, s.force, h.since, h.actor, h.reason)
    query = select(*columns).join(submissions, s.id == h.submission_id).order_by(h.since, s.id)
    with ledger.read() as connection:
        return [LegalHold(*row) for row in connection.execute(query)]


def place(ledger: Ledger, chosen: Sequence[Chosen], author: Author) -> Done:
    """Nothing of these is erased from now on. What is held already, or erased, is refused."""
    done = Done()
    with ledger.write() as connection:
        for one in lock(connection, [each.report_id for each in chosen]):
            erased = connection.scalar(select(submissions.c.erased_at).where(submissions.c.id == one.submission))
            row = {"submission_id": one.submission, "since": author.at, "actor": author.actor, "reason": author.reason or ""}
            if erased is not None:
                done.refuse(one, f"its bytes were erased on {erased:%Y-%m-%d}")
            elif connection.scalar(_HELD.where(legal_holds.c.submission_id == one.submission)) is not None:
                done.refuse(one, "it is under a legal hold already")
            else:
                connection.execute(insert(legal_holds).values(**row))
                note(connection, one.force, author, [(one.report_id, one.state, one.code, None)])
                done.by_force[one.force] += 1
    return done


def lift(ledger: Ledger, chosen: Sequence[Chosen], author: Author) -> Done:
    """These are erased again when their time is up. What is not held is refused."""
    done = Done()
    with ledger.write() as connection:
        for one in lock(connection, [each.report_id for each in chosen]):
            if connection.execute(delete(legal_holds).where(legal_holds.c.submission_id == one.submission)).rowcount:
                note(connection, one.force, author, [(one.report_id, one.state, one.code, None)])
                done.by_force[one.force] += 1
            else:
                done.refuse(one, "it is under no legal hold")
    return done
