"""Everything that the ledger holds about one submission, for the person whom it is about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import orjson
from sqlalchemy import Connection, and_, or_, select

from hub.contracts import Spoilt
from hub.ledger.boxes import Altered
from hub.ledger.cells import of_attachment, of_body, of_notice, opened_cell, vouched
from hub.ledger.ledger import Ledger
from hub.ledger.sealed import WITH_BYTES, open_payload, open_sealed
from hub.ledger.tables import (
    acknowledgements,
    attachments,
    bodies,
    drops,
    history,
    legal_holds,
    members,
    noticed,
    notices,
    payloads,
    reports,
    submissions,
)
from hub.words import PayloadKind


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that are held: what they are called in an export, and how they are read. None: they cannot be had, `note` says why."""

    name: str
    source: BinaryIO | None
    note: str = ""


def about(ledger: Ledger, submission: int) -> dict[str, Any]:
    """What the ledger's rows say of a submission, bytes apart."""
    s, r, a = submissions.c, reports.c, acknowledgements.c
    with ledger.read() as connection:
        ids = list(connection.scalars(select(r.id).where(r.submission_id == submission)))
        return {
            "submission": _rows(connection, select(submissions).where(s.id == submission))[0],
            "reports": _rows(connection, select(reports).where(r.id.in_(ids)).order_by(r.id)),
            "acknowledgements": _rows(connection, select(acknowledgements).where(a.report_id.in_(ids)).order_by(a.id)),
            "legal_hold": _rows(connection, select(legal_holds).where(legal_holds.c.submission_id == submission)),
            "drops": _drops(connection, ids),
        }


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]


def _drops(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Each drop that carried it; `shared` where its payloads hold other people's reports too."""
    d, m = drops.c, members.c
    query = select(d.key, d.state, d.sealed_at, d.delivered_at, m.outcome, m.payload_id).join(members, m.drop_id == d.id)
    rows = _rows(connection, query.where(m.report_id.in_(ids)).order_by(d.id))
    return [{**row, "shared": row.pop("payload_id") is None} for row in rows]


def held(ledger: Ledger, submission: int) -> Iterator[Held]:
    """Its bytes: bodies by version, attachments, payloads that carried it alone, and the lines of notices that are about it."""
    yield from _bodies(ledger, submission)
    yield from _attachments(ledger, submission)
    yield from _payloads(ledger, submission)
    yield from _notices(ledger, submission)


def _bodies(ledger: Ledger, submission: int) -> Iterator[Held]:
    with ledger.read() as connection:
        rows = connection.execute(select(bodies).where(bodies.c.submission_id == submission).order_by(bodies.c.version)).all()
    for row in rows:
        yield _held(ledger, row, of_body(submission, row.version, vouched(row)), f"bodies/version-{row.version}.json")


def _attachments(ledger: Ledger, submission: int) -> Iterator[Held]:
    a = attachments.c
    with ledger.read() as connection:
        rows = connection.execute(select(attachments).where(a.submission_id == submission).order_by(a.number)).all()
    for row in rows:
        name = f"attachments/{row.number}"
        try:
            kept = opened_cell(ledger.vault, row, of_attachment(submission, row.number), row.size, row.digest)
            source = open_sealed(ledger.store, kept.body, kept.uri, name, row.size, row.digest, kept.secret)
        except (FileNotFoundError, Altered, Spoilt) as error:
            yield Held(name, None, _why(error))
        else:
            yield Held(name, source)


def _payloads(ledger: Ledger, submission: int) -> Iterator[Held]:
    """Records of it alone, and its attachments as they left: those of a drop that all share are other people's too."""
    m, r, p = members.c, reports.c, payloads.c
    mine = or_(m.payload_id == p.id, and_(p.kind == PayloadKind.ATTACHMENT, p.report_id == m.report_id))
    query = WITH_BYTES.join(members, m.drop_id == p.drop_id).join(reports, r.id == m.report_id)
    with ledger.read() as connection:
        rows = connection.execute(query.where(r.submission_id == submission, mine).order_by(p.id).distinct()).all()
    for row in rows:
        try:
            yield Held(f"payloads/{row.id}-{row.name}", open_payload(ledger, row))
        except Spoilt as error:
            yield Held(f"payloads/{row.id}-{row.name}", None, _why(error))


def _notices(ledger: Ledger, submission: int) -> Iterator[Held]:
    h, r = history.c, reports.c
    query = select(notices).join(noticed, noticed.c.notice_id == notices.c.id).join(history, h.id == noticed.c.history_id)
    query = query.join(reports, r.id == h.report_id).where(r.submission_id == submission).distinct().order_by(notices.c.id)
    with ledger.read() as connection:
        rows = connection.execute(query).all()
        name = connection.scalar(select(submissions.c.submission_id).where(submissions.c.id == submission))
    for row in rows:
        whole = _held(ledger, row, of_notice(row.key), f"notices/{row.key}.ndjson")
        yield Held(whole.name, _lines_of(whole.source, name), whole.note) if whole.source else whole


def _lines_of(source: BinaryIO, submission_id: str | None) -> BinaryIO:
    from io import BytesIO

    with source:
        return BytesIO(b"".join(line for line in source if orjson.loads(line).get("submissionId") == submission_id))


def _held(ledger: Ledger, row: Any, place: str, name: str) -> Held:
    try:
        kept = opened_cell(ledger.vault, row, place)
        return Held(name, ledger.store.open(kept.body, kept.uri, kept.secret))
    except (FileNotFoundError, Altered) as error:
        return Held(name, None, _why(error))


def _why(error: Exception) -> str:
    from hub.ledger.cells import Erased

    if isinstance(error, Erased) or (isinstance(error, Spoilt) and error.code == "erased"):
        return "erased"
    return "gone from the store" if isinstance(error, FileNotFoundError) else "not as it was kept"


def erased_at(ledger: Ledger, submission: int) -> datetime | None:
    with ledger.read() as connection:
        found: datetime | None = connection.scalar(select(submissions.c.erased_at).where(submissions.c.id == submission))
        return found
