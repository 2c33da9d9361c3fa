"""What a payload carries: the reports in it, in the order of its bytes, and the attachments that came with them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hub.contracts import Carried, Payload
from hub.ledger.ledger import Ledger
from hub.ledger.sealed import WITH_BYTES, open_payload
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


_M, _P, _S = members.c, payloads.c, submissions.c
_REPORTS = (
    select(_M.payload_id, _M.report_id, _S.submission_id, _S.reference, reports.c.service)
    .join(reports, reports.c.id == _M.report_id)
    .join(submissions, _S.id == reports.c.submission_id)
    .where(_M.drop_id == bindparam("b_drop"))
    .order_by(_M.report_id)
)
_FILES = WITH_BYTES.where(_P.drop_id == bindparam("b_drop"), _P.kind == PayloadKind.ATTACHMENT).order_by(_P.position)


def cargo(ledger: Ledger, connection: Connection, drop: int) -> Cargo:
    """What the payloads of a drop carry. Reports lie in their payload in the order of their ids: so they are sealed."""
    found: dict[int | None, list[Report]] = defaultdict(list)
    for payload, report, submission_id, reference, service in connection.execute(_REPORTS, {"b_drop": drop}).all():
        found[payload].append((report, Carried(submission_id, reference, service)))
    return Cargo(found, _attachments(ledger, connection, drop))


def _attachments(ledger: Ledger, connection: Connection, drop: int) -> dict[int, list[Payload]]:
    """Whatever became of them as payloads of their own: who sends them within a request sends them again with it."""
    found: dict[int, list[Payload]] = defaultdict(list)
    for row in connection.execute(_FILES, {"b_drop": drop}).all():
        found[row.report_id].append(_attachment(ledger, row))
    return found


def _attachment(ledger: Ledger, row: Any) -> Payload:
    return Payload(row.key, row.name, PayloadKind.ATTACHMENT, row.media_type, row.size, row.digest, lambda: open_payload(ledger, row))
