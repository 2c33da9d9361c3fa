"""What an operator puts right: reports that a force rejected, or that nobody knows the end of."""

from hub.contracts import Acknowledgement
from hub.ledger.deliveries import begin_attempt, open_drops, pieces, record_results
from hub.ledger.lanes import claim_lane, release_lane
from hub.ledger.outcomes import Result
from hub.words import Lane, PayloadState
from tests.ledger.making import submission_id
from tests.steps.house import AT, ESSEX, KENT, House


def rejected(house: House, *numbers: int) -> None:
    """Essex has these, and rejects them."""
    house.sealed(*numbers)
    house.deliver()
    house.far_ends["essex"].says += [acknowledged(number, accepted=False) for number in numbers]
    house.confirm()


def acknowledged(number: int, *, accepted: bool) -> Acknowledgement:
    theirs, why = ("ESSEX-1", None) if accepted else (None, "no")
    return Acknowledgement(f"{number}", submission_id(number), accepted, theirs, why, AT, f"batch {number}")


def in_doubt(house: House, *numbers: int, force: str = "essex") -> None:
    house.sealed(*numbers, force=ESSEX if force == "essex" else KENT)
    claim = claim_lane(house.ledger, force, house.route(force).name, Lane.ROUTINE)
    assert claim
    (one,) = open_drops(house.ledger, claim)
    left = pieces(house.ledger, one)
    attempt = begin_attempt(house.ledger, claim, one, left)
    record_results(house.ledger, claim, one, attempt, [Result(piece.id, PayloadState.IN_DOUBT) for piece in left], [], AT)
    release_lane(house.ledger, claim)
