"""What operators do: reports are released, withdrawn and redirected. Each force's in one transaction, all or none.

What would break a law is refused, and said; so is what another operator did a moment before.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select, update

from hub.ledger.changes import Author, Move, change
from hub.ledger.choosing import Chosen, Locked, lock
from hub.ledger.engine import Turn, take_turn
from hub.ledger.ledger import Ledger
from hub.ledger.tables import reports, submissions
from hub.words import UNKNOWN, Lane, Purpose, State

OPEN = frozenset({State.WAITING, State.HELD, State.QUARANTINED})  # what has not left, and may go another way


@dataclass(frozen=True, slots=True)
class Refusal:
    """A report that was left as it is, and why."""

    name: str
    why: str


@dataclass
class Done:
    """What an action did: how many reports it `changed`, by force, and which it would not."""

    by_force: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return self.by_force.total()

    def add(self, other: "Done") -> None:
        self.by_force += other.by_force
        self.refused += other.refused

    def refuse(self, one: Locked | Chosen, why: str) -> None:
        self.refused.append(Refusal(one.name, why))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a submission's bytes, as last amended, say of it now. `force` is None where it names none on file."""

    submission_id: str
    force: str | None
    service: str
    lane: Lane
    reference: str | None = None
    language: str | None = None
    submitted_at: datetime | None = None
    untold: tuple[str, str] | None = None  # what is wrong with a file that nobody was told of: its code, and where


Act = Callable[[Connection, str, Sequence[Locked], Done], None]


class _OnlyAsked(Exception):
    """A dry run ends here: nothing of it is kept."""


def each_force(ledger: Ledger, chosen: Iterable[Chosen], act: Act, *, dry_run: bool = False) -> Done:
    """Lock the reports of one force after the other and `act` on them; a dry run does all of it and keeps nothing."""
    by_force: dict[str, list[int]] = defaultdict(list)
    for one in chosen:
        by_force[one.force].append(one.report_id)
    done = Done()
    for force, ids in sorted(by_force.items()):
        some = Done()
        try:
            with ledger.write() as connection:
                act(connection, force, lock(connection, ids), some)
                if dry_run:
                    raise _OnlyAsked
        except _OnlyAsked:
            pass
        done.add(some)
    return done


def release(ledger: Ledger, chosen: Sequence[Chosen], readings: Mapping[int, Reading], author: Author, *, dry_run: bool = False) -> Done:
    """Reports in quarantine wait again, as their bytes now say, which `readings` has by the report's id.

    One with a file that is not let in, of which nobody was told, is back in quarantine at once, with that code: released again it goes.
    """

    def act(connection: Connection, _: str, some: Sequence[Locked], done: Done) -> None:
        moves: dict[str, list[Move]] = defaultdict(list)
        back: dict[str, list[Move]] = defaultdict(list)
        for one in some:
            reading = readings[one.report_id]
            if one.state != State.QUARANTINED:
                done.refuse(one, not_now(one))
            elif one.force == UNKNOWN and reading.force is None:
                done.refuse(one, "it names no force on file: re-route it")
            elif why := learn(connection, one, reading):
                done.refuse(one, why)
            else:
                force = reading.force or one.force if one.force == UNKNOWN else one.force
                moves[force].append(Move(one.report_id, one.state, State.WAITING))
                if reading.untold:
                    back[force].append(Move(one.report_id, State.WAITING, State.QUARANTINED, *reading.untold))
                    done.refuse(one, _told(*reading.untold))
        _write(connection, author, moves, done)
        _write(connection, Author("inspect", author.at), back, inspected := Done())
        done.by_force -= inspected.by_force

    return each_force(ledger, chosen, act, dry_run=dry_run)


def _told(code: str, where: str) -> str:
    return f"a file of it was looked at now, and is not let in ({code}, {where}): it has that code; released again, it goes as it is"


