"""What simply arrived: results that end reports as delivered, or end none yet. It is what mostly happens, so it is seen at a glance.

Whatever else may be (a refusal, a doubt, an attachment) is judged report by report: `hub/ledger/whole.py`.
"""

from collections.abc import Sequence
from enum import Enum

from sqlalchemy import Connection, bindparam, func, or_, select

from hub.ledger.results import Result
from hub.ledger.tables import members, payloads
from hub.ledger.whole import TROUBLE
from hub.words import PayloadKind, PayloadState

P = PayloadState


class Reach(Enum):
    """Which reports of a drop some results can end."""

    NOBODY_YET = "all of them share something that is still to be sent"
    ALL = "all of them share what arrived, and this was the last of it"
    THEIR_OWN = "each has a payload of its own"
    OTHER = "it has to be judged"


_M, _P = members.c, payloads.c
_CARRIED = select(func.count(_M.payload_id), func.count()).where(_M.drop_id == bindparam("b_drop"))
_SHARED = select(_P.id, _P.state).where(_P.drop_id == bindparam("b_drop"), _P.kind != PayloadKind.ATTACHMENT)
_SOME = (_P.drop_id == bindparam("b_drop"), _P.id.between(bindparam("b_first"), bindparam("b_last")))
_ATTACHMENTS = select(_P.id).where(*_SOME, _P.kind == PayloadKind.ATTACHMENT).limit(1)
_CARRIERS = select(_P.id).where(*_SOME, _P.state == P.SEALED)
_IN_TROUBLE = (
    select(_P.id)
    .where(_P.drop_id == bindparam("b_drop"), _P.kind == PayloadKind.ATTACHMENT, or_(*(_P.state == state for state in TROUBLE)))
    .limit(1)
)


def reach_of(connection: Connection, drop_id: int, results: Sequence[Result]) -> Reach:
    """Whom these results reach, as far as the drop itself says it: who carries whom was fixed when it was sealed."""
    if not results:
        return Reach.OTHER
    alone, all_ = connection.execute(_CARRIED, {"b_drop": drop_id}).one()
    if all_ and alone == all_:
        return Reach.OTHER if connection.execute(_ATTACHMENTS, _among(drop_id, results)).first() else Reach.THEIR_OWN
    if alone or not all_ or not all(map(_is_simple, results)) or _attachment_in_trouble(connection, drop_id):
        return Reach.OTHER
    states = dict(connection.execute(_SHARED, {"b_drop": drop_id}).all())
    if any(states.pop(result.payload_id, None) != P.SEALED for result in results):
        return Reach.OTHER
    left = set(states.values())
    if left <= {P.DELIVERED}:
        return Reach.ALL
    return Reach.NOBODY_YET if left <= {P.DELIVERED, P.SEALED} else Reach.OTHER


def simply_arrived(connection: Connection, drop_id: int, results: Sequence[Result]) -> dict[int, Result]:
    """Of these results in a drop of payloads that each carry their own reports, by payload: those that simply arrived."""
    simple = {result.payload_id: result for result in results if _is_simple(result)}
    if not simple or _attachment_in_trouble(connection, drop_id):
        return {}
    sealed = set(connection.execute(_CARRIERS, _among(drop_id, results)).scalars().all())
    return {payload: result for payload, result in simple.items() if payload in sealed}


def _among(drop_id: int, results: Sequence[Result]) -> dict[str, int]:
    """A drop's payloads are numbered as they leave, so that what leaves together lies between two numbers."""
    ids = [result.payload_id for result in results]
    return {"b_drop": drop_id, "b_first": min(ids), "b_last": max(ids)}


def _is_simple(result: Result) -> bool:
    return result.state == P.DELIVERED and not result.refused and not result.spoilt


def _attachment_in_trouble(connection: Connection, drop_id: int) -> bool:
    return connection.execute(_IN_TROUBLE, {"b_drop": drop_id}).first() is not None
