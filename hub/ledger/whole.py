"""A report leaves whole: what follows for reports from what became of the payloads that carry them, and of their attachments.

An attachment that the far end refuses, or that is in doubt, takes its report out of the drop: what carries that report is not
sent (`voided`), and reports that were sealed into the same bytes wait again. Attachments leave before everything else, so that
nothing that carries their reports can have been sent before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.ledger.results import End, Result
from hub.words import PayloadKind, PayloadState

P = PayloadState
TROUBLE = (P.REFUSED, P.IN_DOUBT)
NOT_WHOLE = (*TROUBLE, P.VOIDED)


@dataclass(frozen=True, slots=True)
class Member:
    """A report in a drop."""

    report_id: int
    payload_id: int | None  # None: the drop's payloads carry all its reports
    submission_id: str


@dataclass(slots=True)
class Part:
    """A payload. `report_id` is of the report that an attachment came with."""

    id: int
    kind: PayloadKind
    report_id: int | None
    state: PayloadState


class Whole:
    """As much of a drop as some results touch: who carries whom, and what follows from what."""

    def __init__(self, touched: Sequence[Member], parts: Iterable[Part], *, is_empty: bool) -> None:
        self._members = touched
        self._is_empty = is_empty
        self._parts = {part.id: part for part in parts}
        self._shared = [part for part in self._parts.values() if part.kind != PayloadKind.ATTACHMENT]
        self._attachments: dict[int, list[Part]] = defaultdict(list)
        for part in self._parts.values():
            if part.report_id is not None:
                self._attachments[part.report_id].append(part)

    def void(self) -> set[int]:
        """Give up what must not be sent any more. Returns those payloads."""
        sealed = {part.id for part in self._parts.values() if part.state == P.SEALED}
        for member in self._members:
            if self._in_trouble(self._attachments[member.report_id]):
                _give_up(self._carriers(member))
        for member in self._members:
            carriers = self._carriers(member)
            if self._in_trouble(carriers, NOT_WHOLE):  # one that is void makes the others void: its reports are sealed anew
                _give_up(carriers)
            if any(part.state not in (P.SEALED, P.DELIVERED) for part in carriers):
                _give_up(self._attachments[member.report_id])
        if self._is_empty and self._in_trouble(self._shared, NOT_WHOLE):  # a drop without reports is whole, or it is nothing
            _give_up(self._shared)
        return {part for part in sealed if self._parts[part].state == P.VOIDED}

    def ends(self, results: Mapping[int, Result]) -> dict[int, End]:
        """How reports end, by their ids; those are not in it of which something is still to be sent."""
        refused = {report: End(P.REFUSED, code, spoilt=r.spoilt) for r in results.values() for report, code in r.refused}
        return {member.report_id: end for member in self._members if (end := self._end(member, results, refused))}

    def _end(self, member: Member, results: Mapping[int, Result], refused: Mapping[str, End]) -> End | None:
        if trouble := self._in_trouble(self._attachments[member.report_id]):
            return _with_attachment(trouble.state, results.get(trouble.id))
        if member.submission_id in refused:
            return refused[member.submission_id]
        carriers = self._carriers(member)
        if trouble := self._in_trouble(carriers):
            return End(trouble.state, results[trouble.id].code if trouble.id in results else None)
        states = {part.state for part in carriers}
        if P.VOIDED in states:
            return End(P.VOIDED)
        own = results.get(member.payload_id) if member.payload_id else None
        return None if P.SEALED in states else End(P.DELIVERED, reference=own.reference if own else None)

    def _carriers(self, member: Member) -> list[Part]:
        return self._shared if member.payload_id is None else [self._parts[member.payload_id]]

    def _in_trouble(self, parts: Sequence[Part], states: Sequence[PayloadState] = TROUBLE) -> Part | None:
        return next((part for state in states for part in parts if part.state == state), None)


def _with_attachment(state: PayloadState, result: Result | None) -> End:
    """How a report ends whose attachment came to this end."""
    if result and result.spoilt:
        return End(state, result.code, spoilt=result.spoilt)
    return End(state, f"attachment {result.code}" if result and result.code else "attachment")


def _give_up(parts: Iterable[Part]) -> None:
    for part in parts:
        if part.state == P.SEALED:
            part.state = P.VOIDED