def end(ledger: Ledger, chosen: Sequence[Chosen], state: State, author: Author, code: str | None = None, *, dry_run: bool = False) -> Done:
    """Reports that have not left come to an end: withdrawn, or redirected to the third party `code`."""

    def act(connection: Connection, force: str, some: Sequence[Locked], done: Done) -> None:
        moves = [Move(one.report_id, one.state, state, code=code) for one in may_go(some, done)]
        _write(connection, author, {force: moves}, done)

    return each_force(ledger, chosen, act, dry_run=dry_run)


def copies_of(ledger: Ledger, chosen: Sequence[Chosen]) -> list[int]:
    """The copies of these reports that have not left either: they go where their reports go."""
    r = reports.c
    mine = {one.submission for one in chosen if one.purpose == Purpose.PRIMARY}
    query = select(r.id).where(r.submission_id.in_(mine), r.purpose == Purpose.COPY, r.state.in_(sorted(OPEN)))
    with ledger.read() as connection:
        return list(connection.scalars(query))


def may_go(some: Iterable[Locked], done: Done) -> list[Locked]:
    """Those that have certainly not left; the others are refused."""
    found: list[Locked] = []
    for one in some:
        if one.state not in OPEN or one.drop or one.claimed:
            done.refuse(one, not_now(one))
        else:
            found.append(one)
    return found


def not_now(one: Locked) -> str:
    """Why nothing can be done with a report as it stands."""
    if one.drop and one.state in (State.HELD, State.SEALED):
        return f"it is sealed in drop {one.drop}: void that first"
    if one.claimed:
        return "a worker is preparing it just now: try again in a minute"
    return f"it is {one.state}: {_WHY[one.state]}"


_WHY = {
    State.DUPLICATE: "the first of its id is the one that counts",
    State.HELD: "it leaves by itself when its date or switch has come",
    State.QUARANTINED: "release, re-route, redirect or withdraw it",
    State.WAITING: "it leaves with the next drop",
    State.SEALED: "it is on its way",
    State.IN_DOUBT: "settle it first",
    State.DELIVERED: "the force has it",
    State.ACCEPTED: "the force has accepted it",
    State.REROUTED: "another force has it now",
    State.REDIRECTED: "a third party has it now",
    State.WITHDRAWN: "that is final",
}


def learn(connection: Connection, one: Locked, reading: Reading) -> str | None:
    """Write what a report's bytes say of it now. Returns why it may not go on: another submission has its id."""
    if one.purpose == Purpose.PRIMARY and not one.is_first and one.rerouted_from is None and (why := _claim_id(connection, one, reading)):
        return why
    told = {"submission_id": reading.submission_id, "reference": reading.reference, "language": reading.language}
    where = {"service": reading.service, "force": reading.force or one.force if one.force == UNKNOWN else one.force}
    at = {"submitted_at": reading.submitted_at}
    connection.execute(update(submissions).where(submissions.c.id == one.submission).values(**told, **where, **at))
    lane = Lane.URGENT if Lane.URGENT in (one.lane, reading.lane) else Lane.ROUTINE
    connection.execute(update(reports).where(reports.c.submission_id == one.submission).values(**where, lane=lane))
    return None


def _claim_id(connection: Connection, one: Locked, reading: Reading) -> str | None:
    """The submission id is this one's from now on, if nobody has it or who has it was withdrawn."""
    take_turn(connection, Turn.ARRIVE)  # nobody brings the same id meanwhile
    s = submissions.c
    query = select(s.id, reports.c.state).join(reports, reports.c.submission_id == s.id)
    first = connection.execute(query.where(s.identity == reading.submission_id, reports.c.purpose == Purpose.PRIMARY)).one_or_none()
    if first and first.state != State.WITHDRAWN:
        return f"another submission with its id, #{first.id}, is {first.state}: withdraw one of the two"
    if first:
        connection.execute(update(submissions).where(s.id == first.id).values(identity=None))
    connection.execute(update(submissions).where(s.id == one.submission).values(identity=reading.submission_id))
    return None


def _write(connection: Connection, author: Author, moves: Mapping[str, Sequence[Move]], done: Done) -> None:
    for force, some in sorted(moves.items()):
        if some:
            change(connection, force, author, some)
            done.by_force[force] += len(some)
