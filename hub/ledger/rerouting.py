"""Re-routing: a report goes to another force, where it is a new pick-up; and once more to the same, where its words say so.

The new submission has no identity of its own: the first keeps it. `rerouted_from` takes it off once in the national sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select

from hub.clock import day_of
from hub.ledger.boxes import Altered
from hub.ledger.cells import Erased, cell, of_attachment, of_body, opened_cell, vouched
from hub.ledger.changes import Author, Move, change, enter
from hub.ledger.choosing import Chosen, Locked
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done, Reading, each_force, learn, may_go
from hub.ledger.tables import attachments, bodies, reports, submissions
from hub.words import Purpose, State


def reroute(
    ledger: Ledger, chosen: Sequence[Chosen], target: str, readings: Mapping[int, Reading], author: Author, *, dry_run: bool = False
) -> Done:
    """Reports that have not left are re-routed, their copies too; each waits anew at `target`, with the same bytes and attachments."""

    ledger.vault.current(target)  # made, where there is none yet, before the transaction

    def act(connection: Connection, force: str, some: Sequence[Locked], done: Done) -> None:
        going: list[Locked] = []
        for one in may_go(some, done):
            if one.purpose == Purpose.PRIMARY and (why := learn(connection, one, readings[one.report_id])):
                done.refuse(one, why)
            else:
                going.append(one)
        if going:
            change(connection, force, author, [Move(one.report_id, one.state, State.REROUTED) for one in going])
        first = [one for one in going if one.purpose == Purpose.PRIMARY]
        begin_anew(ledger, connection, first, target, readings, author)
        done.by_force[force] += len(first)

    return each_force(ledger, chosen, act, dry_run=dry_run)


def send_again(ledger: Ledger, chosen: Sequence[Chosen], readings: Mapping[int, Reading], author: Author, *, dry_run: bool = False) -> Done:
    """Delivered and accepted reports are sent to their force once more: only where the operator said so in so many words.

    A delivered one comes back and waits; what was accepted stays so, and a new submission with the same bytes waits.
    """

    def act(connection: Connection, force: str, some: Sequence[Locked], done: Done) -> None:
        delivered = [one for one in some if one.state == State.DELIVERED]
        if delivered:
            back = [Move(one.report_id, State.DELIVERED, State.QUARANTINED, code="replayed") for one in delivered]
            change(connection, force, author, back)
            change(connection, force, author, [Move(one.report_id, State.QUARANTINED, State.WAITING) for one in delivered])
        accepted = [one for one in some if one.state == State.ACCEPTED and _is_last(connection, one, done)]
        if accepted:
            change(connection, force, author, [])
            begin_anew(ledger, connection, accepted, force, readings, author)
        for one in some:
            if one.state not in (State.DELIVERED, State.ACCEPTED):
                done.refuse(one, f"it is {one.state} now")
        done.by_force[force] += len(delivered) + len(accepted)

    return each_force(ledger, chosen, act, dry_run=dry_run)


def _is_last(connection: Connection, one: Locked, done: Done) -> bool:
    """Whether it has not been sent again already, by another operator perhaps."""
    later = connection.scalar(select(submissions.c.id).where(submissions.c.rerouted_from == one.submission).limit(1))
    if later is not None:
        done.refuse(one, f"it was sent again already, as #{later}")
    return later is None


def begin_anew(
    ledger: Ledger, connection: Connection, some: Sequence[Locked], target: str, readings: Mapping[int, Reading], author: Author
) -> None:
    """A submission of its own for each of these at `target`, which waits."""
    day = day_of(author.at)
    entries: list[tuple[int, State, str | None, str | None]] = []
    for one in some:
        number = _copy_submission(ledger, connection, one, target, author)
        at = {"force": target, "day": day, "since": author.at, "service": readings[one.report_id].service, "lane": one.lane}
        row = {"submission_id": number, "purpose": Purpose.PRIMARY, "state": State.WAITING, **at}
        report = connection.execute(insert(reports).values(**row).returning(reports.c.id)).scalar_one()
        entries.append((int(report), State.WAITING, None, None))
    if entries:
        enter(connection, target, author, entries)


def _copy_submission(ledger: Ledger, connection: Connection, one: Locked, target: str, author: Author) -> int:
    s = submissions.c
    same = ("submission_id", "digest", "size", "source", "name", "service", "reference", "language", "submitted_at")
    new: dict[str, object] = {"arrival": f"again:{one.submission}", "force": target, "day": day_of(author.at)}
    new |= {"picked_up_at": author.at, "rerouted_from": one.submission}
    values: list[ColumnElement[object]] = [literal(value, s[name].type) for name, value in new.items()]
    row = select(*(s[name] for name in same), *values).where(s.id == one.submission)
    names = [*same, *new]
    number = int(connection.execute(insert(submissions).from_select(names, row).returning(s.id)).scalar_one())
    for body in connection.execute(select(bodies).where(bodies.c.submission_id == one.submission)).all():
        clean_by = vouched(body)
        here, there = (of_body(submission, body.version, clean_by) for submission in (one.submission, number))
        kept = _sealed_anew(ledger, body, here, target, there)
        connection.execute(insert(bodies).values(submission_id=number, version=body.version, clean_by=clean_by, **kept))
    for file in connection.execute(select(attachments).where(attachments.c.submission_id == one.submission)).all():
        kept = _sealed_anew(ledger, file, of_attachment(one.submission, file.number), target, of_attachment(number, file.number))
        about = {name: getattr(file, name) for name in ("number", "media_type", "digest", "size")}
        connection.execute(insert(attachments).values(submission_id=number, **about, **kept))
    return number


def _sealed_anew(ledger: Ledger, row: Any, place: str, target: str, new_place: str) -> dict[str, Any]:
    """The columns of the same bytes in another row, with the target's key. What cannot be opened here cannot be there."""
    try:
        kept = opened_cell(ledger.vault, row, place)
    except (Erased, Altered):
        return {"body": row.body, "uri": row.uri, "data_key": row.data_key}
    return cell(replace(kept, key=ledger.vault.current(target) if kept.key else None), new_place)
