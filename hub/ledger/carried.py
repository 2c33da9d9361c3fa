"""What a payload carries: the reports in it, in the order of its bytes, and the attachments that came with them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from hub.contracts import Carried, Payload
from hub.ledger.ledger import Ledger
from hub.ledger.sealed import open_payload
from hub.ledger.tables import members, payloads, reports, submissions
from hub.words import PayloadKind

Report = tuple[int, Carried]  # its id, and what a far end may know it by


@dataclass(frozen=True, slots=True)
class Cargo:
    """A drop's reports by the payload that carries them alone (None: they share the drop's payloads), and their attachments."""

    reports: Mapping[int | None, list[Report]]
    attachments: Mapping[int, list[Payload]] = field(default_factory=dict)  # by the report's id

    def of(self, payload: int, alone: int | None) -> tuple[tuple[Carried, ...], tuple[Payload, ...]]:
        """The reports of a payload, and what came with them; of an attachment the report that it came with, `alone`."""
        if alone is not None:
            return tuple(carried for some in self.reports.values() for report, carried in some if report == alone), ()
        found = self.reports.get(payload) or self.reports.get(None, [])
        beside = [attachment for report, _ in found for attachment in self.attachments.get(report, ())]
        return tuple(carried for _, carried in found), tuple(beside)


def cargo(ledger: Ledger, connection: Connection, drop: int) -> Cargo:
    """What the payloads of a drop carry. Reports lie in their payload in the order of their ids: so they are sealed."""
    m, r, s = members.c, reports.c, submissions.c
    query = (
        select(m.payload_id, m.report_id, s.submission_id, s.reference, r.service)
        .join(reports, r.id == m.report_id)
        .join(submissions, s.id == r.submission_id)
        .where(m.drop_id == drop)
        .order_by(m.report_id)
    )
    found: dict[int | None, list[Report]] = defaultdict(list)
    for payload, report, submission_id, reference, service in connection.execute(query):
        found[payload].append((report, Carried(submission_id, reference, service)))
    return Cargo(found, _attachments(ledger, connection, drop))


def _attachments(ledger: Ledger, connection: Connection, drop: int) -> dict[int, list[Payload]]:
    """Whatever became of them as payloads of their own: who sends them within a request sends them again with it."""
    p = payloads.c
    query = (
        select(p.report_id, p.key, p.name, p.media_type, p.size, p.digest, p.body, p.uri, p.data_key)
        .where(p.drop_id == drop, p.kind == PayloadKind.ATTACHMENT)
        .order_by(p.position)
    )
    found: dict[int, list[Payload]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.report_id].append(_attachment(ledger, row))
    return found


def _attachment(ledger: Ledger, row: Any) -> Payload:
    return Payload(row.key, row.name, PayloadKind.ATTACHMENT, row.media_type, row.size, row.digest, lambda: open_payload(ledger, row))
